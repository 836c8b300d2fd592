"""The counters of caps: what each endpoint was sent, counted in the transaction that claims it, so that nobody passes a cap.

Layout of the sends table:

| what | pk | sk |
|---|---|---|
| an endpoint's messages of a campaign, a journey or an application: `total`, `marks`, `version` | `CAP#{its id}#{shard}` | endpoint id in lower case |

`marks` are the latest messages, `{kind}{epoch seconds in hex}` each. A change is conditional on the version that was read: of two workers
that claim the same endpoint, one reads again what the other has counted. What certainly was not sent is taken back by the transaction
that says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.address_claims import NOT_SENT
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.caps.definitions import CAMPAIGN, JOURNEY, Cap, CapSet
from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.tables import Key, Table

MARKS = 100
"""How many marks of a kind are kept: as many as the largest cap."""
KEPT_SECONDS = {CAMPAIGN: 24 * 3600, JOURNEY: 30 * 24 * 3600}
"""How long a mark is kept: as long as the longest time of a cap that counts it."""
FORGOTTEN_SECONDS = 800 * 24 * 3600
"""When a counter goes that nobody asked for: longer than any journey runs, and than any campaign pauses between two runs."""
QUIET_TIME = "QUIET_TIME"
Counted = Mapping[Key, Item]


class Counters:
    """The counters of one campaign's or journey's messages. Without caps that concern it, it does nothing.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, table: Table, caps: CapSet, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._caps = caps
        self._clock = clock

    @property
    def actions_each(self) -> int:
        """How many actions of a transaction a counted message takes."""
        return len(self._caps.owners)

    def judge(self, recipients: Sequence[Recipient]) -> Counted:
        """Gives those whom a cap keeps from their message its status. Returns the counters as they are, for `count`."""
        asked = [recipient for recipient in recipients if self._counts(recipient)]
        items = self.read([recipient.id for recipient in asked])
        now = int(self._clock())
        for recipient in asked:
            reached = next((cap for cap in self._caps.caps if self._reached(cap, recipient.id, items, now)), None)
            if reached:
                recipient.status = reached.status
                self._keep(counter_key(reached.owner, recipient.id), items, now)
        return items

    def read(self, ids: Collection[str]) -> Counted:
        """The counters of endpoints as they are."""
        return self._table.batch_get(
            counter_key(owner, identifier) for owner in self._caps.owners for identifier in ids
        )

    def count(self, recipients: Sequence[Recipient], items: Counted) -> list[dict[str, Any]]:
        """Counts those who are claimed, or targeted all the same; part of a transaction."""
        return [
            self._change(counter_key(owner, recipient.id), items, recipient.at, 1)
            for recipient in recipients
            if self._counts(recipient)
            for owner in self._caps.owners
        ]

    def take_back(self, identifier: str, at: int, items: Counted) -> list[dict[str, Any]]:
        """Takes an endpoint's message back that was counted at a time (epoch milliseconds); part of a transaction."""
        keys = [counter_key(owner, identifier) for owner in self._caps.owners]
        return [self._change(key, items, at, -1) for key in keys if key in items]

    def taken_back(self, recipient: Recipient) -> int:
        """When the message of somebody who was claimed was counted that now does not count (epoch milliseconds); 0: it counts.

        What is tried again is counted again. A campaign counts whom it targets; a journey what may have been sent.
        """
        not_sent = recipient.again or (self._caps.kind == JOURNEY and recipient.status in NOT_SENT)
        return recipient.at if self._caps.owners and not_sent else 0

    def _counts(self, recipient: Recipient) -> bool:
        if not self._caps.owners or recipient.due:
            return False
        return recipient.status == CLAIMED or (self._caps.kind == CAMPAIGN and recipient.status == QUIET_TIME)

    def _reached(self, cap: Cap, identifier: str, items: Counted, now: int) -> bool:
        item = items.get(counter_key(cap.owner, identifier), {})
        if cap.seconds is None:
            return item.get("total", 0) >= cap.most
        since = now - cap.seconds
        return sum(mark[0] in cap.kinds and int(mark[1:], 16) > since for mark in _marks(item)) >= cap.most

    def _change(self, key: Key, items: Counted, at: int, number: int) -> dict[str, Any]:
        item = items.get(key, {})
        mark, marks = f"{self._caps.kind}{at // 1000:x}", _marks(item)
        if number > 0:
            marks.append(mark)
        elif mark in marks:
            marks.remove(mark)
        now = int(self._clock())
        values = {
            "version": item.get("version", 0) + 1,
            "total": max(0, item.get("total", 0) + number),
            "marks": " ".join(_kept(marks, now)),
            "expires": now + FORGOTTEN_SECONDS,
        }
        return self._table.set_action(*key, values, known={"version": item.get("version")})

    def _keep(self, key: Key, items: Counted, now: int) -> None:
        """Lets a counter live on that still keeps somebody from messages."""
        item = items[key]
        if item["expires"] - now < FORGOTTEN_SECONDS // 2:
            self._table.set(*key, {"expires": now + FORGOTTEN_SECONDS}, known={"version": item["version"]})


def counter_key(owner: str, identifier: str) -> Key:
    """The key of what caps count of an endpoint. owner: the campaign's, the journey's or the application's id."""
    key = identifier.lower()
    return f"CAP#{owner}#{shard_of(key):02d}", key


def _marks(item: Mapping[str, Any]) -> list[str]:
    return item.get("marks", "").split()


def _kept(marks: Sequence[str], now: int) -> list[str]:
    """The marks that a cap may still ask for, the oldest first."""
    kept: list[str] = []
    for kind, seconds in KEPT_SECONDS.items():
        of_kind = [mark for mark in marks if mark[0] == kind and int(mark[1:], 16) > now - seconds]
        kept += sorted(of_kind, key=lambda mark: int(mark[1:], 16))[-MARKS:]
    return kept
