"""Architecture 14: what the hook may read for it, and its config."""

from __future__ import annotations

import json

import pydantic
import pytest

from components.engagement.filter_hook import FilterHook, FilterHookArgs
from components.engagement.hooks import CampaignHookConfig
from components.external_templates import ExternalTemplates, ExternalTemplatesArgs, ExternalTemplatesConfig
from components.send_time_attributes import SendTimeAttributes, SendTimeAttributesArgs, SendTimeAttributesConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"


def hook(platform="hosted", *, attributes=None, templates=None, registered=True):
    """The hook with the filters whose config is given."""

    def program():
        project = projects.project(platform)
        filters = []
        if attributes is not None:
            config = SendTimeAttributesConfig.model_validate_json(json.dumps({"enabled": True, **attributes}))
            filters.append(SendTimeAttributes("sta", SendTimeAttributesArgs(config, project)).hook_filter)
        if templates is not None:
            config = ExternalTemplatesConfig.model_validate_json(json.dumps({"enabled": True, **templates}))
            filters.append(ExternalTemplates("et", ExternalTemplatesArgs(config, project)).hook_filter)
        made = FilterHook("hook", FilterHookArgs(CampaignHookConfig(registered=registered), project, filters))
        return {"arn": made.function_arn}

    return record(program)


def test_the_hook_may_read_its_table_and_no_more():
    assert projects.grants(hook(attributes={}), "hook") == [
        allow(["dynamodb:BatchGetItem", "dynamodb:GetItem"], f"{TABLE}/sta-table")
    ]
    existing = hook(attributes={"table": {"existing": "offers", "keyColumn": "customer"}})
    assert projects.grants(existing, "hook") == [
        allow(["dynamodb:BatchGetItem", "dynamodb:GetItem"], f"{TABLE}/offers")
    ]
    assert not existing.of("Table")


def test_a_function_of_ones_own_is_asked_instead_of_a_table():
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:offers"
    recorder = hook(attributes={"function": function})
    assert projects.grants(recorder, "hook") == [allow(["lambda:InvokeFunction"], function)]
    assert not recorder.of("Table")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"lookupKey": "Name"}, "pattern"),
        ({"attributes": []}, "at least 1"),
        ({"attributes": [{"attribute": "A", "column": "a"}] * 2}, "A is set twice"),
        ({"attributes": [{"attribute": "A", "column": "a", "default": "x" * 1600}]}, "1,500"),
        ({"seconds": 6}, "less than or equal to 5"),
        (
            {"function": "arn:aws:lambda:eu-west-1:123456789012:function:f", "table": {"existing": "offers"}},
            "both function and table.existing",
        ),
    ],
)
def test_config_is_checked(config, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        SendTimeAttributesConfig.model_validate_json(json.dumps(config))
