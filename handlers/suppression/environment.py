"""What the suppression core is told by the components that use it."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class SuppressionEnvironment:
    """status_topic_arn: where each suppressed recipient is announced. application_id: whose endpoints are opted out;
    "" where no project is wired in."""

    status_topic_arn: str
    application_id: str

    @classmethod
    def read(cls) -> SuppressionEnvironment:
        return cls(status_topic_arn=required("RECIPIENT_STATUS_TOPIC_ARN"), application_id=optional("APPLICATION_ID"))
