"""What the functions of a channel are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required, whole_number


@dataclass(frozen=True)
class HookEnvironment:
    """The function that campaigns call. channel: package of handlers/. channel_types: of the endpoints that it takes."""

    channel: str
    channel_types: tuple[str, ...]
    queue_url: str

    @classmethod
    def read(cls) -> HookEnvironment:
        return cls(
            channel=required("CHANNEL"),
            channel_types=tuple(required("CHANNEL_TYPES").split(",")),
            queue_url=required("QUEUE_URL"),
        )


@dataclass(frozen=True)
class SenderEnvironment:
    """The function behind the queue. calls_per_second: of all processes together. deadline_hours: after them, what is
    left is not called any more. remembered_days: how long claims stay.
    """

    channel: str
    application_id: str
    calls_per_second: float
    deadline_hours: int
    queue_url: str
    dead_letter_queue_url: str
    refused_queue_url: str
    calls_table: str
    remembered_days: int

    @classmethod
    def read(cls) -> SenderEnvironment:
        return cls(
            channel=required("CHANNEL"),
            application_id=required("APPLICATION_ID"),
            calls_per_second=float(required("CALLS_PER_SECOND")),
            deadline_hours=whole_number("DEADLINE_HOURS", minimum=1),
            queue_url=required("QUEUE_URL"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
            refused_queue_url=required("REFUSED_QUEUE_URL"),
            calls_table=required("CALLS_TABLE"),
            remembered_days=whole_number("REMEMBERED_DAYS", minimum=1),
        )
