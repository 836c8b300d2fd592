"""A campaign's endpoints are edited on their way: offers from DynamoDB, templates from S3, one hook that the project owns."""

from __future__ import annotations

import json
import secrets

import pytest

from sandbox import servers
from sandbox.demos import clients
from sandbox.folder import Folder
from tests.sandbox import campaigns

pytestmark = pytest.mark.sandbox

PEOPLE = 300
SENDER = "shop@example.org"
GREETINGS = {"en_US": ("en", "Hello"), "de": ("de", "Hallo"), "pt_BR": ("pt-br", "Olá")}
STACKS = ("foundation", "campaigns")
ON = ("-c", "sendTimeAttributes.enabled=true", "-c", "externalTemplates.enabled=true")
HOUSEKEEPING = (
    "-c",
    "sendTimeAttributes.table.retainData=false",
    "-c",
    "externalTemplates.bucket.new.retainData=false",
)


class Shop:
    """The two stacks with the hook, and the people that a campaign is for."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        sandbox.run("up", "foundation", "-c", f"project.email.fromAddress={SENDER}")
        sandbox.run("up", "campaigns", *ON, *HOUSEKEEPING)
        self.exports = {}
        for stack in STACKS:
            self.exports |= json.loads(sandbox.run("outputs", stack).stdout)
        running = servers.running(Folder(sandbox.home))
        self.aws = running.clients()
        self.pinpoint = clients.engagement_client(running, self.exports["endpointUrl"])
        self.application = self.exports["applicationId"]
        self.aws("ses").verify_email_identity(EmailAddress=SENDER)
        sandbox.queue = self.aws("sqs").create_queue(QueueName=f"unused-{secrets.token_hex(4)}")["QueueUrl"]
        sandbox.aws, sandbox.pinpoint, sandbox.application_id = self.aws, self.pinpoint, self.application

    def settings(self):
        answer = self.pinpoint.get_application_settings(ApplicationId=self.application)
        return answer["ApplicationSettingsResource"]

    def put_settings(self, **settings):
        self.pinpoint.update_application_settings(
            ApplicationId=self.application, WriteApplicationSettingsRequest=settings
        )

    def people(self, batch):
        """Endpoints in three languages; every tenth has no offer. Returns what each must read."""
        items, wanted = [], {}
        for n in range(PEOPLE):
            locale, (_, greeting) = list(GREETINGS.items())[n % len(GREETINGS)]
            identifier, address = f"{batch}-{n}", f"p{n}-{batch}@example.org"
            items.append(
                {
                    "Id": identifier,
                    "ChannelType": "EMAIL",
                    "Address": address,
                    "Attributes": {"Batch": [batch], "FirstName": [f"N{n}"]},
                    "Demographic": {"Locale": locale},
                }
            )
            offer = f"offer of {identifier}" if n % 10 else ""
            wanted[address] = (f"{greeting} N{n}", f"<html><p>{greeting} N{n}: {offer}</p></html>")
        for start in range(0, PEOPLE, 100):
            request = {"Item": items[start : start + 100]}
            self.pinpoint.update_endpoints_batch(ApplicationId=self.application, EndpointBatchRequest=request)
        return wanted

    def offers(self, batch):
        table = self.exports["sendTimeAttributesTableName"]
        puts = [
            {"PutRequest": {"Item": {"key": {"S": f"{batch}-{n}"}, "offer": {"S": f"offer of {batch}-{n}"}}}}
            for n in range(PEOPLE)
            if n % 10
        ]
        for start in range(0, len(puts), 25):
            self.aws("dynamodb").batch_write_item(RequestItems={table: puts[start : start + 25]})

    def templates(self, folder):
        for language, greeting in GREETINGS.values():
            for part, text in (
                ("subject.txt", f"{greeting} {{{{Attributes.FirstName}}}}"),
                ("body.html", f"<p>{greeting} {{{{Attributes.FirstName}}}}: {{{{Attributes.Offer}}}}</p>"),
            ):
                key = f"{self.exports['externalTemplatesPrefix']}{folder}/{language}/{part}"
                bucket = self.exports["externalTemplatesBucketName"]
                self.aws("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    def campaign(self, batch):
        """Runs a campaign named like the batch on its people; returns the activity when it has ended."""
        message = {"Title": "{{Attributes.subject}}", "HtmlBody": "<html>{{Attributes.html}}</html>"}
        segment = campaigns.segment_of(self.sandbox, "Batch", batch)
        return campaigns.run(self.sandbox, segment, Name=batch, MessageConfiguration={"EmailMessage": message})


def test_everybody_gets_his_own_offer_and_template_and_the_hook_comes_and_goes_with_its_stack(empty_sandbox):
    shop = Shop(empty_sandbox)
    limits = {"Daily": 0, "Total": 0, "MaximumDuration": 3600, "MessagesPerSecond": 5000}
    assert shop.settings()["CampaignHook"] == {
        "LambdaFunctionName": shop.exports["campaignHookFunctionArn"],
        "Mode": "FILTER",
    }

    batch = secrets.token_hex(4)
    wanted = shop.people(batch)
    shop.offers(batch)
    shop.templates(batch)
    activity = shop.campaign(batch)
    assert (activity["Result"], activity["SuccessfulEndpointCount"]) == ("SUCCESS", PEOPLE)
    sent = [(message["to"], (message["subject"], message["body"])) for message in empty_sandbox.outbox()]
    assert len(sent) == PEOPLE
    assert dict(sent) == wanted

    shop.put_settings(Limits=limits)
    empty_sandbox.run("up", "campaigns", *HOUSEKEEPING)
    settings = shop.settings()
    assert not settings.get("CampaignHook")
    assert settings["Limits"] == limits

    theirs = {"LambdaFunctionName": "theirs", "Mode": "FILTER"}
    shop.put_settings(CampaignHook=theirs)
    refused = empty_sandbox.run("up", "campaigns", *ON, *HOUSEKEEPING, check=False)
    assert refused.returncode
    assert "has the campaign hook theirs" in refused.stderr
    assert shop.settings()["CampaignHook"] == theirs
    empty_sandbox.run("down", "campaigns")
    assert shop.settings()["CampaignHook"] == theirs
