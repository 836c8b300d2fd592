"""What the stacks register passes the outside validators: every IAM document and every state machine, as deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.checks.validators import asl_problems, iam_problems, statelint_problems
from tests.recorder import Recorder, Resource

DOCUMENTS = ("policy", "assumeRolePolicy")


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
