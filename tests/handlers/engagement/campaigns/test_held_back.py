"""What an opt-out holds back, path by path: the table of docs/s3-triggered-import.md, each row played.

Somebody opted out by the endpoint, or the address is out by itself, before an endpoint with it was made. Another one is in.
"""

from __future__ import annotations

import io
import json
import re
import time
from functools import partialmethod
from typing import Any

import pytest
from botocore.client import BaseClient

from docs.generate import FOLDER
from handlers.custom_channel.calling import Answer
from handlers.custom_channel.channel import Call
from handlers.custom_channel.recipient import Recipients
from handlers.shared.json_calls import JsonCalls
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.sending import send as drop
from tests.handlers.engagement.conftest import APPLICATION

PAGE = (FOLDER / "s3-triggered-import.md").read_text(encoding="utf-8")
ADDRESSES = {
    "SMS": {"out": "+12065550100", "in": "+12065550101"},
    "EMAIL": {"out": "out@example.com", "in": "in@example.com"},
    "CUSTOM": {"out": "handle-out", "in": "handle-in"},
}
HOOK = "arn:aws:lambda:eu-west-1:123456789012:function:hook"
CONTENT = {
    "SMS": {"SMSMessage": {"Body": "Hello", "MessageType": "PROMOTIONAL"}},
    "EMAIL": {"EmailMessage": {"Title": "Hello", "Body": "Hello"}},
    "CUSTOM": {"CustomMessage": {"Data": "Hello"}},
}


class Stage:
    """One application with two people on a channel; sent: addresses that were reached."""

    def __init__(self, campaign, pinpoint, sent):
        self.campaign, self.pinpoint, self.sent = campaign, pinpoint, sent


@pytest.fixture
def stage(campaign, pinpoint, monkeypatch):
    sent = []

    def make(client, call, operation, params):
        if operation == "SendTextMessage":
            sent.append(params["DestinationPhoneNumber"])
            return {"MessageId": "m"}
        if operation == "SendEmail":
            sent.extend(params["Destination"]["ToAddresses"])
            return {"MessageId": "m"}
        if operation == "Invoke":
            given = json.loads(params["Payload"])
            sent.extend(endpoint["Address"] for endpoint in given["Endpoints"].values())
            return {"StatusCode": 200, "Payload": io.BytesIO(b"{}")}
        return call(client, operation, params)

    for kind in (BaseClient, JsonCalls):
        monkeypatch.setattr(kind, "_make_api_call", partialmethod(make, kind._make_api_call))
    return Stage(campaign, pinpoint, sent)


def people(stage, send, channel, way):
    """Makes both endpoints, one of which is out, or whose address is."""
    addresses = ADDRESSES[channel]
    if way == "address":
        body = json.dumps({"ChannelType": channel, "Item": [{"Address": addresses["out"], "OptOut": "ALL"}]})
        assert send("POST", f"https://api/v1/apps/{APPLICATION}/address-opt-outs", body.encode())[0] == 200
    for name, address in addresses.items():
        endpoint = {"ChannelType": channel, "Address": address, "User": {"UserId": name}}
        if way == "endpoint" and name == "out":
            endpoint["OptOut"] = "ALL"
        stage.pinpoint.update_endpoint(ApplicationId=APPLICATION, EndpointId=name, EndpointRequest=endpoint)


def by_campaign(stage, channel):
    custom = {"CustomDeliveryConfiguration": {"DeliveryUri": HOOK, "EndpointTypes": [channel]}}
    stage.campaign.create(MessageConfiguration=CONTENT[channel], **(custom if channel == "CUSTOM" else {}))
    stage.campaign.run()


