"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class NotificationEnvironment(Environment):
    """The function behind the queue of notifications, beside handlers/suppression/environment.py."""

    dead_letter_queue_url: str
