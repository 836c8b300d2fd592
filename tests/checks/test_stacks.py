"""What the stacks register passes the outside validators: every IAM document and every state machine, as deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.checks.iam_reference import document_problems, role_problems
from tests.checks.validators import asl_problems, iam_problems, statelint_problems
from tests.conftest import run_stack, whole_config
from tests.recorder import Recorder, Resource

DOCUMENTS = ("policy", "assumeRolePolicy")
NOT_NAMED = {
    # A reply goes out from the number that was written to, and names no configuration set.
    "self-managed-opt-outs-changer-role": [("sms-voice:SendTextMessage", "ConfigurationSet")],
}
"""Types of resources that the calls of a role never name, with the reason."""
SET = {"configurationSet": "own"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0abc"
BUCKET = {"existing": "theirs", "keyArn": KEY}
CATALOG = {
    "name": "shop",
    "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:shop",
    "spillBucket": "example-spill",
    "spillKeyArn": KEY,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "on Amazon Pinpoint": {"project": {"platform": "pinpoint", "email": {}, "events": {}, "push": {}, "sms": {}}},
    "texts from any identity": {"project": {"sms": SET}},
    "texts from a number": {"project": {"sms": {"originationIdentity": "+12065550100", **SET}}},
    "texts from a sender id": {"project": {"sms": {"originationIdentity": "MYSHOP", **SET}}},
    "email in SES's sandbox": {
        "project": {"email": {"fromAddress": "shop@example.com", "sesSandbox": True}},
        "sesAutoReply": {"sesSandbox": True, "sender": "shop@example.com"},
    },
    "templates of SES": {"sesAutoReply": {"templateSource": "ses", "sender": "shop@example.com"}},
    "federated sources alone": {"federatedSegmentation": {"databases": [], "catalogs": [CATALOG]}},
    "a reader of the stream on its own": {"eventBasedSegmentation": {"enhancedFanOut": True}},
    "a table and a catalog with keys": {
        "sendTimeAttributes": {"table": {"existing": "theirs", "keyArn": KEY}},
        "federatedSegmentation": {"catalogKeyArn": KEY},
    },
    "buckets with keys": {
        "eventDatabase": {"bucket": BUCKET, "retentionDays": None},
        "messageArchiver": {"bucket": BUCKET, "retentionDays": None},
        "externalTemplates": {"bucket": BUCKET},
        "s3TriggeredImport": {"bucket": BUCKET},
        "smsS3Drop": {"bucket": BUCKET},
    },
    "numbers set up": {"selfManagedOptOuts": {"phoneNumberIds": ["phone-01"]}},
}
"""Config of stack `everything` under which other statements are made, over what it has by itself."""


def test_every_iam_document_is_well_formed_and_its_actions_exist(all_stacks: dict[str, Recorder]) -> None:
    documents = [
        (stack, resource.name, key, json.loads(resource.inputs[key]))
        for stack, resource in _resources(all_stacks)
        for key in DOCUMENTS
        if isinstance(resource.inputs.get(key), str) and resource.inputs[key].lstrip().startswith("{")
    ]
    assert len(documents) > 20
    wrong = {(stack, name, key): iam_problems(document) for stack, name, key, document in documents}
    assert {place: problems for place, problems in wrong.items() if problems} == {}


def test_every_iam_statement_agrees_with_awss_reference(all_stacks: dict[str, Recorder]) -> None:
    found = {stack: reference_problems(recorder) for stack, recorder in all_stacks.items()}
    assert {stack: problems for stack, problems in found.items() if problems} == {}
    assert sum(len(grants_by_role(recorder)) for recorder in all_stacks.values()) > 80


@pytest.mark.parametrize("name", VARIANTS)
def test_what_other_config_grants_agrees_with_it_too(name: str) -> None:
    config = whole_config("everything")
    for key, changes in VARIANTS[name].items():
        config[key] = {**config[key], **changes}
    assert reference_problems(run_stack("everything", config)) == []


@pytest.mark.parametrize("validate", [statelint_problems, asl_problems])
def test_every_state_machine_is_valid_as_deployed(all_stacks: dict[str, Recorder], validate: Any) -> None:
    machines = [
        (stack, resource.name, json.loads(resource.inputs["definition"]))
        for stack, resource in _resources(all_stacks)
        if resource.type == "aws:sfn/stateMachine:StateMachine"
    ]
    assert machines
    wrong = {(stack, name): validate(definition) for stack, name, definition in machines}
    assert {place: problems for place, problems in wrong.items() if problems} == {}


def _resources(all_stacks: dict[str, Recorder]) -> Iterator[tuple[str, Resource]]:
    for stack, recorder in all_stacks.items():
        for resource in recorder.resources:
            yield stack, resource


def reference_problems(recorder: Recorder) -> list[str]:
    """What AWS's reference has against a stack's documents, roles and permissions of functions."""
    problems = [
        f"{resource.name}: {problem}"
        for resource in recorder.resources
        for key in DOCUMENTS
        if isinstance(resource.inputs.get(key), str)
        for problem in document_problems(json.loads(resource.inputs[key]))
    ]
    for role, statements in grants_by_role(recorder).items():
        not_named = NOT_NAMED.get(role, ())
        problems += [f"{role}: {problem}" for problem in role_problems(statements, not_named=not_named)]
    return problems


def grants_by_role(recorder: Recorder) -> dict[str, list[dict[str, Any]]]:
    """All statements of each role, of whichever of its policies."""
    found: dict[str, list[dict[str, Any]]] = {}
    for grants in recorder.of("RolePolicy"):
        found.setdefault(grants.inputs["role"], []).extend(json.loads(grants.inputs["policy"])["Statement"])
    return found
