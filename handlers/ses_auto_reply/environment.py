"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable

PROJECT = "project"
SES = "ses"


@dataclass(frozen=True, kw_only=True)
class ReplyEnvironment(Environment):
    """template_source: `project` or `ses`. sender: empty = the address that a mail was sent to. recipients: addresses
    and domains (`.example.org`: its subdomains) that the receipt rule takes mail for; empty = all."""

    template_name: str
    template_source: str = variable(allowed=(PROJECT, SES))
    sender: str = variable(optional=True)
    recipients: tuple[str, ...] = variable(json=True)
    configuration_set: str = variable(optional=True)
    quiet_hours: int = variable(minimum=1)
    reply_when_headers_truncated: bool
    ledger_table: str
    unanswered_queue_url: str
