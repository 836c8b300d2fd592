"""Push in the sandbox, by each function's own rights: a direct message, a campaign and a journey reach devices, and tokens follow."""

from __future__ import annotations

import json

import pytest

from sandbox import servers
from sandbox.demos import clients
from sandbox.folder import Folder
from sandbox.loopback import post
from tests.sandbox import campaigns

pytestmark = pytest.mark.sandbox

APPLICATION = "ab" * 16
TEMPLATE = {"Default": {"Title": "For {{Attributes.Name}}", "Body": "News"}}


@pytest.fixture
def project(empty_sandbox):
    sandbox = empty_sandbox
    on = (f"project.push.applicationId={APPLICATION}", "project.hosted.journeyStartDelayMinutes=0")
    sandbox.run("up", "foundation", *(part for each in on for part in ("-c", each)))
    exports = json.loads(sandbox.run("outputs", "foundation").stdout)
    sandbox.servers = servers.running(Folder(sandbox.home))
    sandbox.pinpoint = clients.engagement_client(sandbox.servers, exports["endpointUrl"])
    sandbox.application_id = exports["applicationId"]
    sandbox.queue = sandbox.servers.clients()("sqs").create_queue(QueueName="unused")["QueueUrl"]
    sandbox.aws = sandbox.servers.clients()
    sandbox.pinpoint.create_push_template(TemplateName="news", PushNotificationTemplateRequest=TEMPLATE)
    return sandbox


def set_states(sandbox, states):
    post(f"{sandbox.servers.world}/_world/push", states)


def device(name, channel, token):
    return {"Id": name, "ChannelType": channel, "Address": token, "Attributes": {"Name": [name], "Kind": ["device"]}}


def pushed(sandbox, body):
    """Token -> title of the messages with a body."""
    found = [message for message in sandbox.outbox() if message["channel"] == "PUSH" and message["body"] == body]
    assert all(message["from"] == APPLICATION for message in found)
    return {message["to"]: message.get("subject", "") for message in found}


def test_devices_get_direct_messages_campaigns_and_journeys_and_their_tokens_follow(project):
    pinpoint, application = project.pinpoint, project.application_id
    devices = [device("ada", "GCM", "t-ada"), device("bob", "APNS", "t-bob"), device("eve", "ADM", "t-eve")]
    pinpoint.update_endpoints_batch(ApplicationId=application, EndpointBatchRequest={"Item": devices})
    set_states(project, {"t-bob": {"State": "updated", "Token": "t-bob2"}, "t-eve": {"State": "throttled", "Times": 1}})

    request = {
        "Addresses": {"t-ada": {"ChannelType": "GCM"}},
        "MessageConfiguration": {"GCMMessage": {"Body": "Direct"}},
    }
    answer = pinpoint.send_messages(ApplicationId=application, MessageRequest=request)["MessageResponse"]["Result"]
    assert answer["t-ada"]["DeliveryStatus"] == "SUCCESSFUL"
    assert pushed(project, "Direct") == {"t-ada": ""}

    segment = campaigns.segment_of(project, "Kind", "device")
    campaigns.run(project, segment, TemplateConfiguration={"PushTemplate": {"Name": "news"}})
    assert pushed(project, "News") == {"t-ada": "For ada", "t-bob": "For bob", "t-eve": "For eve"}
    moved = pinpoint.get_endpoint(ApplicationId=application, EndpointId="bob")["EndpointResponse"]
    assert (moved["Address"], moved["EndpointStatus"]) == ("t-bob2", "ACTIVE")

    set_states(project, {"t-ada": {"State": "unregistered"}})
    pinpoint.create_push_template(
        TemplateName="more", PushNotificationTemplateRequest={"Default": {"Title": "{{Id}}", "Body": "More"}}
    )
    journey = {
        "Name": "more",
        "State": "ACTIVE",
        "StartActivity": "push",
        "StartCondition": {"SegmentStartCondition": {"SegmentId": segment}},
        "Activities": {"push": {"PUSH": {"TemplateName": "more", "MessageConfig": {"TimeToLive": "60"}}}},
    }
    pinpoint.create_journey(ApplicationId=application, WriteJourneyRequest=journey)
    project.wait(lambda: len(pushed(project, "More")) == 2)
    assert pushed(project, "More") == {"t-bob2": "bob", "t-eve": "eve"}

    def retired():
        found = pinpoint.get_endpoint(ApplicationId=application, EndpointId="ada")["EndpointResponse"]
        return found["EndpointStatus"] == "INACTIVE"

    project.wait(retired)
