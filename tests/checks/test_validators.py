"""Each validator must reject what is known to be bad, and accept what is known to be good."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.checks.validators import asl_problems, iam_problems, statelint_problems

GOOD_MACHINE: dict[str, Any] = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:work", "Payload.$": "$"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def bad_machines() -> dict[str, dict[str, Any]]:
    nowhere, typo, bad_choice = (copy.deepcopy(GOOD_MACHINE) for _ in range(3))
    nowhere["States"]["Work"]["Next"] = "Nowhere"
    typo["States"]["Work"]["Type"] = "Tusk"
    bad_choice["States"]["Work"] = {"Type": "Choice", "Default": "Done"}
    return {"a Next that leads nowhere": nowhere, "a type that is none": typo, "a choice without choices": bad_choice}


def identity_policy(action: str = "s3:GetObject", **changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": [action], "Resource": ["arn:aws:s3:::bucket/*"], **changes}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust_policy(action: str = "sts:AssumeRole") -> dict[str, Any]:
    principal = {"Service": "lambda.amazonaws.com"}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]}


@pytest.mark.parametrize("validate", [statelint_problems, asl_problems])
def test_a_good_state_machine_passes(validate: Any) -> None:
    assert validate(GOOD_MACHINE) == []


@pytest.mark.parametrize("validate", [statelint_problems, asl_problems])
@pytest.mark.parametrize("fault", bad_machines())
def test_a_bad_state_machine_is_rejected(validate: Any, fault: str) -> None:
    assert validate(bad_machines()[fault])


@pytest.mark.parametrize("validate", [statelint_problems, asl_problems])
def test_an_empty_definition_is_rejected(validate: Any) -> None:
    assert validate({})


@pytest.mark.parametrize("document", [identity_policy(), trust_policy()])
def test_a_good_iam_document_passes(document: dict[str, Any]) -> None:
    assert iam_problems(document) == []


@pytest.mark.parametrize(
    "document",
    [
        identity_policy("s3:GetObjct"),
        identity_policy("s4:GetObject"),
        identity_policy(Resource=["arn:aws:sqs:us-east-1:123456789012:queue"]),
        identity_policy("states:DescribeExecution"),
        identity_policy(Effect="Permit"),
        identity_policy(Resource=[]),
        identity_policy(Condtion={}),
        identity_policy(Condition={"StringEquals": {"s3:noSuchKey": "x"}}),
        {"Statement": identity_policy()["Statement"]},
        {"Version": "2012-10-17", "Statement": []},
        trust_policy("sts:AssumeRoll"),
    ],
    ids=lambda document: str(document)[:80],
)
def test_a_bad_iam_document_is_rejected(document: dict[str, Any]) -> None:
    assert iam_problems(document)
