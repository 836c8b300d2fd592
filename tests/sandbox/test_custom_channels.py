"""A campaign reaches its people by Amazon Connect or WhatsApp: each once, and whom it did not reach is told."""

from __future__ import annotations

import json
import secrets

import pytest

from sandbox import servers
from sandbox.demos import clients
from sandbox.folder import Folder
from sandbox.loopback import post
from sandbox.world.sms_voice.events import FAILING
from tests.sandbox import campaigns

pytestmark = pytest.mark.sandbox

PEOPLE = 60
TEXT = "Hi {{Attributes.FirstName}}, your order is here"


class Crowd:
    """People of one run with a number each, all fictional; the first cannot be reached, the last has no telephone."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.name = f"crowd{secrets.token_hex(4)}"
        prefix = f"+1206{secrets.randbelow(800) + 200}"
        self.numbers = [FAILING, *(f"{prefix}{n:04}" for n in range(1, PEOPLE))]
        items = [self._item(n, "SMS", number) for n, number in enumerate(self.numbers)]
        items.append(self._item(PEOPLE, "EMAIL", f"{self.name}@example.org"))
        request = {"Item": items}
        sandbox.pinpoint.update_endpoints_batch(ApplicationId=sandbox.application_id, EndpointBatchRequest=request)

    def _item(self, number, channel, address):
        attributes = {"Crowd": [self.name], "FirstName": [f"N{number}"]}
        return {"Id": f"{self.name}-{number}", "ChannelType": channel, "Address": address, "Attributes": attributes}

    def campaign(self, function, channel_types):
        """Runs a campaign by a custom channel; returns its activity when it has ended."""
        return self.run(
            MessageConfiguration={"CustomMessage": {"Data": json.dumps({"Message": TEXT})}},
            CustomDeliveryConfiguration={"DeliveryUri": function, "EndpointTypes": channel_types},
        )

    def run(self, **content):
        """Runs a campaign with this content; returns its activity when it has ended."""
        return campaigns.run(self.sandbox, campaigns.segment_of(self.sandbox, "Crowd", self.name), **content)

    def reached(self, channel):
        """Number and text of everybody of these who was reached by a channel."""
        mine = set(self.numbers)
        return [
            (found["to"], found["body"])
            for found in self.sandbox.outbox()
            if found["channel"] == channel and found["to"] in mine
        ]

    @property
    def wanted(self):
        return sorted((to, f"Hi N{n}, your order is here") for n, to in enumerate(self.numbers) if to != FAILING)


def fail(sandbox, every, operation):
    post(f"{sandbox.servers.world}/_world/fail", {operation: every})


def waiting(sandbox, url):
    """How many messages of a queue wait or are in somebody's hands."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sandbox.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


@pytest.mark.parametrize(
    ("key", "channel", "operation", "told"),
    [
        ("connectChannel", "VOICE", "StartOutboundVoiceContact", "DestinationNotAllowedException"),
        ("whatsAppChannel", "WHATSAPP", "SendWhatsAppMessage", "InvalidParametersException"),
    ],
)
def test_each_is_reached_once_while_every_third_call_fails_and_a_refusal_is_told(
    sandbox, key, channel, operation, told
):
    crowd = Crowd(sandbox)
    fail(sandbox, 3, operation)
    try:
        activity = crowd.campaign(sandbox.exports[f"{key}FunctionArn"], ["SMS"])
        assert (activity["Result"], activity["SuccessfulEndpointCount"]) == ("SUCCESS", PEOPLE)
        sandbox.wait(lambda: len(crowd.reached(channel)) >= PEOPLE - 1, 120)
        sandbox.wait(lambda: waiting(sandbox, sandbox.exports[f"{key}QueueUrl"]) == 0)
    finally:
        fail(sandbox, 0, operation)
    assert sorted(crowd.reached(channel)) == crowd.wanted
    [refusal] = refusals(sandbox, sandbox.exports[f"{key}RefusedQueueUrl"], f"{crowd.name}-0")
    assert (refusal["Channel"], refusal["Status"]) == (key, "REFUSED")
    assert told in refusal["Reason"]
    assert FAILING not in json.dumps(refusal)
    assert waiting(sandbox, sandbox.exports[f"{key}DeadLetterQueueUrl"]) == 0


def test_a_channel_of_the_project_sends_every_campaigns_text_until_its_stack_goes(empty_sandbox):
    sandbox = empty_sandbox
    sandbox.run("up", "foundation", "-c", "project.email.fromAddress=shop@example.com")
    on = ("enabled=true", "registration=project", "retainData=false", "callsPerSecond=100")
    sandbox.run("up", "campaigns", *(part for each in on for part in ("-c", f"connectChannel.{each}")))
    outputs = {
        name: value
        for stack in ("foundation", "campaigns")
        for name, value in json.loads(sandbox.run("outputs", stack).stdout).items()
    }
    sandbox.aws = servers.running(Folder(sandbox.home)).clients()
    sandbox.queue = sandbox.aws("sqs").create_queue(QueueName="unused")["QueueUrl"]
    sandbox.pinpoint = clients.engagement_client(servers.running(Folder(sandbox.home)), outputs["endpointUrl"])
    sandbox.application_id = outputs["applicationId"]

    def hook():
        answer = sandbox.pinpoint.get_application_settings(ApplicationId=sandbox.application_id)
        return answer["ApplicationSettingsResource"].get("CampaignHook")

    assert hook() == {"LambdaFunctionName": outputs["connectChannelFunctionArn"], "Mode": "DELIVERY"}
    crowd = Crowd(sandbox)
    crowd.run(MessageConfiguration={"SMSMessage": {"Body": TEXT, "MessageType": "TRANSACTIONAL"}})
    sandbox.wait(lambda: waiting(sandbox, outputs["connectChannelQueueUrl"]) == 0)
    assert sorted(crowd.reached("VOICE")) == crowd.wanted
    assert not crowd.reached("SMS")
    sandbox.run("down", "campaigns")
    assert not hook()


def refusals(sandbox, url, endpoint):
    """What is told of an endpoint, until nothing more is."""
    found = []
    client = sandbox.aws("sqs")
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [told for told in found if told["EndpointId"] == endpoint]
