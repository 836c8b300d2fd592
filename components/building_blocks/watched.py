"""What the running program makes that is worth watching. The building blocks note it here; the dashboard shows it.

The notes belong to the running program (a context variable); where nobody began them, nothing is noted.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi


class Kind(StrEnum):
    """What can be watched, each by one dimension of its metrics."""

    ALARM = "alarm"
    FUNCTION = "function"
    ASYNCHRONOUS = "function that nobody waits for"
    STREAM_READER = "function that reads a stream"
    QUEUE = "queue"
    DEAD_LETTERS = "dead-letter queue"
    DEAD_LETTERS_READ = "dead-letter queue that a function reads"
    MACHINE = "state machine"
    STREAM = "stream"
    DELIVERY = "delivery stream"
    TABLE = "table"
    TOPIC = "topic"
    RULE = "rule"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True)
class Noted:
    """One thing. label: what it is called on the dashboard. value: of its dimension. limit_seconds: of a function, how long it may take."""

    label: str
    value: pulumi.Input[str]
    limit_seconds: int = 0


@dataclass
class Watched:
    """What was noted, by kind, and the actions that the program's roles may take: what it sends is told by these."""

    noted: dict[Kind, list[Noted]] = field(default_factory=lambda: defaultdict(list))
    actions: set[str] = field(default_factory=set)

    def of(self, kind: Kind) -> list[Noted]:
        """All of a kind, in the order of their labels: the same program gives the same dashboard."""
        return sorted(self.noted.get(kind, ()), key=lambda each: each.label)

    def may(self, service: str) -> bool:
        """Whether a role of the program may do something with the service, by its prefix in IAM's actions."""
        return any(action.startswith(f"{service}:") for action in self.actions)


_current: ContextVar[Watched | None] = ContextVar("watched", default=None)


def begin() -> Watched:
    """Begins the notes of a program, before its first resource."""
    begun = Watched()
    _current.set(begun)
    return begun


def current() -> Watched | None:
    """The notes of the program that runs; None where nobody asked for them."""
    return _current.get()


def end() -> None:
    """Ends the notes: what is made from then on is not among them."""
    _current.set(None)


def note(kind: Kind, label: str, value: pulumi.Input[str], limit_seconds: int = 0) -> None:
    """Notes one thing that was made."""
    watched = _current.get()
    if watched is not None:
        watched.noted[kind].append(Noted(label, value, limit_seconds))


def note_actions(actions: Iterable[str]) -> None:
    """Notes what a role of the program may do."""
    watched = _current.get()
    if watched is not None:
        watched.actions.update(actions)
