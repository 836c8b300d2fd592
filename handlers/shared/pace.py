"""Pace: when something that has a rate, such as a phone number, may send next; kept in a table, so that every process keeps to it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from handlers.shared.claims import Attempts
from handlers.shared.tables import Table

REMEMBERED_SECONDS = 24 * 3600


class Pace:
    """Reservations of time.

    Args:
        clock: Epoch seconds.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, table: Table, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._table = table
        self.clock = clock
        self._sleep = sleep

    def reserve(self, identity: str, seconds: float, within: float = math.inf) -> float:
        """Takes the identity for so many seconds from when it is free. Returns that time (epoch seconds). Raises ContendedError.

        Where they would not be over `within` seconds from now, nothing is taken.
        """
        pk = f"PACE#{identity}"
        attempts = Attempts("the pace of an identity")
        while True:
            attempts.another()
            item = self._table.get(pk, "PACE")
            free = 0 if item is None else item["free_ms"]
            now = self.clock()
            start = max(now, free / 1000)
            if start + seconds > now + within:
                return start
            reserved = {
                "pk": pk,
                "sk": "PACE",
                "free_ms": int((start + seconds) * 1000) + 1,
                "expires": int(start + seconds) + REMEMBERED_SECONDS,
            }
            if self._table.put(
                reserved, condition="attribute_not_exists(pk) OR free_ms = :free", values={":free": free}
            ):
                return start

    def wait_until(self, moment: float) -> None:
        """Returns at that time (epoch seconds), at once where it is over."""
        while (left := moment - self.clock()) > 0:
            self._sleep(left)
