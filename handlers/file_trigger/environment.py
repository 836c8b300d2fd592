"""What the functions of a file trigger are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class StarterEnvironment(Environment):
    """The function between the queue of object events and the state machine."""

    state_machine_arn: str
    dead_letter_queue_url: str
