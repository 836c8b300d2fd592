"""Mends how MiniStack judges a request: AWS has no right for the batch calls of SNS and SQS but that of the single call,
and its wildcards match line breaks too, which keys of S3 may hold."""
# pyright: reportMissingImports=false

import re
from functools import cache
from typing import Any

from ministack.core import iam_actions, iam_evaluator

SINGLE = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    """Replaces the name of the right and the meaning of wildcards, wherever a request is judged."""
    inner = iam_actions.extract_iam_action
    compiled = iam_evaluator._fnmatch_compile

    def extract(*request: Any) -> str | None:
        action = inner(*request)
        return SINGLE.get(action, action) if action else action

    @cache
    def compile_over_lines(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        made = compiled(pattern, ignore_case)
        return re.compile(made.pattern, made.flags | re.DOTALL)

    iam_actions.extract_iam_action = extract
    iam_evaluator._fnmatch_compile = compile_over_lines
