"""The times of calls that were claimed together: each waits for its own, and what is late takes another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from handlers.shared.pace import Pace

LATE_SECONDS = 0.2
"""By which a call may be late without another's time becoming its own."""


class Turns:
    """Asked from several threads at once.

    Args:
        places: The calls, in their order.
        start: Of the first one's time (epoch seconds).
        each: Seconds that a call takes at the channel's rate.
        reserve: Another time for so many seconds; None where there is none left.
    """

    def __init__(
        self,
        places: Sequence[int],
        start: float,
        each: float,
        pace: Pace,
        reserve: Callable[[float], float | None],
    ) -> None:
        self._start = start
        self._each = each
        self._pace = pace
        self._reserve = reserve
        self._lock = threading.Lock()
        self._moments = {at: start + turn * each for turn, at in enumerate(places)}

    def begin(self) -> None:
        """Says that the first call may be made; where that is late, all take another time."""
        if self._pace.clock() - self._start > LATE_SECONDS:
            self._move(list(self._moments))

    def wait(self, at: int) -> bool:
        """Waits for a call's time. One that is over takes another, with all whose time has come beside it: one reservation for them.

        Returns whether there is a time.
        """
        moved = False
        while (moment := self._moments.get(at)) is not None:
            self._pace.wait_until(moment)
            with self._lock:
                if self._moments.get(at) != moment:
                    continue
                now = self._pace.clock()
                if moved or now - moment <= max(self._each, LATE_SECONDS):
                    del self._moments[at]
                    return True
                self._move([other for other, its in self._moments.items() if its <= now])
                moved = True
        return False

    def over(self, at: int) -> None:
        """Says that a call needs no time any more."""
        with self._lock:
            self._moments.pop(at, None)

    def _move(self, places: Sequence[int]) -> None:
        later = self._reserve(self._each * len(places))
        for turn, at in enumerate(places):
            if later is None:
                del self._moments[at]
            else:
                self._moments[at] = later + turn * self._each
