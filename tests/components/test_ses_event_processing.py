"""Architecture 1: grants, environment, wiring, and identities that notify somebody else."""

from __future__ import annotations

import json

import pulumi
import pydantic
import pytest

from components.ses_event_processing import SesEventProcessing, SesEventProcessingArgs, SesEventProcessingConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, Recorder, record


def sqs(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sns(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def ses(platform="hosted", **config):
    def program():
        made = SesEventProcessing(
            "ses", SesEventProcessingArgs(SesEventProcessingConfig(enabled=True, **config), projects.project(platform))
        )
        return {"status": made.recipient_status_topic_arn, "notifications": made.notification_topic_arn}

    return record(program)


SUPPRESSES = allow(["ses:PutSuppressedDestination"], "*")


def test_each_function_may_do_what_it_does_and_no_more():
    recorder = ses()
    assert projects.grants(recorder, "ses-suppressor") == [
        SUPPRESSES,
        allow(["sns:Publish"], sns("ses-recipient-status-topic")),
        *projects.PUBLISHES,
        *projects.CALLS_API,
        allow(["sqs:SendMessage"], sqs("ses-notifications-dead-letters")),
    ]
    actions = ["ses:ListIdentities", "ses:GetIdentityNotificationAttributes", "ses:SetIdentityNotificationTopic"]
    assert projects.grants(recorder, "ses-identities") == [allow(actions, "*")]


def test_the_functions_get_exactly_the_variables_that_they_read():
    recorder = ses()
    assert projects.environment(recorder, "ses-suppressor") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("ses_event_processing", "NotificationEnvironment"),
        *projects.read_by("suppression", "SuppressionEnvironment"),
    }
    assert projects.environment(recorder, "ses-identities") == set()


def test_without_opt_out_the_project_is_not_touched():
    recorder = ses(opt_out_endpoints=False)
    assert projects.CALLS_API[0] not in projects.grants(recorder, "ses-suppressor")
    assert "APPLICATION_ID" not in projects.environment(recorder, "ses-suppressor")


def test_ses_may_publish_and_the_topic_reaches_the_queue_before_identities_are_told():
    recorder = ses(identities=("example.org",))
    statements = json.loads(recorder.one("TopicPolicy", "ses-notifications").inputs["policy"])["Statement"]
    assert [found["Principal"] for found in statements if found["Effect"] == "Allow"] == [
        {"Service": "ses.amazonaws.com"}
    ]
    subscription = recorder.one("TopicSubscription").inputs
    assert (subscription["topic"], subscription["endpoint"]) == (
        sns("ses-notifications-topic"),
        sqs("ses-notifications-queue"),
    )
    invocation = recorder.one("Invocation").inputs
    assert json.loads(invocation["input"]) == {
        "Identities": ["example.org"],
        "OverwriteExisting": False,
        "TopicArn": sns("ses-notifications-topic"),
    }
    assert invocation["lifecycleScope"] == "CRUD"
    assert recorder.outputs == {
        "status": sns("ses-recipient-status-topic"),
        "notifications": sns("ses-notifications-topic"),
    }


@pytest.mark.parametrize("identities", ["some", [], [""], ["a.org", 5]])
def test_identities_are_all_or_a_list(identities):
    with pytest.raises(pydantic.ValidationError):
        SesEventProcessingConfig.model_validate_json(json.dumps({"identities": identities}))


def test_identities_that_notify_another_topic_are_an_output_and_a_warning(monkeypatch):
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    monkeypatch.setattr(Recorder, "invoked", {"LeftAlone": ["a.example", "b.example"]})

    def program():
        config = SesEventProcessingConfig(enabled=True)
        made = SesEventProcessing("ses", SesEventProcessingArgs(config, projects.project()))
        return {"leftAlone": made.identities_left_alone}

    assert record(program).outputs == {"leftAlone": ["a.example", "b.example"]}
    [message] = warned
    assert "2 of SES's identities notify another topic already and are left alone: a.example, b.example" in message
    assert "engagement:sesEventProcessing.overwriteExisting: true" in message
