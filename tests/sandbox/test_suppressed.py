"""Who was suppressed by `engagement suppress add` gets nothing by any path, whoever knows them; who was not gets it by each."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from sandbox import inbound
from sandbox.demos import email as mail_demo
from tests.sandbox import campaigns
from tests.sandbox.engagement_command import engagement
from tests.sandbox.events import SECONDS
from tests.sandbox.test_files import HEADER
from tests.sandbox.test_sms_drop import SHORT_CODE, Drops

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("prompt_journeys")]

FREE, HELD = "free", "held"
NUMBERS = {FREE: "+12065550141", HELD: "+12065550142"}
CHANNELS = {"connectChannel": "VOICE", "whatsAppChannel": "WHATSAPP"}


class People:
    """One person who is on the lists and one who is not, with a number and an email address each."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox, self.tag = sandbox, f"lists{secrets.token_hex(3)}"
        self.client, self.application = sandbox.pinpoint, {"ApplicationId": sandbox.application_id}
        self.mails = {name: f"{self.tag}-{name}@example.org" for name in NUMBERS}

    def arrive(self) -> None:
        """Comes to the project, with templates to write to them by."""
        for name, number in NUMBERS.items():
            for channel, address in (("SMS", number), ("EMAIL", self.mails[name])):
                endpoint = {
                    "ChannelType": channel,
                    "Address": address,
                    "User": {"UserId": f"{self.tag}-{name}"},
                    "Attributes": {"lists": [self.tag]},
                }
                self.client.update_endpoint(
                    **self.application, EndpointId=f"{self.tag}-{name}-{channel}", EndpointRequest=endpoint
                )
        self.client.create_sms_template(TemplateName=self.tag, SMSTemplateRequest={"Body": f"template {self.tag}"})
        letter = {"Subject": self.tag, "TextPart": f"template {self.tag}"}
        self.client.create_email_template(TemplateName=self.tag, EmailTemplateRequest=letter)

    def segment(self) -> str:
        return campaigns.segment_of(self.sandbox, "lists", self.tag)

    def campaign(self, **content: Any) -> None:
        """Runs a campaign to its end."""
        campaigns.run(self.sandbox, self.segment(), seconds=2 * SECONDS, **content)

    def starts(self, kind: str) -> None:
        """An event starts a journey and a campaign."""
        type_of = {"EventType": {"DimensionType": "INCLUSIVE", "Values": [kind]}}
        filters = {"FilterType": "ENDPOINT", "Dimensions": type_of}
        journey = {
            "Name": self.tag,
            "State": "ACTIVE",
            "StartActivity": "text",
            "StartCondition": {"EventStartCondition": {"EventFilter": filters}},
            "Activities": {
                "text": {"SMS": {"TemplateName": self.tag, "NextActivity": "mail"}},
                "mail": {"EMAIL": {"TemplateName": self.tag}},
            },
        }
        self.client.create_journey(**self.application, WriteJourneyRequest=journey)
        campaigns.start(
            self.sandbox,
            self.segment(),
            Schedule={"Frequency": "EVENT", "StartTime": "IMMEDIATE", "EventFilter": filters},
            MessageConfiguration={"SMSMessage": {"Body": f"event {self.tag}", "MessageType": "TRANSACTIONAL"}},
        )
        happened = {"1": {"EventType": kind, "Timestamp": "2027-01-04T09:00:00Z"}}
        ids = [f"{self.tag}-{name}-{channel}" for name in NUMBERS for channel in ("SMS", "EMAIL")]
        batch = {identifier: {"Endpoint": {}, "Events": happened} for identifier in ids}
        self.client.put_events(**self.application, EventsRequest={"BatchItem": batch})

    def got(self, to: str, channel: str, text: str) -> int:
        """How many messages with a text somebody got."""
        found = self.sandbox.outbox()
        return sum(one["channel"] == channel and one["to"] == to and text in json.dumps(one) for one in found)


