"""What the functions of this architecture are told by their component."""

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


@dataclass(frozen=True)
class ImportEnvironment:
    """The state machine's task function. file_format: CSV or JSON."""

    application_id: str
    role_arn: str
    file_format: str

    @classmethod
    def read(cls) -> ImportEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            role_arn=required("IMPORT_ROLE_ARN"),
            file_format=required("IMPORT_FORMAT"),
        )
