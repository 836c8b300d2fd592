"""What the functions of a file trigger are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class StarterEnvironment:
    """The function between the queue of object events and the state machine."""

    state_machine_arn: str
    dead_letter_queue_url: str

    @classmethod
    def read(cls) -> StarterEnvironment:
        return cls(
            state_machine_arn=required("STATE_MACHINE_ARN"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
        )
