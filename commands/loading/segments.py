"""Segment definitions: those that others are built on first, with the ids that they have here."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.errors import CommandError
from commands.loading.contents import Document
from commands.loading.report import Report
from commands.loading.requests import reason_of, request_of, same
from commands.pages import items

KIND = "segments"
IMPORTED = (
    "was imported: its definition does not hold its members. Load its endpoints, make the segment by an import job "
    "(DefineSegment) or s3TriggeredImport, and give its id here by --ids"
)


def read_ids(path: Path | None) -> dict[str, str]:
    """Ids here by ids there: a JSON object of texts; empty where there is no file yet. Raises CommandError."""
    if path is None or not path.exists():
        return {}
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(ids, dict) or not all(isinstance(value, str) for value in ids.values()):
        raise CommandError(f"{path}: needed is a JSON object of segment ids by segment ids")
    return ids


class Segments:
    """Loads definitions. client: None checks only. ids: ids here by ids there, which grows."""

    def __init__(self, client: Any, application_id: str, ids: dict[str, str], report: Report) -> None:
        self._client, self._application_id, self._report = client, application_id, report
        self.ids = ids
        existing = items(client.get_segments, "SegmentsResponse", application_id) if client else ()
        self._there = {segment["Id"]: segment for segment in existing}
        self._taken: set[str] = set()

    def load(self, given: Iterable[Document]) -> None:
        """Loads definitions, of several versions of one the highest. A bad one stops those alone that are built on it."""
        newest: dict[str, Document] = {}
        for number, document in enumerate(given):
            identity = str(document.content.get("Id") or f"{document.place} {number}")
            other = newest.get(identity)
            if other is None or _version(document) >= _version(other):
                newest[identity] = document
        state: dict[str, str] = {}
        for identity in newest:
            self._load(identity, newest, state)

    def _load(self, identity: str, given: dict[str, Document], state: dict[str, str]) -> None:
        """Loads a segment after its sources. state: by id, "begun", "done" or "failed"."""
        stack: list[tuple[str, Iterator[str]]] = []

        def begin(one: str) -> None:
            state[one] = "begun"
            stack.append((one, iter(list(_sources(given[one].content)))))

        if identity not in state:
            begin(identity)
        while stack:
            current, sources = stack[-1]
            for source in sources:
                if source in given and source not in state:
                    begin(source)
                    break
            else:
                stack.pop()
                reason = self._wrong(current, given, state) or self._put(current, given[current])
                state[current] = "failed" if reason else "done"
                if reason:
                    self._report.problem(given[current].place, reason, KIND)

    def _wrong(self, identity: str, given: dict[str, Document], state: dict[str, str]) -> str:
        """Why a segment cannot be loaded; "" where it can."""
        content = given[identity].content
        if content.get("SegmentType") == "IMPORT" or content.get("ImportDefinition"):
            return "" if identity in self.ids else IMPORTED
        if not content.get("Name"):
            return "Name is missing"
        for source in _sources(content):
            if source in given and state.get(source) == "begun":
                return f"source segment {source} is built on this one itself"
            if source in given and state.get(source) == "failed" and source not in self.ids:
                return f"source segment {source} was not loaded"
            if source not in given and source not in self.ids and source not in self._there:
                return f"source segment {source} is in no file, and neither in the project nor in the ids of --ids"
        return ""

    def _put(self, identity: str, document: Document) -> str:
        """Makes or updates a segment. Returns why it could not; "" where it could."""
        content = document.content
        if content.get("SegmentType") == "IMPORT" or content.get("ImportDefinition"):
            self._report.done(KIND, "unchanged")
            return ""
        if self._client is None:
            self._report.done(KIND, "checked")
            return ""
        request = request_of("WriteSegmentRequest", self._renamed(content))
        try:
            target = self._target(identity, content)
            if target is None:
                answer = self._client.create_segment(ApplicationId=self._application_id, WriteSegmentRequest=request)
                target, outcome = answer["SegmentResponse"]["Id"], "created"
            elif same(request_of("WriteSegmentRequest", self._there[target]), request):
                outcome = "unchanged"
            else:
                self._client.update_segment(
                    ApplicationId=self._application_id, SegmentId=target, WriteSegmentRequest=request
                )
                outcome = "updated"
        except (ClientError, BotoCoreError, CommandError) as error:
            return reason_of(error)
        self._taken.add(target)
        if content.get("Id"):
            self.ids[identity] = target
        self._report.done(KIND, outcome)
        return ""

    def _target(self, identity: str, content: dict[str, Any]) -> str | None:
        """The segment here that a definition belongs to: by the ids, by its own id, by its name; None: there is none."""
        known = self.ids.get(identity, identity)
        if known in self._there:
            return known
        named = [
            segment["Id"]
            for segment in self._there.values()
            if segment.get("Name") == content["Name"]
            and segment.get("SegmentType") != "IMPORT"
            and segment["Id"] not in self._taken
        ]
        if len(named) > 1:
            raise CommandError(f"{len(named)} segments of the project have this name; say by --ids which one it is")
        return named[0] if named else None

    def _renamed(self, content: dict[str, Any]) -> dict[str, Any]:
        """The definition with the ids that its sources have here; versions there say nothing here."""
        result = copy.deepcopy(content)
        for source in _source_objects(result):
            source["Id"] = self.ids.get(source["Id"], source["Id"])
            source.pop("Version", None)
        return result


def _sources(content: dict[str, Any]) -> Iterator[str]:
    return (source["Id"] for source in _source_objects(content))


def _source_objects(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    groups = content.get("SegmentGroups")
    for group in groups.get("Groups") or [] if isinstance(groups, dict) else []:
        for source in group.get("SourceSegments") or [] if isinstance(group, dict) else []:
            if isinstance(source, dict) and isinstance(source.get("Id"), str):
                yield source


def _version(document: Document) -> int:
    version = document.content.get("Version")
    return version if isinstance(version, int) else 0
