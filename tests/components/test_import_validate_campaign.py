from __future__ import annotations

import json

import pytest

from components.import_validate_campaign import (
    ImportValidateCampaign,
    ImportValidateCampaignArgs,
    ImportValidateCampaignConfig,
)
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "import-validate-campaign"
TOPICS = {name: f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("imports", "validations", "campaigns")}
MACHINES = {name: f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}" for name in ("validate", "campaign")}


@pytest.fixture(scope="module")
def recorder():
    def program():
        component = ImportValidateCampaign(
            NAME,
            ImportValidateCampaignArgs(
                config=ImportValidateCampaignConfig(
                    enabled=True, sms_template_name="welcome", campaign_prefixes=("import/campaigns/",)
                ),
                project=projects.project(),
                import_status_topic_arn=TOPICS["imports"],
                phone_validate_state_machine_arn=MACHINES["validate"],
                phone_validate_notification_topic_arn=TOPICS["validations"],
                campaign_create_state_machine_arn=MACHINES["campaign"],
                campaign_notification_topic_arn=TOPICS["campaigns"],
            ),
        )
        return {"alerts": component.alert_topic_arn}

    return record(program)


def test_successes_are_forwarded_and_failures_of_all_three_too(recorder):
    subscribed = {
        found.inputs["topic"]: json.loads(found.inputs["filterPolicy"]) for found in recorder.of("TopicSubscription")
    }
    assert subscribed == {
        TOPICS["imports"]: {"notification_type": ["success", "failure"]},
        TOPICS["validations"]: {"notification_type": ["success", "failure"]},
        TOPICS["campaigns"]: {"notification_type": ["failure"]},
    }


def test_the_forwarder_may_start_the_two_machines_and_alert_and_no_more(recorder):
    assert projects.grants(recorder, f"{NAME}-forwarder") == [
        allow(["states:StartExecution"], [MACHINES["validate"], MACHINES["campaign"]]),
        allow(["sns:Publish"], projects.ALERTS),
        *projects.PUBLISHES,
        allow(["sqs:SendMessage"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-notifications-dead-letters"),
    ]


def test_only_the_three_topics_may_send_to_the_queue(recorder):
    (policy,) = [found for found in recorder.of("QueuePolicy") if "dead" not in found.name]
    senders = [
        statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert senders == list(TOPICS.values())


def test_the_function_gets_exactly_the_variables_that_it_reads(recorder):
    assert projects.environment(recorder, f"{NAME}-forwarder") == projects.read_by(
        "import_validate_campaign", "ForwarderEnvironment"
    )


def test_failures_arrive_at_the_projects_alert_topic(recorder):
    assert recorder.outputs == {"alerts": projects.ALERTS}


def test_a_chain_without_an_sms_template_is_refused_where_it_is_enabled():
    assert ImportValidateCampaignConfig().sms_template_name is None
    with pytest.raises(ValueError, match="smsTemplateName is missing"):
        ImportValidateCampaignConfig(enabled=True)


def forwarder_variables(**config):
    def program():
        ImportValidateCampaign(
            NAME,
            ImportValidateCampaignArgs(
                config=ImportValidateCampaignConfig(enabled=True, sms_template_name="welcome", **config),
                project=projects.project(),
                import_status_topic_arn=TOPICS["imports"],
                phone_validate_state_machine_arn=MACHINES["validate"],
                phone_validate_notification_topic_arn=TOPICS["validations"],
                campaign_create_state_machine_arn=MACHINES["campaign"],
                campaign_notification_topic_arn=TOPICS["campaigns"],
            ),
        )

    return record(program).one("Function", "forwarder").inputs["environment"]["variables"]


def test_campaign_prefixes_reach_the_forwarder_and_none_changes_nothing():
    prefixes = ("import/campaigns/", "import/a, b/")
    assert json.loads(forwarder_variables(campaign_prefixes=prefixes)["CAMPAIGN_PREFIXES"]) == list(prefixes)
    assert "CAMPAIGN_PREFIXES" not in forwarder_variables()


@pytest.mark.parametrize("prefix", ["", "/import/", "import/*", "im?ort/"])
def test_a_campaign_prefix_is_a_plain_prefix_of_keys(prefix):
    with pytest.raises(ValueError, match=r"campaign_?[pP]refixes"):
        ImportValidateCampaignConfig(enabled=True, sms_template_name="welcome", campaign_prefixes=(prefix,))