def test_who_is_suppressed_gets_nothing_by_any_path_and_who_is_not_gets_each(sandbox, tmp_path):
    people = People(sandbox)
    tag = people.tag
    listed = tmp_path / "listed.csv"
    listed.write_text(f"Address\n{NUMBERS[HELD]}\n{people.mails[HELD].upper()}\n", encoding="utf-8")
    engagement(sandbox, tmp_path, "suppress", "add", str(listed), "--by", "test")
    try:
        send_by_every_path(people)
    finally:
        engagement(sandbox, tmp_path, "suppress", "remove", str(listed), "--yes")
    wanted = {
        ("SMS", f"campaign {tag}"): 1,
        ("SMS", f"event {tag}"): 1,
        ("SMS", f"direct {tag}"): 2,
        ("SMS", f"file {tag}"): 1,
        ("SMS", f"template {tag}"): 1,
        ("SMS", f"Hello {tag}"): 1,
        ("VOICE", f"by connectChannel {tag}"): 1,
        ("WHATSAPP", f"by whatsAppChannel {tag}"): 1,
        ("EMAIL", f"campaign {tag}"): 1,
        ("EMAIL", f"direct {tag}"): 2,
        ("EMAIL", f"template {tag}"): 1,
        ("EMAIL", f"reply {tag}"): 1,
    }
    for name, times in ((FREE, 1), (HELD, 0)):
        addresses = {"EMAIL": people.mails[name]}
        found = {
            (channel, text): people.got(addresses.get(channel, NUMBERS[name]), channel, text)
            for channel, text in wanted
        }
        assert found == {path: number * times for path, number in wanted.items()}, name


def send_by_every_path(people: People) -> None:
    """All that writes to people, to both; returns when the one who is on no list has everything."""
    sandbox, tag = people.sandbox, people.tag
    people.arrive()
    people.starts(tag)
    mail = {"Title": f"campaign {tag}", "Body": f"campaign {tag}"}
    text = {"Body": f"campaign {tag}", "MessageType": "TRANSACTIONAL"}
    people.campaign(MessageConfiguration={"EmailMessage": mail, "SMSMessage": text})
    for key in CHANNELS:
        people.campaign(
            MessageConfiguration={"CustomMessage": {"Data": json.dumps({"Message": f"by {key} {tag}"})}},
            CustomDeliveryConfiguration={
                "DeliveryUri": sandbox.exports[f"{key}FunctionArn"],
                "EndpointTypes": ["SMS"],
            },
        )
    send_directly(people)
    answer(people)
    rows = "".join(f"{number},file {tag},{SHORT_CODE},TRANSACTIONAL\r\n" for number in NUMBERS.values())
    drops = Drops(sandbox)
    name = drops.put(f"sms_number,message,short_code,message_type\r\n{rows}".encode())
    assert sorted(result["status"] for result in drops.results(name)) == ["OPTED_OUT", "SENT"]
    for path in ("event", "template"):
        sandbox.wait(lambda path=path: people.got(NUMBERS[FREE], "SMS", f"{path} {tag}"), 2 * SECONDS)
    sandbox.wait(lambda: people.got(people.mails[FREE], "EMAIL", f"template {tag}"), SECONDS)
    for key, channel in CHANNELS.items():
        sandbox.wait(lambda key=key, channel=channel: people.got(NUMBERS[FREE], channel, f"by {key} {tag}"), SECONDS)
    # An endpoint that comes to have the address makes the one before inactive: last.
    sandbox.campaigned(sandbox.drop(HEADER + "".join(f"SMS,{NUMBERS[one]},{tag}-new-{one},{tag}\n" for one in NUMBERS)))


def send_directly(people: People) -> None:
    """SendMessages and SendUsersMessages, transactional."""
    text = {"Body": f"direct {people.tag}", "MessageType": "TRANSACTIONAL"}
    letter = {"Subject": {"Data": people.tag}, "TextPart": {"Data": f"direct {people.tag}"}}
    content = {"SMSMessage": text, "EmailMessage": {"SimpleEmail": letter}}
    addresses = {number: {"ChannelType": "SMS"} for number in NUMBERS.values()}
    addresses |= {address: {"ChannelType": "EMAIL"} for address in people.mails.values()}
    request = {"Addresses": addresses, "MessageConfiguration": content}
    people.client.send_messages(**people.application, MessageRequest=request)
    users = {f"{people.tag}-{name}": {} for name in NUMBERS}
    to_users = {"Users": users, "MessageConfiguration": content}
    people.client.send_users_messages(**people.application, SendUsersMessageRequest=to_users)


def answer(people: People) -> None:
    """Both write to an address that nobody reads; returns when both mails were handled."""
    sandbox = people.sandbox
    mail_demo.put_template(sandbox.pinpoint)
    mails = {}
    for name, address in people.mails.items():
        raw = f"From: {address}\r\nTo: {mail_demo.OURS}\r\nSubject: reply {people.tag}\r\n\r\nHello\r\n"
        mails[inbound.mail(sandbox.servers, raw.encode())["MessageId"]] = name
    mail_demo.Mailbox(sandbox.folder, sandbox.servers).became(mails)
