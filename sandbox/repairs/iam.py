"""Mends which right MiniStack asks for: AWS has none for the batch calls of SNS and SQS but that of the single call."""
# pyright: reportMissingImports=false

from typing import Any

from ministack.core import iam_actions

SINGLE = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    """Replaces the name of the right, wherever a request is judged."""
    inner = iam_actions.extract_iam_action

    def extract(*request: Any) -> str | None:
        action = inner(*request)
        return SINGLE.get(action, action) if action else action

    iam_actions.extract_iam_action = extract
