"""Forwards notifications: an import's success to phone validation, a validation's success to a campaign, and failures
to the alert topic. The same notification twice starts one run. An import of a file that starts no campaign is followed
by nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.import_validate_campaign.environment import ForwarderEnvironment
from handlers.import_validate_campaign.notification import Alert, Campaign, PhoneValidation, parse
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger
from handlers.shared.queues import work_off
from handlers.shared.state_machines import start_once

_LONGEST_SUBJECT = 100
_environment = cache(ForwarderEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch of SNS envelopes -> partial batch response."""
    return work_off(event, context, _forward, _environment().dead_letter_queue_url)


def _forward(body: str) -> None:
    environment = _environment()
    match parse(body, environment.campaign_prefixes):
        case PhoneValidation(run_input, name):
            start_once(environment.phone_validate_state_machine_arn, name, run_input)
        case Campaign() as campaign:
            start_once(environment.campaign_create_state_machine_arn, campaign.execution_name, _input(campaign))
        case Alert(subject, message):
            _alert(environment.alert_topic_arn, subject, message)
        case None:
            logger.info(
                "an import whose file starts no campaign, or a validation without an import, is followed by nothing"
            )


def _input(campaign: Campaign) -> dict[str, str]:
    environment = _environment()
    run_input = {
        "SegmentId": campaign.segment_id,
        "SegmentName": campaign.segment_name,
        "SmsTemplateName": environment.sms_template_name,
    }
    if environment.email_template_name:
        run_input["EmailTemplateName"] = environment.email_template_name
    return run_input


def _alert(topic_arn: str, subject: str, message: str) -> None:
    aws_client("sns").publish(
        TopicArn=topic_arn,
        Subject=subject[:_LONGEST_SUBJECT],
        Message=message,
        MessageAttributes={"notification_type": {"DataType": "String", "StringValue": "failure"}},
    )
    logger.warning("failure passed on to the alert topic")
