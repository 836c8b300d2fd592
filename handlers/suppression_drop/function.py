"""The tasks of the suppression drop's state machine: begin with a file, and go on with it.

Input `{"operation": "start", "Input": <the run's input>}` or `{"operation": "poll", "Run": <the last outcome>}`. Returns an outcome
(handlers/shared/outcomes.py); while it runs, `Cursor` says where it is. A call that is repeated does a part of the file again, which
changes nothing, and writes the same part of the report.
"""

from __future__ import annotations

import csv
import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger
from handlers.shared.outcomes import FAILED, RUNNING, SUCCEEDED, failed, outcome
from handlers.shared.records.dialect import Dialect, Place
from handlers.shared.records.errors import FileError
from handlers.shared.suppression_lists.entries import BadLine, Entry, Layout, layout_of, read_entries
from handlers.shared.suppression_lists.lists import SuppressionLists
from handlers.shared.suppression_lists.requesters import LONGEST
from handlers.suppression_drop.environment import SuppressionDropEnvironment

PART = 500
"""Addresses at once: at the one call a second that SES may allow, they fit into a call of this function."""
WORK_SECONDS = 200
TRIES = 4
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 4.0, 16.0
BLOCK = 1 << 18
TOLD = 20
"""Lines that a notification names; the report has all."""
_GONE = ("NoSuchKey", "NoSuchBucket", "404", "NotFound")
_CHANGED = ("PreconditionFailed", "412")
_DENIED = ("AccessDenied", "403", "Forbidden")

