"""Mends how MiniStack judges a request: AWS has no right for the batch calls of SNS and SQS but that of the single call,
and its wildcards match line breaks too, which keys of S3 may hold. A simulation finds a role that has a path, and is held to
its permissions boundary."""
# pyright: reportMissingImports=false

import re
from functools import cache
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

SINGLE = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    """Replaces the name of the right and the meaning of wildcards, wherever a request is judged, and the simulation."""
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
    _mend_simulation()


def _mend_simulation() -> None:
    inner = iam._IAM_HANDLERS["SimulatePrincipalPolicy"]

    def simulate(parameters: dict[str, Any]) -> Any:
        before, role, path_and_name = iam._p(parameters, "PolicySourceArn").partition(":role/")
        if not role:
            return inner(parameters)
        name = path_and_name.rpartition("/")[2]
        actions, resource = iam._extract_simulate_params(parameters)
        account = get_account_id()
        if not all(_within_boundary(name, account, action, resource) for action in actions):
            name = ""  # whose policies are none: nothing is allowed
        return inner({**parameters, "PolicySourceArn": [f"{before}{role}{name}"]})

    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulate


def _within_boundary(role: str, account: str, action: str, resource: str) -> bool:
    boundary = iam_evaluator._permissions_boundary(iam._roles, role, account)
    if not boundary:
        return True
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/simulated",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    return iam_evaluator.evaluate(context, boundary[0]).decision == "Allow"
