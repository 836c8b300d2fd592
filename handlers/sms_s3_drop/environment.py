"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import flag, optional, required, whole_number


@dataclass(frozen=True)
class RunEnvironment:
    """The state machine's task function.

    origination_number, message_type: for rows that name none; empty = such rows are reported. deadline_hours: after
    them, what is left is not sent any more. remembered_days: how long what became of each row is kept.
    """

    queue_url: str
    ledger_table: str
    prefix: str
    origination_number: str
    message_type: str
    deadline_hours: int
    remembered_days: int
    poll_seconds: int

    @classmethod
    def read(cls) -> RunEnvironment:
        return cls(
            queue_url=required("QUEUE_URL"),
            ledger_table=required("LEDGER_TABLE"),
            prefix=required("PREFIX"),
            origination_number=optional("ORIGINATION_NUMBER"),
            message_type=optional("MESSAGE_TYPE"),
            deadline_hours=whole_number("DEADLINE_HOURS", minimum=1),
            remembered_days=whole_number("REMEMBERED_DAYS", minimum=1),
            poll_seconds=whole_number("POLL_SECONDS", minimum=1),
        )


@dataclass(frozen=True)
class SenderEnvironment:
    """The function that sends the queued texts. rates: JSON, see handlers/shared/origination_rates.py."""

    application_id: str
    queue_url: str
    ledger_table: str
    rates: str
    send_duplicates: bool
    remembered_days: int

    @classmethod
    def read(cls) -> SenderEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            queue_url=required("QUEUE_URL"),
            ledger_table=required("LEDGER_TABLE"),
            rates=required("RATES"),
            send_duplicates=flag("SEND_DUPLICATES"),
            remembered_days=whole_number("REMEMBERED_DAYS", minimum=1),
        )


@dataclass(frozen=True)
class UndeliveredEnvironment:
    """The function that reads the dead-letter queue of the texts."""

    ledger_table: str
    max_receives: int
    remembered_days: int

    @classmethod
    def read(cls) -> UndeliveredEnvironment:
        return cls(
            ledger_table=required("LEDGER_TABLE"),
            max_receives=whole_number("MAX_RECEIVES", minimum=1),
            remembered_days=whole_number("REMEMBERED_DAYS", minimum=1),
        )
