"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required, whole_number


@dataclass(frozen=True)
class ChangerEnvironment:
    """The function behind the queue of inbound messages. event_stream_name: "" where the platform itself writes what
    happens to text messages into the stream."""

    application_id: str
    account_id: str
    event_stream_name: str
    numbers_table: str
    memory_table: str
    memory_days: int
    topic_arn: str
    list_name: str
    keywords: str
    dead_letter_queue_url: str

    @classmethod
    def read(cls) -> ChangerEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            account_id=required("ACCOUNT_ID"),
            event_stream_name=optional("EVENT_STREAM_NAME"),
            numbers_table=required("NUMBERS_TABLE"),
            memory_table=required("MEMORY_TABLE"),
            memory_days=whole_number("MEMORY_DAYS", minimum=1),
            topic_arn=required("OPT_OUT_TOPIC_ARN"),
            list_name=required("OPT_OUT_LIST"),
            keywords=required("KEYWORDS"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
        )


@dataclass(frozen=True)
class RecordsEnvironment:
    """The function that tells who is opted out."""

    numbers_table: str

    @classmethod
    def read(cls) -> RecordsEnvironment:
        return cls(numbers_table=required("NUMBERS_TABLE"))


@dataclass(frozen=True)
class PhoneNumbersEnvironment:
    """The function that sets phone numbers up."""

    memory_table: str

    @classmethod
    def read(cls) -> PhoneNumbersEnvironment:
        return cls(memory_table=required("MEMORY_TABLE"))
