"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class ChangerEnvironment(Environment):
    """The function behind the queue of inbound messages. event_stream_name: "" where the platform itself writes what
    happens to text messages into the stream."""

    application_id: str
    account_id: str
    event_stream_name: str = variable(optional=True)
    numbers_table: str
    memory_table: str
    memory_days: int = variable(minimum=1)
    topic_arn: str = variable("OPT_OUT_TOPIC_ARN")
    list_name: str = variable("OPT_OUT_LIST")
    keywords: str
    dead_letter_queue_url: str


@dataclass(frozen=True, kw_only=True)
class RecordsEnvironment(Environment):
    """The function that tells who is opted out."""

    numbers_table: str


@dataclass(frozen=True, kw_only=True)
class PhoneNumbersEnvironment(Environment):
    """The function that sets phone numbers up."""

    memory_table: str
