"""Every state machine definition of the project passes both outside validators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from components import campaign_create, phone_number_validate, s3_triggered_import
from components.engagement import hosted_state_machines
from components.engagement.suppression_drop import suppression_definition
from components.federated_queries.definition import segmentation_definition
from tests.checks.validators import asl_problems, statelint_problems

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
TOPIC = "arn:aws:sns:us-east-1:123456789012:status"
POLLING = {"poll_seconds": 10, "max_polls": 100}

DEFINITIONS: dict[str, Mapping[str, Any]] = {
    "hosted import": hosted_state_machines.import_definition(FUNCTION, 16),
    "hosted export": hosted_state_machines.export_definition(FUNCTION, 16),
    "hosted deletion": hosted_state_machines.deletion_definition(FUNCTION),
    "hosted campaign": hosted_state_machines.campaign_definition(FUNCTION, 16),
    "s3TriggeredImport": s3_triggered_import.import_definition(FUNCTION, TOPIC, **POLLING),
    "suppression drop": suppression_definition(FUNCTION, TOPIC),
    "phoneNumberValidate": phone_number_validate.validate_definition(FUNCTION, TOPIC, max_chunks=4, **POLLING),
    "federatedSegmentation": segmentation_definition(
        FUNCTION, TOPIC, "workgroup", database="lake", max_query_polls=100, max_chunks=4, **POLLING
    ),
    "campaignCreate": campaign_create.campaign_definition(FUNCTION, TOPIC, **POLLING),
}


@pytest.mark.parametrize("validate", [statelint_problems, asl_problems])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_passes(validate: Any, name: str) -> None:
    assert validate(DEFINITIONS[name]) == []


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_task_is_retried_and_every_call_of_a_function_has_a_timeout(name: str) -> None:
    tasks = [(state, body) for state, body in _states(DEFINITIONS[name]) if body["Type"] == "Task"]
    assert tasks
    assert [state for state, body in tasks if not body.get("Retry")] == []
    calls = [(state, body) for state, body in tasks if body["Resource"].endswith(":lambda:invoke")]
    assert [state for state, body in calls if not body.get("TimeoutSeconds")] == []


def _states(definition: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, body in definition["States"].items():
        found.append((name, body))
        for inner in [body.get("ItemProcessor"), *body.get("Branches", [])]:
            if inner:
                found += _states(inner)
    return found
