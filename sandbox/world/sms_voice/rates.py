"""How fast a number may send, in message parts a second.

Source: AWS End User Messaging SMS User Guide, "Message Parts per Second (MPS) limits". What a 10DLC number and a short
code may is a matter of their registration; the figures here are common ones.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable

RATES = {"LONG_CODE": 1.0, "TOLL_FREE": 3.0, "TEN_DLC": 10.0, "SHORT_CODE": 100.0, "SIMULATOR": 1.0}
"""Parts a second by type of number."""
WINDOW_SECONDS = 1.0
TOLERANCE_SECONDS = 0.05
"""What clocks and queues may take off a second: sends that are paced to the second pass."""


class RateLimit:
    """The parts of one number within a second. A message of more parts than the rate takes the seconds after it too."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._booked: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, parts: int, now: float | None = None) -> bool:
        """Books a message when it is within the rate. now: seconds of a clock that only goes forward."""
        moment = time.monotonic() if now is None else now
        whole = max(1, int(self.rate))
        seconds = max(WINDOW_SECONDS, WINDOW_SECONDS / self.rate)
        with self._lock:
            while self._booked and self._booked[0] <= moment - seconds + TOLERANCE_SECONDS:
                self._booked.popleft()
            if len(self._booked) + min(parts, whole) > whole:
                return False
            self._booked.extend(moment + part // whole * seconds for part in range(parts))
            return True


def too_fast(sent: Iterable[tuple[float, int]], rate: float) -> list[float]:
    """When a number sent faster than its rate: times out of (time in seconds, parts)."""
    limit = RateLimit(rate)
    return [moment for moment, parts in sorted(sent) if not limit.take(parts, moment)]
