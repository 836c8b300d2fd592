"""What the translating function is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class TranslationEnvironment(Environment):
    """application_id: whose events are those that name no application. sends_table: where they are
    counted, and journeys look for those of their messages."""

    application_id: str
    account_id: str
    event_stream_name: str
    sends_table: str
    dead_letter_queue_url: str
