"""What the translating function is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class TranslationEnvironment:
    """application_id: whose events are those that name no application."""

    application_id: str
    account_id: str
    event_stream_name: str
    dead_letter_queue_url: str

    @classmethod
    def read(cls) -> TranslationEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            account_id=required("ACCOUNT_ID"),
            event_stream_name=required("EVENT_STREAM_NAME"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
        )
