"""What the world's services answer when they refuse a call, and calls that fail because a test wants them to."""

import threading
from collections import Counter
from typing import Any

Parameters = dict[str, Any]
THROTTLE, FAULT = "throttle", "fault"


class ServiceError(Exception):
    """A fault in a service's own form."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self._members = members

    def body(self) -> dict[str, Any]:
        """The JSON body that says it."""
        return {"__type": self.code, "Message": str(self), **self._members}


class Trouble:
    """For tests, and off to begin with.

    throttled: how many of an operation's next calls are refused. failing_every: operation -> n; every n-th call fails, in
    turn with a throttle and a fault.
    """

    def __init__(self) -> None:
        self.throttled: dict[str, int] = {}
        self.failing_every: dict[str, int] = {}
        self._calls: Counter[str] = Counter()
        self._trouble_lock = threading.Lock()

    def trouble(self, operation: str) -> str:
        """What this call meets: THROTTLE, FAULT, or ""."""
        with self._trouble_lock:
            if self.throttled.get(operation, 0) > 0:
                self.throttled[operation] -= 1
                return THROTTLE
            every = self.failing_every.get(operation, 0)
            if not every:
                return ""
            self._calls[operation] += 1
            turns, rest = divmod(self._calls[operation], every)
        if rest:
            return ""
        return THROTTLE if turns % 2 else FAULT
