"""Rules: which event sets or clears which endpoint attribute, and what a batch of events asks of each endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.shared.event_times import milliseconds

Values = tuple[str, ...]

"""Milliseconds of the epoch, in the year 5138: what is later is no time."""


class InvalidEventError(ValueError):
    """An event that can never be handled. The text says why, without personal data."""


@dataclass(frozen=True)
class Rule:
    """An event of `event_type`, with one of the listed values in each attribute of `where`, gives the endpoint
    attribute `values`; empty ones take the endpoint out."""

    event_type: str
    attribute: str
    values: Values
    where: Mapping[str, Values]

    def fits(self, attributes: Mapping[str, Any]) -> bool:
        """Whether the event's attributes pass the filter."""
        return all(attributes.get(name) in allowed for name, allowed in self.where.items())


@dataclass(frozen=True)
class Wish:
    """What an event wants of one attribute of one endpoint. moment: milliseconds of the epoch."""

    moment: int
    values: Values

    @property
    def order(self) -> tuple[int, Values]:
        """Newer wins; at the same millisecond the greater value, so that every order of arrival ends alike."""
        return self.moment, self.values


Wishes = dict[str, dict[str, Wish]]
"""Newest wish by endpoint id (in lower case) and attribute."""


def add(wishes: Wishes, endpoint_id: str, attribute: str, wish: Wish) -> None:
    """Adds a wish; of two for the same attribute the newest stays."""
    held = wishes.setdefault(endpoint_id, {}).get(attribute)
    if held is None or wish.order > held.order:
        wishes[endpoint_id][attribute] = wish


class Rules:
    """The rules of one project.

    text: JSON list of `{"eventType", "attribute", "values": [..], "where": {name: [..]}}`; no values: the attribute is
    cleared. contested: attributes that different events give different values; only for these does the order matter.
    """

    def __init__(self, text: str, application_id: str) -> None:
        self._application_id = application_id
        self._by_type: dict[str, list[Rule]] = {}
        outcomes: dict[str, set[Values]] = {}
        for given in json.loads(text):
            where = {name: tuple(values) for name, values in given.get("where", {}).items()}
            rule = Rule(given["eventType"], given["attribute"], tuple(given["values"]), where)
            self._by_type.setdefault(rule.event_type, []).append(rule)
            outcomes.setdefault(rule.attribute, set()).add(rule.values)
        self.contested = frozenset(attribute for attribute, values in outcomes.items() if len(values) > 1)

    def read(self, event: Mapping[str, Any]) -> tuple[str, dict[str, Wish]] | None:
        """The endpoint and the wishes of an event; None where no rule is about it, or it is another application's.

        Raises InvalidEventError.
        """
        kind = event.get("event_type")
        if not isinstance(kind, str) or not kind:
            raise InvalidEventError("event_type is missing or no text")
        rules = self._by_type.get(kind)
        if rules is None or self._is_foreign(event):
            return None
        attributes = event.get("attributes") or {}
        if not isinstance(attributes, dict):
            raise InvalidEventError("attributes is no object")
        fitting = [rule for rule in rules if rule.fits(attributes)]
        if not fitting:
            return None
        client = event.get("client")
        endpoint_id = client.get("client_id") if isinstance(client, dict) else None
        if not isinstance(endpoint_id, str) or not endpoint_id:
            raise InvalidEventError("client.client_id is missing or no text")
        moment = happened(kind, event)
        return endpoint_id.lower(), {rule.attribute: Wish(moment, rule.values) for rule in fitting}

    def _is_foreign(self, event: Mapping[str, Any]) -> bool:
        application = event.get("application")
        return isinstance(application, dict) and application.get("app_id", self._application_id) != self._application_id


def happened(kind: str, event: Mapping[str, Any]) -> int:
    """When it happened, in milliseconds of the epoch.

    All email events of a message carry its sending time as event_timestamp: theirs is arrival_timestamp. Other events
    come from clocks of devices: never later than their arrival. Raises InvalidEventError.
    """
    try:
        times = [milliseconds(event.get(name), name) for name in ("arrival_timestamp", "event_timestamp")]
    except ValueError as error:
        raise InvalidEventError(str(error)) from error
    known = [time for time in times if time is not None]
    if not known:
        raise InvalidEventError("event_timestamp and arrival_timestamp are missing or no whole numbers")
    return known[0] if kind.startswith("_email.") else min(known)