def by_messages(stage, channel, whom, kind="PROMOTIONAL"):
    content = {"SMSMessage": {"Body": "Hello", "MessageType": kind}}
    if channel == "EMAIL":
        content = {"EmailMessage": {"SimpleEmail": {"Subject": {"Data": "Hello"}, "TextPart": {"Data": "Hello"}}}}
    if whom == "Users":
        users = {"Users": {"out": {}, "in": {}}, "MessageConfiguration": content}
        stage.pinpoint.send_users_messages(ApplicationId=APPLICATION, SendUsersMessageRequest=users)
        return
    given = {"out": {}, "in": {}}
    if whom == "Addresses":
        given = {address: {"ChannelType": channel} for address in ADDRESSES[channel].values()}
    stage.pinpoint.send_messages(
        ApplicationId=APPLICATION, MessageRequest={whom: given, "MessageConfiguration": content}
    )


def by_drop(stage, kind):
    texts = [
        Text("r", row, row, number, "Hello", "+18005550100", kind, "", "", "")
        for row, number in enumerate(ADDRESSES["SMS"].values())
    ]
    drop(stage.pinpoint, APPLICATION, texts)


class Endpoints:
    """The project's endpoints, as the API tells them."""

    def __init__(self, pinpoint):
        self._pinpoint = pinpoint

    def by_id(self, ids):
        return {
            name: self._pinpoint.get_endpoint(ApplicationId=APPLICATION, EndpointId=name)["EndpointResponse"]
            for name in ids
        }


def by_channel(stage, channel):
    calls = [
        Call(APPLICATION, "c", "a", "0", name, channel, address, 0) for name, address in ADDRESSES[channel].items()
    ]
    endpoints: Any = Endpoints(stage.pinpoint)
    people = Recipients(endpoints, calls, time.time)
    stage.sent += [call.address for call in calls if not isinstance(people.as_it_is(call), Answer)]


PATHS = {
    "campaign, email": ("EMAIL", lambda stage: by_campaign(stage, "EMAIL")),
    "campaign, text": ("SMS", lambda stage: by_campaign(stage, "SMS")),
    "campaign, custom channel": ("CUSTOM", lambda stage: by_campaign(stage, "CUSTOM")),
    "call or message that waits in the queue of Amazon Connect or WhatsApp": (
        "SMS",
        lambda stage: by_channel(stage, "SMS"),
    ),
    "SendMessages to addresses, `PROMOTIONAL` text": ("SMS", lambda stage: by_messages(stage, "SMS", "Addresses")),
    "SendMessages to endpoints, `PROMOTIONAL` text": ("SMS", lambda stage: by_messages(stage, "SMS", "Endpoints")),
    "SendUsersMessages, `PROMOTIONAL` text": ("SMS", lambda stage: by_messages(stage, "SMS", "Users")),
    "SendMessages or SendUsersMessages, `TRANSACTIONAL` text": (
        "SMS",
        lambda stage: by_messages(stage, "SMS", "Users", "TRANSACTIONAL"),
    ),
    "SendMessages or SendUsersMessages, email": ("EMAIL", lambda stage: by_messages(stage, "EMAIL", "Endpoints")),
    "dropped file, `PROMOTIONAL` text": ("SMS", lambda stage: by_drop(stage, "PROMOTIONAL")),
    "dropped file, `TRANSACTIONAL` text": ("SMS", lambda stage: by_drop(stage, "TRANSACTIONAL")),
}
ROWS = {
    path.strip(): {"endpoint": endpoint.strip(), "address": address.strip()}
    for path, endpoint, address in re.findall(
        r"^\| ([^|]+) \| (held back|sent) \| (held back|sent) \|", PAGE, re.MULTILINE
    )
}


def test_the_page_tells_of_these_paths_and_no_others():
    assert ROWS.keys() == PATHS.keys()


@pytest.mark.parametrize("way", ["endpoint", "address"])
@pytest.mark.parametrize("path", PATHS)
def test_who_is_out_is_held_back_where_the_page_says_so_and_who_is_in_never(stage, send, path, way):
    channel, sends = PATHS[path]
    people(stage, send, channel, way)
    sends(stage)
    addresses = ADDRESSES[channel]
    reached = {"held back": {addresses["in"]}, "sent": set(addresses.values())}[ROWS[path][way]]
    assert set(stage.sent) == reached and len(stage.sent) == len(reached)
