"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class ForwarderEnvironment:
    """email_template_name: "" where the campaigns have none."""

    phone_validate_state_machine_arn: str
    campaign_create_state_machine_arn: str
    alert_topic_arn: str
    dead_letter_queue_url: str
    sms_template_name: str
    email_template_name: str

    @classmethod
    def read(cls) -> ForwarderEnvironment:
        return cls(
            phone_validate_state_machine_arn=required("PHONE_VALIDATE_STATE_MACHINE_ARN"),
            campaign_create_state_machine_arn=required("CAMPAIGN_CREATE_STATE_MACHINE_ARN"),
            alert_topic_arn=required("ALERT_TOPIC_ARN"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
            sms_template_name=required("SMS_TEMPLATE_NAME"),
            email_template_name=optional("EMAIL_TEMPLATE_NAME"),
        )
