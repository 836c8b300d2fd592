"""A journey in the sandbox: people come in by the schedule, wait, are told apart, and get what their way says."""

from __future__ import annotations

import json

import pytest

from sandbox import servers
from sandbox.demos import clients
from sandbox.folder import Folder
from tests.sandbox import campaigns

pytestmark = pytest.mark.sandbox

GOLD, PLAIN, OUT, MAIL = "+12065550181", "+12065550182", "+12065550183", "mia@example.org"
ACTIVITIES = {
    "hello": {"SMS": {"TemplateName": "hello", "NextActivity": "letter"}},
    "letter": {"EMAIL": {"TemplateName": "letter", "NextActivity": "pause"}},
    "pause": {"Wait": {"WaitTime": {"WaitFor": "PT1S"}, "NextActivity": "gold"}},
    "gold": {
        "ConditionalSplit": {
            "Condition": {
                "Conditions": [
                    {
                        "SegmentDimensions": {
                            "Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}},
                        }
                    }
                ]
            },
            "TrueActivity": "thanks",
        }
    },
    "thanks": {"SMS": {"TemplateName": "thanks"}},
}


@pytest.fixture
def project(empty_sandbox):
    sandbox = empty_sandbox
    on = ("project.email.fromAddress=shop@example.com", "project.hosted.journeyStartDelayMinutes=0")
    sandbox.run("up", "foundation", *(part for each in on for part in ("-c", each)))
    sandbox.exports = json.loads(sandbox.run("outputs", "foundation").stdout)
    running = servers.running(Folder(sandbox.home))
    sandbox.aws = running.clients()
    sandbox.pinpoint = clients.engagement_client(running, sandbox.exports["endpointUrl"])
    sandbox.application_id = sandbox.exports["applicationId"]
    sandbox.queue = sandbox.aws("sqs").create_queue(QueueName="unused")["QueueUrl"]
    for name, body in {"hello": "Hello {{Attributes.Name}}", "thanks": "Thanks {{Attributes.Name}}"}.items():
        sandbox.pinpoint.create_sms_template(TemplateName=name, SMSTemplateRequest={"Body": body})
    letter = {"Subject": "For {{Attributes.Name}}", "TextPart": "A letter"}
    sandbox.pinpoint.create_email_template(TemplateName="letter", EmailTemplateRequest=letter)
    return sandbox


def endpoint(identifier, channel, address, name, plan="plain", **more):
    attributes = {"Trip": ["journey"], "Name": [name], "Plan": [plan]}
    return {"Id": identifier, "ChannelType": channel, "Address": address, "Attributes": attributes, **more}


def test_everybody_takes_the_way_that_is_theirs_and_gets_each_message_once(project):
    pinpoint, application = project.pinpoint, project.application_id
    people = [
        endpoint("gold", "SMS", GOLD, "Ann", "gold"),
        endpoint("plain", "SMS", PLAIN, "Ben"),
        endpoint("out", "SMS", OUT, "Cy", OptOut="ALL"),
        endpoint("mail", "EMAIL", MAIL, "Mia", "gold"),
    ]
    pinpoint.update_endpoints_batch(ApplicationId=application, EndpointBatchRequest={"Item": people})
    segment = campaigns.segment_of(project, "Trip", "journey")
    made = pinpoint.create_journey(
        ApplicationId=application,
        WriteJourneyRequest={
            "Name": "welcome",
            "State": "ACTIVE",
            "StartActivity": "hello",
            "StartCondition": {"SegmentStartCondition": {"SegmentId": segment}},
            "Activities": ACTIVITIES,
        },
    )["JourneyResponse"]
    assert made["State"] == "ACTIVE"

    def sent():
        mine = [found for found in project.outbox() if found["to"] in {GOLD, PLAIN, OUT, MAIL}]
        return sorted((found["channel"], found["to"], found["body"].strip()) for found in mine)

    def state():
        answer = pinpoint.get_journey(ApplicationId=application, JourneyId=made["Id"])
        return answer["JourneyResponse"]["State"]

    # The schedule calls the worker each minute: once to come in, once when the wait is over.
    project.wait(lambda: ("SMS", GOLD, "Thanks Ann") in sent(), 240)
    project.wait(lambda: state() == "COMPLETED", 120)
    assert sent() == [
        ("EMAIL", MAIL, "A letter"),
        ("SMS", GOLD, "Hello Ann"),
        ("SMS", GOLD, "Thanks Ann"),
        ("SMS", PLAIN, "Hello Ben"),
    ]
    metrics = pinpoint.get_journey_execution_metrics(ApplicationId=application, JourneyId=made["Id"])
    assert metrics["JourneyExecutionMetricsResponse"]["Metrics"]["ENDPOINT_ENTERED"] == "3"


