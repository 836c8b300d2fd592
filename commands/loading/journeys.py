"""Journeys: made as drafts where none of their name is there, updated where a draft differs. Nothing is published by loading it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import parse_to_aware_datetime

from commands.loading.contents import Document
from commands.loading.report import Report
from commands.loading.requests import reason_of, request_of, same
from commands.pages import items

KIND = "journeys"
SHAPE = "WriteJourneyRequest"
NOT_COMPARED = ("State", "CreationDate", "LastModifiedDate")
"""What the service sets by itself."""
TIMES = ("StartTime", "EndTime")


class Journeys:
    """Loads journeys. client: None checks only. ids: segment ids here by segment ids there."""

    def __init__(self, client: Any, application_id: str, ids: Mapping[str, str], report: Report) -> None:
        self._client, self._application_id, self._ids, self._report = client, application_id, ids, report
        self._defaults: dict[str, Any] = {}

    def load(self, given: Iterable[Document]) -> None:
        """A bad one stops no other."""
        there: dict[str, list[dict[str, Any]]] = {}
        given = list(given)
        if self._client and given:
            self._defaults = self._of_the_application()
            for journey in items(self._client.list_journeys, "JourneysResponse", self._application_id):
                there.setdefault(journey["Name"], []).append(journey)
        for document in given:
            name = document.content.get("Name")
            if not isinstance(name, str) or not name:
                self._report.problem(document.place, "Name is missing", KIND)
            elif self._client is None:
                self._report.done(KIND, "checked")
            else:
                try:
                    found = there.setdefault(name, [])
                    outcome = self._put(found, document.content)
                except (ClientError, BotoCoreError, ValueError) as error:
                    self._report.problem(document.place, reason_of(error), KIND)
                else:
                    self._report.done(KIND, outcome)

    def _put(self, there: list[dict[str, Any]], content: Mapping[str, Any]) -> str:
        """Makes or updates a journey, and notes it among those of its name. Raises ValueError where it must not."""
        request = _named_as_in_the_model(request_of(SHAPE, self._renamed(content)))
        request = {**self._defaults, **_timed(request), "State": "DRAFT"}
        if not there:
            made = self._client.create_journey(ApplicationId=self._application_id, WriteJourneyRequest=request)
            there.append(made["JourneyResponse"])
            return "created"
        if len(there) > 1:
            raise ValueError(f"{len(there)} journeys of the project have this name")
        [found] = there
        if same(_compared(found), _compared(request)):
            return "unchanged"
        if found["State"] != "DRAFT":
            raise ValueError(
                f"journey {found['Id']} has this name, is {found['State']}, and differs; only a DRAFT is changed"
            )
        answer = self._client.update_journey(
            ApplicationId=self._application_id, JourneyId=found["Id"], WriteJourneyRequest=request
        )
        there[0] = answer["JourneyResponse"]
        return "updated"

    def _renamed(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The definition with the ids that its segments have here. Others stay: publishing says where one is not there."""
        result = copy.deepcopy(dict(content))
        for part in _parts(result):
            identifier = part.get("SegmentId")
            if isinstance(identifier, str):
                part["SegmentId"] = self._ids.get(identifier, identifier)
        return result

    def _of_the_application(self) -> dict[str, Any]:
        """What a journey that is made without it has from the application: its quiet time."""
        answer = self._client.get_application_settings(ApplicationId=self._application_id)
        quiet = answer["ApplicationSettingsResource"].get("QuietTime") or {}
        return {"QuietTime": quiet} if any(quiet.values()) else {}


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value."""
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(member)


def _named_as_in_the_model(request: dict[str, Any]) -> dict[str, Any]:
    """The request as botocore takes it: on the wire the name of SegmentDimensions begins with a small letter."""
    for part in list(_parts(request)):
        if "segmentDimensions" in part:
            part["SegmentDimensions"] = part.pop("segmentDimensions")
    return request


def _compared(journey: Mapping[str, Any]) -> dict[str, Any]:
    request = request_of(SHAPE, journey)
    return {name: value for name, value in _timed(request).items() if name not in NOT_COMPARED}


def _timed(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the schedule's times in UTC, as an answer has them, whatever form of them a file has."""
    schedule = request.get("Schedule")
    if not isinstance(schedule, Mapping):
        return request
    return {**request, "Schedule": {name: _time(value) if name in TIMES else value for name, value in schedule.items()}}


def _time(value: Any) -> Any:
    """A moment in UTC; what is none stays, for the service to refuse."""
    try:
        return parse_to_aware_datetime(value).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return value
