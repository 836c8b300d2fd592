"""The project's one campaign hook, which architectures 14 and 15 share: grants, environment, wiring, conflicts."""

from __future__ import annotations

import json
import zipfile

import pytest

from components.config import ConfigError
from components.engagement import hooks
from components.engagement.filter_hook import FilterHook, FilterHookArgs
from components.engagement.hooks import CampaignHookConfig
from components.external_templates import ExternalTemplates, ExternalTemplatesArgs, ExternalTemplatesConfig
from components.send_time_attributes import SendTimeAttributes, SendTimeAttributesArgs, SendTimeAttributesConfig
from stacks import campaigns
from tests.components import projects
from tests.conftest import run_stack, whole_config
from tests.recorder import ACCOUNT, REGION, record


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


def test_both_are_one_function_and_one_registration_and_attributes_come_before_templates():
    recorder = hook(attributes={}, templates={})
    function = recorder.one("Function", "hook-function").inputs
    assert function["environment"]["variables"]["FILTERS"] == "send_time_attributes,external_templates"
    assert function["timeout"] == 15
    assert len(recorder.of("Invocation")) == 1
    assert json.loads(recorder.one("Invocation").inputs["input"]) == {
        "FunctionArn": recorder.one("Function", "hook-function").outputs["arn"],
        "Mode": "FILTER",
    }


def test_the_functions_get_exactly_the_variables_that_they_read():
    recorder = hook(attributes={"function": None}, templates={})
    read = {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("campaign_hook", "HookEnvironment"),
        *projects.read_by("send_time_attributes", "AttributesEnvironment"),
        *projects.read_by("external_templates", "TemplatesEnvironment"),
    }
    assert projects.environment(recorder, "hook") == read - {"ATTRIBUTES_FUNCTION"}
    function = hook(attributes={"function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:offers"})
    assert {"ATTRIBUTES_FUNCTION"} == projects.environment(function, "hook") & {
        "ATTRIBUTES_FUNCTION",
        "ATTRIBUTES_TABLE",
    }
    assert projects.environment(recorder, "hook-registration") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("campaign_hook", "RegistrationEnvironment"),
    }


def test_the_archive_has_the_filters_that_are_on_and_no_other():
    def modules(recorder):
        with zipfile.ZipFile(recorder.one("Function", "hook-function").inputs["code"]) as archive:
            return set(archive.namelist())

    assert "handlers/send_time_attributes/filter.py" in modules(hook(attributes={}))
    assert "handlers/external_templates/filter.py" not in modules(hook(attributes={}))
    both = modules(hook(attributes={}, templates={}))
    assert {"handlers/external_templates/filter.py", "handlers/shared/templates/renderer.py"} <= both


def test_on_the_hosted_platform_only_the_roles_that_send_campaigns_may_call_the_hook():
    permissions = [found.inputs for found in hook(attributes={}).of("Permission")]
    assert {found["principal"] for found in permissions} == {projects.CAMPAIGN_ROLE, projects.JOURNEYS_ROLE}
    assert {found["action"] for found in permissions} == {"lambda:InvokeFunction"}


def test_on_pinpoint_only_this_projects_campaigns_may_call_the_hook():
    permissions = [found.inputs for found in hook("pinpoint", attributes={}).of("Permission")]
    assert {found["principal"] for found in permissions} == {f"pinpoint.{REGION}.amazonaws.com"}
    assert {found["sourceAccount"] for found in permissions} == {ACCOUNT}
    assert {found["sourceArn"] for found in permissions} == {
        f"{projects.APP}/campaigns/*",
        f"{projects.APP.replace(':apps/', ':/apps/')}/campaigns/*",
    }


def test_a_hook_that_is_not_registered_may_be_called_and_is_nobodys_default():
    recorder = hook(attributes={}, registered=False)
    assert recorder.of("Permission")
    assert not recorder.of("Invocation")


def test_look_ups_in_trouble_alarm_somebody():
    alarms = [found.inputs for found in hook(attributes={}, templates={}).of("MetricAlarm")]
    # Mocked registrations end in any order.
    assert sorted((found["metricName"], found["dimensions"]["service"]) for found in alarms) == [
        ("Trouble", "externalTemplates"),
        ("Trouble", "sendTimeAttributes"),
    ]
    assert {found["dimensions"]["application"] for found in alarms} == {projects.APPLICATION}
    assert all(found["alarmActions"] == [projects.ALERTS] for found in alarms)


def test_filters_do_not_conflict_and_a_delivery_beside_them_is_told_with_both_names():
    assert hooks.conflicts({"sendTimeAttributes": "FILTER", "externalTemplates": "FILTER"}) == []
    assert hooks.conflicts({"connectChannel": "DELIVERY"}) == []
    problems = hooks.conflicts(
        {"sendTimeAttributes": "FILTER", "externalTemplates": "FILTER", "connectChannel": "DELIVERY"}
    )
    assert [
        ("connectChannel" in text, "sendTimeAttributes" in text, "externalTemplates" in text) for text in problems
    ] == [
        (True, False, True),
        (True, True, False),
    ]
    assert len(hooks.conflicts({"connectChannel": "DELIVERY", "otherChannel": "DELIVERY"})) == 1


@pytest.mark.parametrize("stack", ["campaigns", "everything"])
def test_a_conflict_is_told_before_anything_is_registered(stack, monkeypatch):
    monkeypatch.setitem(campaigns.FILTERS, "campaignCreate", "DELIVERY")
    registered: list = []
    with pytest.raises(ConfigError, match=r"engagement:campaignCreate.enabled: true, and so is that of externalTempl"):
        record(
            lambda: __import__(f"stacks.{stack}", fromlist=["program"]).program(""),
            resources=registered,
            config=whole_config(stack),
        )
    assert registered == []


def test_each_can_be_off_without_the_other(all_stacks):
    for on, off in (("sendTimeAttributes", "externalTemplates"), ("externalTemplates", "sendTimeAttributes")):
        config = whole_config("campaigns") | {off: {"enabled": False}}
        built = run_stack("campaigns", config, {"foundation": all_stacks["foundation"].outputs})
        outputs = [name for name in built.outputs if name.startswith((on, "campaignHook"))]
        assert "campaignHookFunctionArn" in outputs and len(outputs) > 1
        assert not [name for name in built.outputs if name.startswith(off)]
