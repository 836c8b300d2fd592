"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class ForwarderEnvironment(Environment):
    """email_template_name: "" where the campaigns have none. campaign_prefixes: of the keys of files that start campaigns; none:
    every file does."""

    phone_validate_state_machine_arn: str
    campaign_create_state_machine_arn: str
    alert_topic_arn: str
    dead_letter_queue_url: str
    sms_template_name: str
    email_template_name: str = variable(optional=True)
    campaign_prefixes: tuple[str, ...] = variable(optional=True, json=True)
