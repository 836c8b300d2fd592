"""What the functions of a channel are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class HookEnvironment(Environment):
    """The function that campaigns call. channel: package of handlers/. channel_types: of the endpoints that it takes."""

    channel: str
    channel_types: tuple[str, ...]
    queue_url: str


@dataclass(frozen=True, kw_only=True)
class SenderEnvironment(Environment):
    """The function behind the queue. calls_per_second: of all processes together. deadline_hours: after them, what is
    left is not called any more. remembered_days: how long claims stay.
    """

    channel: str
    application_id: str
    calls_per_second: float
    deadline_hours: int = variable(minimum=1)
    queue_url: str
    dead_letter_queue_url: str
    refused_queue_url: str
    calls_table: str
    remembered_days: int = variable(minimum=1)
