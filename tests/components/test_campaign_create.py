from __future__ import annotations

import json

import pydantic
import pytest

from components.campaign_create import CampaignCreate, CampaignCreateArgs, CampaignCreateConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "campaign-create"


def built(platform="hosted", **config):
    def program():
        given = CampaignCreateConfig.model_validate({"enabled": True, **config})
        component = CampaignCreate(NAME, CampaignCreateArgs(given, projects.project(platform)))
        return {
            "machine": component.campaign_create_state_machine_arn,
            "topic": component.campaign_notification_topic_arn,
        }

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def test_each_role_may_do_what_it_does_and_no_more(recorder):
    assert projects.grants(recorder, f"{NAME}-tasks") == projects.CALLS_API
    assert projects.grants(recorder, NAME) == [
        allow(["lambda:InvokeFunction"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-tasks-function"),
        allow(["sns:Publish"], f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications-topic"),
        *projects.PUBLISHES,
    ]


def test_on_pinpoint_the_tasks_may_create_and_read_campaigns():
    actions = {
        action for statement in projects.grants(built("pinpoint"), f"{NAME}-tasks") for action in statement["Action"]
    }
    assert actions == {
        "mobiletargeting:CreateCampaign",
        "mobiletargeting:GetCampaign",
        "mobiletargeting:GetCampaignActivities",
        "mobiletargeting:GetCampaigns",
    }


def test_the_function_gets_exactly_the_variables_that_it_reads(recorder):
    assert projects.environment(recorder, f"{NAME}-tasks") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("campaign_create", "CampaignEnvironment"),
    }


@pytest.mark.parametrize(("config", "passed"), [({}, ""), ({"messagesPerSecond": 3}, "3")])
def test_the_limit_of_messages_a_second_is_passed_on(config, passed):
    variables = built(**config).one("Function", f"{NAME}-tasks-function").inputs["environment"]["variables"]
    assert variables["MESSAGES_PER_SECOND"] == passed


@pytest.mark.parametrize("limit", [0, -1, 20_001, 2.5, "many"])
def test_a_limit_that_no_campaign_can_have_is_refused(limit):
    with pytest.raises(pydantic.ValidationError, match="messagesPerSecond"):
        CampaignCreateConfig.model_validate({"enabled": True, "messagesPerSecond": limit})


def test_the_outputs_are_the_contracts(recorder):
    assert recorder.outputs == {
        "machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-machine",
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications-topic",
    }


def test_the_state_machine_is_valid_and_publishes_the_contracts_messages(recorder, tmp_path):
    definition = recorder.one("StateMachine", f"{NAME}-machine").inputs["definition"]
    assert projects.lint(definition, tmp_path) == ""
    states = json.loads(definition)["States"]
    result = {"CampaignCreateOutput.$": "$.Run.Payload.Result", "CampaignCreateInput.$": "$.Input"}
    for name, ending, notification_type in [
        ("NotifySucceeded", "Successful", "success"),
        ("NotifyFailed", "Failed", "failure"),
    ]:
        sent = states[name]["Parameters"]
        assert sent["Subject"] == f"Amazon Pinpoint Campaign Create {ending}"
        assert sent["Message"] == {"Message": f"Campaign Create {ending}", "CampaignCreateResult": result}
        attribute = sent["MessageAttributes"]["notification_type"]
        assert attribute == {"DataType": "String", "StringValue": notification_type}
