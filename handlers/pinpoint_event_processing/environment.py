"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class EventObjectEnvironment(Environment):
    """The function behind the queue of event objects, beside handlers/suppression/environment.py.

    events_prefix, errors_prefix: keys of event objects, and of the objects with the lines that cannot be handled.
    """

    events_prefix: str
    errors_prefix: str
    dead_letter_queue_url: str
