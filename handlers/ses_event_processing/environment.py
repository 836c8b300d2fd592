"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class NotificationEnvironment:
    """The function behind the queue of notifications, beside handlers/suppression/environment.py."""

    dead_letter_queue_url: str

    @classmethod
    def read(cls) -> NotificationEnvironment:
        return cls(dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"))
