"""PutEvents' part: which of the events that were reported begin something, and for whom. All of it is in the API's own call.

An application without a journey or campaign that events start costs one query. What begins is written to the inboxes that the worker reads.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.errors import NotFoundError
from handlers.engagement.event_starts.inbox import Arrival, Inbox, event_token
from handlers.engagement.event_starts.matcher import compile_filter
from handlers.engagement.event_starts.owners import CampaignStart, JourneyStart, start_at
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.registry import EventStarts
from handlers.engagement.store.service_tables import Tables
from handlers.shared.logging import logger

Endpoint = dict[str, Any]
Reason = str
NOT_TAKEN = "the event is not taken, because of what it begins: report it again"


@dataclass(frozen=True)
class Reported:
    """An event of PutEvents that is right. event: PutEvents' Event."""

    endpoint_id: str
    event_id: str
    event: Mapping[str, Any]

    @property
    def token(self) -> str:
        """Stands for the event."""
        return event_token(self.endpoint_id, self.event_id)


class Taking:
    """Takes the events of one call."""

    def __init__(self, tables: Tables, application_id: str, endpoints: Mapping[str, Endpoint]) -> None:
        """endpoints: Those that exist, by id as PutEvents names them, with their users' attributes."""
        self._tables = tables
        self._application_id = application_id
        self._endpoints = endpoints
        self._at = int(time.time() * 1000)
        self._reader = SegmentReader(tables, application_id)
        self._of_users: dict[str, list[Endpoint]] = {}

    def take(self, reported: Sequence[Reported]) -> dict[tuple[str, str], Reason]:
        """Writes what the events begin. Returns those that could not be taken, by endpoint id and event id, with the reason.

        What fails for one journey or campaign stops no other one.
        """
        failed: dict[tuple[str, str], Reason] = {}
        known = [one for one in reported if one.endpoint_id in self._endpoints]
        if not known:
            return failed
        for entry in EventStarts(self._tables.registry).of_application(self._application_id):
            test = compile_filter(entry["EventFilter"])
            found = [one for one in known if test(one.event)]
            if not found:
                continue
            try:
                self._begin(entry, found)
            except (ClientError, BotoCoreError) as error:
                logger.exception("events not taken", extra={"owner": entry["Owner"], "error": type(error).__name__})
                failed |= {(one.endpoint_id, one.event_id): NOT_TAKEN for one in found}
        return failed

    def _begin(self, entry: Mapping[str, Any], found: Sequence[Reported]) -> None:
        start = start_at(self._tables.registry, entry, self._at)
        if start is None:
            return
        test = compile_filter(start.event_filter)
        found = [one for one in found if test(one.event)]
        arrivals = self._arrivals(start, found)
        Inbox(self._tables.sends, entry["Kind"], entry["Owner"]).put(arrivals)
        logger.info("events begin", extra={"owner": entry["Owner"], "events": len(found), "entries": len(arrivals)})

    def _arrivals(self, start: JourneyStart | CampaignStart, found: Sequence[Reported]) -> list[Arrival]:
        people: list[tuple[Reported, Endpoint, bool]] = []
        if start.takes_others:
            self._read_users([self._endpoints[one.endpoint_id] for one in found])
        for one in found:
            endpoint = self._endpoints[one.endpoint_id]
            people.append((one, endpoint, False))
            if start.takes_others:
                people += [(one, other, True) for other in self._others(endpoint)]
        members = self._members(start, [endpoint for _, endpoint, _ in people])
        return [
            Arrival(endpoint["Id"], one.token, self._at, member=endpoint["Id"] in members, user=user)
            for one, endpoint, user in people
            if start.takes_others or endpoint["Id"] in members
        ]

    def _members(self, start: JourneyStart | CampaignStart, endpoints: Sequence[Endpoint]) -> set[str]:
        if start.segment is None:
            return {endpoint["Id"] for endpoint in endpoints}
        try:
            return self._reader.among(start.segment, endpoints, start.version)
        except NotFoundError as error:
            logger.error("the segment is gone", extra={"segment": start.segment, "reason": error.message})
            return set()

    def _others(self, endpoint: Endpoint) -> list[Endpoint]:
        """The other endpoints of the endpoint's user, who was read."""
        user = _user(endpoint)
        return [other for other in self._of_users[user] if other["Id"] != endpoint["Id"]] if user else []

    def _read_users(self, endpoints: Sequence[Endpoint]) -> None:
        """Reads the endpoints of these endpoints' users together, each user once."""
        users = {user for endpoint in endpoints if (user := _user(endpoint))} - self._of_users.keys()
        if users:
            self._of_users |= self._reader.endpoints.by_users(users)


def _user(endpoint: Endpoint) -> str:
    """The id of an endpoint's user; "": it has none."""
    return (endpoint.get("User") or {}).get("UserId") or ""
