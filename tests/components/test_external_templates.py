"""Architecture 15: what the hook may read for it, and its config."""

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
from tests.recorder import record

BUCKET = "arn:aws:s3:::et-templates-bucket"


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


READS_TEMPLATES = [
    allow(["s3:GetObject"], f"{BUCKET}/templates/*"),
    allow(["s3:ListBucket"], BUCKET, StringLike={"s3:prefix": "templates/*"}),
]


def test_the_hook_may_read_templates_and_the_campaigns_name():
    assert projects.grants(hook(templates={}), "hook") == [*READS_TEMPLATES, *projects.CALLS_API]
    assert projects.grants(hook(templates={"template": "news"}), "hook") == READS_TEMPLATES


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"prefix": "/templates"}, "end in /"),
        ({"prefix": "templates"}, "end in /"),
        ({"template": "a/b"}, "pattern"),
        ({"defaultLanguage": "DE"}, "pattern"),
        ({"languageField": "Address"}, "pattern"),
        ({"defaultHtml": "x" * 1001}, "1000"),
    ],
)
def test_config_is_checked(config, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        ExternalTemplatesConfig.model_validate_json(json.dumps(config))
