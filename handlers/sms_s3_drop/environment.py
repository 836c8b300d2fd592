"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class RunEnvironment(Environment):
    """The state machine's task function.

    origination_number, message_type: for rows that name none; empty = such rows are reported. deadline_hours: after
    them, what is left is not sent any more. remembered_days: how long what became of each row is kept.
    """

    queue_url: str
    ledger_table: str
    prefix: str
    origination_number: str = variable(optional=True)
    message_type: str = variable(optional=True)
    deadline_hours: int = variable(minimum=1)
    remembered_days: int = variable(minimum=1)
    poll_seconds: int = variable(minimum=1)


@dataclass(frozen=True, kw_only=True)
class SenderEnvironment(Environment):
    """The function that sends the queued texts. rates: JSON, see handlers/shared/origination_rates.py."""

    application_id: str
    queue_url: str
    ledger_table: str
    rates: str
    send_duplicates: bool
    remembered_days: int = variable(minimum=1)


@dataclass(frozen=True, kw_only=True)
class UndeliveredEnvironment(Environment):
    """The function that reads the dead-letter queue of the texts."""

    ledger_table: str
    max_receives: int = variable(minimum=1)
    remembered_days: int = variable(minimum=1)
