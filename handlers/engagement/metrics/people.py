"""Distinct recipients over any range of days, from counters.

A recipient that counts on days d1 < d2 < d3 is counted in the row of each of them by the day before: `u_0` of d1, `u_{d1}` of d2,
`u_{d2}` of d3. Over days a to b it counts once, on the first of its days that is not before a: so the distinct recipients are the sum,
over the rows of a to b, of the counters whose former day is before a.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from handlers.engagement.metrics.cells import ALL, Cells, application_pk, campaign_pk, midnight
from handlers.engagement.metrics.message import EMAIL, NO_TRANSACTION, Message

DELIVERED, OPENED, CLICKED = "u_", "uo_", "uk_"
"""What the names of the counters begin with: of campaigns' deliveries, of transactional emails' opens and clicks."""
NEVER = "0"
"""Stands for the day before the first one; sorts before every day."""
_ALL, _OPENS, _CLICKS, _CAMPAIGN = "A", "O", "K", "C"


@dataclass
class Person:
    """On which days a recipient counts for what, and by how many messages.

    days: by what it counts for (a campaign, all campaigns, opens, clicks), by day, the number of messages.
    """

    days: dict[str, dict[str, int]] = field(default_factory=dict)

    def change(self, before: Message | None, after: Message, first: str) -> None:
        """Takes a message's change over; days before `first` are forgotten."""
        for message, step in ((before, -1), (after, 1)):
            if message is None:
                continue
            for scope in scopes(message):
                counted = self.days.setdefault(scope, {})
                counted[message.day] = counted.get(message.day, 0) + step
        self.days = {
            scope: kept
            for scope, counted in self.days.items()
            if (kept := {day: number for day, number in sorted(counted.items()) if number > 0 and day >= first})
        }

    def cells(self, application: str, first: str) -> Cells:
        """What the recipient adds to the rows from day `first` on."""
        found: Cells = Counter()
        for scope, counted in self.days.items():
            former = NEVER
            for day in sorted(counted):
                if day >= first:
                    for pk, group, prefix in _places(application, scope):
                        found[pk, f"{day}#{group}", f"{prefix}{former}"] += 1
                former = day
        return found

    def last(self, otherwise: int) -> int:
        """When the latest day begins, in milliseconds since 1970; `otherwise` where there is none."""
        return max((midnight(day) for days in self.days.values() for day in days), default=otherwise)

    def copy(self) -> Person:
        """Another one that says the same."""
        return Person({scope: dict(counted) for scope, counted in self.days.items()})

    def to_json(self) -> str:
        """The days as one text."""
        return json.dumps(self.days, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Person:
        """The days of `to_json`."""
        return cls(json.loads(text))


def scopes(message: Message) -> set[str]:
    """What the recipient of a message counts for."""
    if message.campaign:
        return {_ALL, f"{_CAMPAIGN}{message.campaign}"} if message.delivered else set()
    if message.journey or message.channel != EMAIL:
        return set()
    return {*([_OPENS] if "open" in message.kinds else []), *([_CLICKS] if message.clicks else [])}


def distinct(rows: Iterable[tuple[str, Mapping[str, int]]], start: str, prefix: str = DELIVERED) -> int:
    """How many recipients count in rows, all from day `start` on: (day, counters) pairs."""
    return sum(
        number
        for _, counters in rows
        for name, number in counters.items()
        if name.startswith(prefix) and name[len(prefix) :] < start
    )


def _places(application: str, scope: str) -> list[tuple[str, str, str]]:
    """Partition, group and beginning of the counter's name."""
    if scope == _ALL:
        return [(application_pk(application), ALL, DELIVERED)]
    if scope == _OPENS:
        return [(application_pk(application), NO_TRANSACTION, OPENED)]
    if scope == _CLICKS:
        return [(application_pk(application), NO_TRANSACTION, CLICKED)]
    campaign = scope.removeprefix(_CAMPAIGN)
    return [
        (application_pk(application), campaign, DELIVERED),
        (campaign_pk(application, campaign), ALL, DELIVERED),
    ]
