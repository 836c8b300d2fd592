"""What goes wrong, and when: all of it drawn from the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from handlers.shared import aws_errors
from tests.handlers.shared.fakes import client_error

NOT_SENT = (
    lambda: client_error("ThrottlingException", 429),
    lambda: client_error("InternalServerException", 500),
    lambda: EndpointConnectionError(endpoint_url="https://channel"),
)


@dataclass
class Faults:
    """The faults of one run.

    Args:
        kills: So many processes die, at calls that are drawn from all.
        kill_share: Of the calls that processes make, those at which one dies while there are kills left.
        kill_at: The operation at whose calls they die; "": at those of any.
        fail_every: Every so many calls of what sends messages fail, certainly not carried out; 0: none.
        silent_share: Of those calls, the ones whose answer gets lost, carried out or not.
        busy_share: Of the table's transactions, those that meet another one.
    """

    random: random.Random
    kills: int = 0
    kill_share: float = 0.0
    kill_at: str = ""
    fail_every: int = 0
    silent_share: float = 0.0
    busy_share: float = 0.0
    killed: int = field(default=0, init=False)
    unanswered: int = field(default=0, init=False)
    _sends: int = field(default=0, init=False)

    def strike(self, operation: str) -> str:
        """Whether the process dies at this call: `before` it is carried out, `after`, or not ("")."""
        if self.kill_at not in ("", operation) or self.killed >= self.kills or self.random.random() >= self.kill_share:
            return ""
        self.killed += 1
        return self.random.choice(("before", "after"))

    def of_sending(self) -> tuple[Any, bool]:
        """The error of a call that sends a message (None: none), and whether it is carried out."""
        self._sends += 1
        if self.fail_every and self._sends % self.fail_every == 0:
            return self.random.choice(NOT_SENT)(), False
        if self.random.random() < self.silent_share:
            self.unanswered += 1
            return ReadTimeoutError(endpoint_url="https://channel"), self.random.random() < 0.5
        return None, True

    def of_several(self, count: int) -> tuple[Any, int]:
        """The error of a call that sends several messages (None: none), and how many of them, the first ones, it deals with.

        The service's own trouble may end it anywhere.
        """
        error, carried_out = self.of_sending()
        if isinstance(error, ClientError) and aws_errors.status_of(error) >= 500:
            self.unanswered += 1
            return error, self.random.randint(0, count)
        return error, count if carried_out else 0

    def of_an_entry(self) -> str:
        """The status of one message of a call that sends several."""
        if self.fail_every and self.random.random() < 1 / self.fail_every:
            return self.random.choice(("ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"))
        return "SUCCESS"

    def is_busy(self) -> bool:
        """Whether another transaction is in this one's way."""
        return self.random.random() < self.busy_share

    def end(self) -> None:
        """Nothing goes wrong any more."""
        self.kills = self.fail_every = 0
        self.silent_share = self.busy_share = 0.0