_environment = cache(SuppressionDropEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module."""
    if event["operation"] == "poll":
        return _File(event["Run"]["Cursor"]).work(event["Run"]["Polls"] + 1)
    run_input = event["Input"]
    url = run_input.get("S3URL") if isinstance(run_input, dict) else None
    bucket, _, key = url.removeprefix("s3://").partition("/") if isinstance(url, str) else ("", "", "")
    if not isinstance(url, str) or not url.startswith("s3://") or not bucket or not key:
        return failed("InvalidInput", f'S3URL is {url!r}; allowed is {{"S3URL": "s3://BUCKET/KEY"}}')
    return _File({"Bucket": bucket, "Key": key}).begin()


class _File:
    """One file. state: the cursor."""

    def __init__(self, state: dict[str, Any]) -> None:
        environment = _environment()
        self._state = state
        self._prefix, self._reports = environment.prefix, environment.reports_prefix
        self._lists = SuppressionLists(environment.application_id, environment.opt_out_lists.split(","))

    @property
    def url(self) -> str:
        return f"s3://{self._state['Bucket']}/{self._state['Key']}"

    @property
    def by(self) -> str:
        """Who asks: the file, as far as its name can be printed."""
        return "".join(character for character in self.url if character.isprintable())[:LONGEST]

    def begin(self) -> dict[str, Any]:
        """Reads how the file is written, and goes on with it."""
        self._state |= {"Etag": "", "Part": 0, "Suppressed": 0, "NotSuppressed": 0, "Failures": []}
        try:
            layout, _ = layout_of(self._blocks(0))
        except FileError as error:
            return self._outcome(FAILED, 0, error)
        dialect = layout.dialect
        self._state["Layout"] = [dialect.separator, dialect.line_break, layout.column]
        self._state["Place"] = list(layout.first)
        return self.work(0)

    def work(self, polls: int) -> dict[str, Any]:
        """Puts addresses onto the lists until the file ends, or for WORK_SECONDS."""
        state = self._state
        separator, line_break, column = state["Layout"]
        place = Place(*state["Place"])
        layout = Layout(Dialect(separator, line_break), column, place)
        deadline = time.monotonic() + WORK_SECONDS
        trouble: list[tuple[int, str]] = []
        status, problem = SUCCEEDED, None
        try:
            for part in _parts(read_entries(self._blocks(place.offset), layout, place)):
                trouble += self._add([found for found, _ in part])
                place = part[-1][1]
                if time.monotonic() > deadline:
                    status = RUNNING
                    break
        except FileError as error:
            status, problem = FAILED, error
        state["Place"] = list(place)
        self._report(trouble)
        return self._outcome(status, polls, problem)

    def _add(self, found: Sequence[Entry | BadLine]) -> list[tuple[int, str]]:
        """Puts addresses onto the lists. Returns the lines that are not on them, with the reason."""
        trouble = {item.line: item.reason for item in found if isinstance(item, BadLine)}
        entries = [item for item in found if isinstance(item, Entry)]
        count = len(entries)
        later: dict[int, str] = {}
        for attempt in range(TRIES):
            if attempt:
                backoff(attempt - 1, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS, least=0.5)
            changes = self._lists.add(entries, self.by)
            trouble |= {entries[position].line: reason for position, reason in changes.refused.items()}
            again = [position for position in changes.failed if position not in changes.refused]
            later = {entries[position].line: changes.failed[position] for position in again}
            entries = [entries[position] for position in again]
            if not entries:
                break
        trouble |= {line: f"{reason}; drop it again" for line, reason in later.items()}
        lines = sorted(trouble.items())
        self._state["Suppressed"] += count - (len(lines) - sum(isinstance(item, BadLine) for item in found))
        self._state["NotSuppressed"] += len(lines)
        self._state["Failures"] = [*self._state["Failures"], *(f"line {at}: {why[:300]}" for at, why in lines)][:TOLD]
        return lines

    def _report(self, lines: Sequence[tuple[int, str]]) -> None:
        self._state["Part"] += 1
        if not lines:
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(("line", "reason"))
        writer.writerows(lines)
        key = f"{self._folder}{self._state['Part']:05d}.csv"
        body = text.getvalue().encode()
        aws_client("s3").put_object(Bucket=self._state["Bucket"], Key=key, Body=body, ContentType="text/csv")

    @property
    def _folder(self) -> str:
        """Where the report's parts are: a folder for each content of the file."""
        mark = hashlib.sha256(self._state["Etag"].encode()).hexdigest()[:8]
        return f"{self._reports}{self._state['Key'].removeprefix(self._prefix)}/{mark}/"

    def _outcome(self, status: str, polls: int, problem: FileError | None) -> dict[str, Any]:
        state = self._state
        result = {
            "S3URL": self.url,
            **{name: state[name] for name in ("Suppressed", "NotSuppressed", "Failures")},
            **({"Report": f"s3://{state['Bucket']}/{self._folder}"} if state["NotSuppressed"] else {}),
        }
        if problem is not None:
            result |= {"Error": "FileRefused", "Cause": f"the file {problem}"}
        counts = {name: result[name] for name in ("Suppressed", "NotSuppressed")}
        logger.info("suppression list", extra={"status": status, **counts})
        return outcome(status, result, polls=polls, Cursor=state)

    def _blocks(self, offset: int) -> Iterator[bytes]:
        """The file's bytes from an offset on, of the object that was read first. Raises FileError."""
        same = {"IfMatch": self._state["Etag"]} if self._state["Etag"] else {}
        where = {"Range": f"bytes={offset}-"} if offset else {}
        try:
            answer = aws_client("s3").get_object(Bucket=self._state["Bucket"], Key=self._state["Key"], **same, **where)
        except ClientError as error:
            code = code_of(error)
            if code == "InvalidRange":
                return  # the file ends where the last call stopped
            if code in _GONE:
                raise FileError("does not exist any more") from None
            if code in _CHANGED:
                raise FileError("was replaced while it was read") from None
            if code in _DENIED:
                raise FileError("cannot be read: access denied") from None
            raise
        self._state["Etag"] = answer["ETag"]
        with answer["Body"] as body:
            while block := body.read(BLOCK):
                yield block


def _parts(read: Iterator[tuple[Entry | BadLine, Place]]) -> Iterator[list[tuple[Entry | BadLine, Place]]]:
    """The lines PART at a time; those before a line at which the file turns out to be unreadable come first, then its error."""
    part: list[tuple[Entry | BadLine, Place]] = []
    try:
        for item in read:
            part.append(item)
            if len(part) == PART:
                yield part
                part = []
    except FileError:
        if part:
            yield part
        raise
    if part:
        yield part
