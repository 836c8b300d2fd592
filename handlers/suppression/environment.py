"""What the suppression core is told by the components that use it."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class SuppressionEnvironment(Environment):
    """status_topic_arn: where each suppressed recipient is announced. application_id: whose endpoints are opted out;
    "" where no project is wired in."""

    status_topic_arn: str = variable("RECIPIENT_STATUS_TOPIC_ARN")
    application_id: str = variable(optional=True)
