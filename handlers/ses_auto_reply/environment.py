"""What the function of this architecture is told by its component."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.shared.environment import flag, optional, required, whole_number

PROJECT = "project"
SES = "ses"


@dataclass(frozen=True)
class ReplyEnvironment:
    """template_source: `project` or `ses`. sender: empty = the address that a mail was sent to. recipients: addresses
    and domains (`.example.org`: its subdomains) that the receipt rule takes mail for; empty = all."""

    template_name: str
    template_source: str
    sender: str
    recipients: tuple[str, ...]
    configuration_set: str
    quiet_hours: int
    reply_when_headers_truncated: bool
    ledger_table: str
    unanswered_queue_url: str

    @classmethod
    def read(cls) -> ReplyEnvironment:
        source = required("TEMPLATE_SOURCE")
        if source not in {PROJECT, SES}:
            raise ValueError(f"environment variable TEMPLATE_SOURCE is {source!r}; allowed are {PROJECT} and {SES}")
        return cls(
            template_name=required("TEMPLATE_NAME"),
            template_source=source,
            sender=optional("SENDER"),
            recipients=tuple(json.loads(required("RECIPIENTS"))),
            configuration_set=optional("CONFIGURATION_SET"),
            quiet_hours=whole_number("QUIET_HOURS", minimum=1),
            reply_when_headers_truncated=flag("REPLY_WHEN_HEADERS_TRUNCATED"),
            ledger_table=required("LEDGER_TABLE"),
            unanswered_queue_url=required("UNANSWERED_QUEUE_URL"),
        )
