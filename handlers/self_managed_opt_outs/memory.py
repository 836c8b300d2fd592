"""What was done about each inbound message, so that one that is delivered twice acts once (handlers/shared/claims.py).

Item: `pk` = `message#ID`, `lease` (until when `owner` works on it), `replied`, `announced`, `done`, `expires` (the
table's time to live).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from handlers.shared.claims import Claim, Claims, Layout, Standing
from handlers.shared.tables import Table

LAYOUT = Layout(state="done", held=None, owner="owner", lease="lease")
LEASE_SECONDS = 90
"""Longer than a function runs, shorter than a message waits to be tried again."""


class InWorkError(Exception):
    """Another function has the message; by the time it is tried again, that one has ended."""


NOT_BEGUN = Claim(Standing.HELD, ("", ""))


@dataclass
class Progress:
    """What is done already of a message's work. again: somebody has begun it before."""

    claim: Claim = NOT_BEGUN
    again: bool = False
    replied: bool = False
    announced: bool = False


class Memory:
    """The table of messages. days: for how long they are remembered. clock: epoch seconds."""

    def __init__(self, table: str, days: int, clock: Callable[[], float] = time.time) -> None:
        self._claims = Claims(Table(table, sort_key=False), LAYOUT, days, clock)

    def begin(self, message_id: str) -> Progress | None:
        """Takes the message on; None: it is done. Raises InWorkError where another function is at it, ContendedError."""
        claim = self._claims.claim((f"message#{message_id}", ""), LEASE_SECONDS, take_lost=True)
        if claim.standing is Standing.SETTLED:
            return None
        if claim.standing is Standing.HELD:
            raise InWorkError("another function is at the message")
        before = claim.before
        return Progress(claim, again=bool(before), replied="replied" in before, announced="announced" in before)

    def note(self, progress: Progress, step: str) -> None:
        """Remembers that a step (`replied`, `announced`) is done."""
        self._claims.note(progress.claim, {step: True})

    def take_back(self, progress: Progress, step: str) -> None:
        """Forgets a step, which did not succeed."""
        self._claims.note(progress.claim, {step: None})

    def finish(self, progress: Progress) -> None:
        """The message is done."""
        self._claims.settle(progress.claim, True)

    def leave(self, progress: Progress) -> None:
        """The message is not done; whoever gets it next may go on at once."""
        self._claims.release(progress.claim)