def test_an_event_leads_into_a_journey_and_triggers_a_campaign_once(project):
    pinpoint, application = project.pinpoint, project.application_id
    filters = {
        "FilterType": "ENDPOINT",
        "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["bought"]}},
    }
    everybody = pinpoint.create_segment(ApplicationId=application, WriteSegmentRequest={"Name": "everybody"})
    journey = pinpoint.create_journey(
        ApplicationId=application,
        WriteJourneyRequest={
            "Name": "bought",
            "State": "ACTIVE",
            "StartActivity": "hello",
            "StartCondition": {"EventStartCondition": {"EventFilter": filters}},
            "Activities": {"hello": {"SMS": {"TemplateName": "hello"}}},
        },
    )["JourneyResponse"]["Id"]
    campaign = pinpoint.create_campaign(
        ApplicationId=application,
        WriteCampaignRequest={
            "Name": "bought",
            "SegmentId": everybody["SegmentResponse"]["Id"],
            "Schedule": {"Frequency": "EVENT", "StartTime": "IMMEDIATE", "EventFilter": filters},
            "MessageConfiguration": {"SMSMessage": {"Body": "Enjoy it, {{Attributes.Name}}"}},
        },
    )["CampaignResponse"]["Id"]
    new = {"ChannelType": "SMS", "Address": GOLD, "Attributes": {"Name": ["Ann"]}}
    events = {
        name: {"EventType": kind, "Timestamp": "2027-01-04T09:00:00Z"}
        for name, kind in {"1": "bought", "2": "looked", "3": ""}.items()
    }
    for _ in range(2):
        answer = pinpoint.put_events(
            ApplicationId=application, EventsRequest={"BatchItem": {"ann": {"Endpoint": new, "Events": events}}}
        )["EventsResponse"]["Results"]["ann"]
        statuses = {name: item["StatusCode"] for name, item in answer["EventsItemResponse"].items()}
        assert statuses == {"1": 202, "2": 202, "3": 400}

    def sent():
        return sorted(found["body"].strip() for found in project.outbox() if found["to"] == GOLD)

    def counted():
        (activity,) = pinpoint.get_campaign_activities(ApplicationId=application, CampaignId=campaign)[
            "ActivitiesResponse"
        ]["Item"]
        return activity["SuccessfulEndpointCount"]

    project.wait(lambda: sent() == ["Enjoy it, Ann", "Hello Ann"], 240)
    project.wait(lambda: counted() == 1, 60)
    metrics = pinpoint.get_journey_execution_metrics(ApplicationId=application, JourneyId=journey)
    assert metrics["JourneyExecutionMetricsResponse"]["Metrics"] == {"ENDPOINT_ENTERED": "1", "ENDPOINT_LEFT": "1"}


def test_what_does_not_run_is_refused_with_every_reason(project):
    with pytest.raises(project.pinpoint.exceptions.BadRequestException) as refused:
        project.pinpoint.create_journey(
            ApplicationId=project.application_id,
            WriteJourneyRequest={
                "Name": "bad",
                "State": "ACTIVE",
                "StartActivity": "hello",
                "StartCondition": {"SegmentStartCondition": {"SegmentId": "nobody"}},
                "Activities": {
                    "hello": {"SMS": {"TemplateName": "gone", "NextActivity": "nowhere"}},
                    "push": {"PUSH": {"TemplateName": "hello"}},
                },
            },
        )
    message = refused.value.response["Error"]["Message"]
    assert all(name in message for name in ("nobody", "gone", "nowhere", "PUSH"))
