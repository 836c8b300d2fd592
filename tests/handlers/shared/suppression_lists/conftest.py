"""The lists of an account, in process: SES's as the sandbox has it, opt-out lists in the sandbox's world, the service's by a dictionary."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest

from handlers.shared import clients, project_endpoints, signed_post
from handlers.shared.suppression_lists import lists
from tests.handlers.shared.fakes import client_error

NOW = datetime(2030, 1, 2, tzinfo=UTC)


class Account:
    """calls: by operation. refuse: address -> the error with which each call about it is answered. down: routes that answer 500."""

    def __init__(self):
        self.calls = Counter()
        self.refuse = {}
        self.down = set()
        self.ses, self.numbers, self.by_address = {}, {}, {}
        self.endpoints = []
        self.lock = threading.Lock()

    def client(self, service, **_):
        return {"sesv2": Ses, "pinpoint-sms-voice-v2": Texting}[service](self)

    def count(self, operation, address=""):
        with self.lock:
            self.calls[operation] += 1
        if address in self.refuse:
            raise self.refuse[address]

    def send(self, request):
        route, body = request.url.rpartition("/")[2], json.loads(request.body)
        self.count(route)
        if route in self.down:
            return type("Answer", (), {"status_code": 500, "text": "no"})()
        return type("Answer", (), {"status_code": 200, "text": json.dumps(self.answer(route, body))})()

    def answer(self, route, body):
        channel = body.get("ChannelType")
        if route == "endpoint-search":
            return {
                "Item": [
                    one
                    for one in self.endpoints
                    if (one["ChannelType"], one["Address"]) == (channel, body["Addresses"][0])
                ]
            }
        if route == "address-opt-outs":
            assert 1 <= len(body["Item"]) <= 100
            for item in body["Item"]:
                key = channel, item["Address"]
                if item["OptOut"] == "ALL":
                    self.by_address.setdefault(key, body["By"])
                else:
                    self.by_address.pop(key, None)
            return {}
        asked = [(channel, address) for address in body["Addresses"]] if "Addresses" in body else list(self.by_address)
        return {
            "Item": [
                {
                    "ChannelType": kind,
                    "Address": address,
                    "Since": "2030-01-01T00:00:00.000Z",
                    "By": self.by_address[kind, address],
                }
                for kind, address in asked
                if (kind, address) in self.by_address
            ]
        }


class Ses:
    def __init__(self, account):
        self.account = account

    def put_suppressed_destination(self, EmailAddress, Reason):
        self.account.count("PutSuppressedDestination", EmailAddress)
        self.account.ses[EmailAddress] = Reason

    def delete_suppressed_destination(self, EmailAddress):
        self.account.count("DeleteSuppressedDestination", EmailAddress)
        if self.account.ses.pop(EmailAddress, None) is None:
            raise client_error("NotFoundException", 404)

    def get_suppressed_destination(self, EmailAddress):
        self.account.count("GetSuppressedDestination")
        if EmailAddress not in self.account.ses:
            raise client_error("NotFoundException", 404)
        return {"SuppressedDestination": self.about(EmailAddress)}

    def list_suppressed_destinations(self, PageSize, NextToken="0"):
        names = sorted(self.account.ses)
        first = int(NextToken)
        more = {"NextToken": str(first + PageSize)} if first + PageSize < len(names) else {}
        return {
            "SuppressedDestinationSummaries": [self.about(name) for name in names[first : first + PageSize]],
            **more,
        }

    def about(self, address):
        return {"EmailAddress": address, "Reason": self.account.ses[address], "LastUpdateTime": NOW}


class Texting:
    def __init__(self, account):
        self.account = account

    def put_opted_out_number(self, OptOutListName, OptedOutNumber):
        self.account.count("PutOptedOutNumber", OptedOutNumber)
        self.account.numbers[OptOutListName, OptedOutNumber] = NOW

    def delete_opted_out_number(self, OptOutListName, OptedOutNumber):
        self.account.count("DeleteOptedOutNumber", OptedOutNumber)
        if self.account.numbers.pop((OptOutListName, OptedOutNumber), None) is None:
            raise self.missing()

    def describe_opted_out_numbers(self, OptOutListName, OptedOutNumbers=None, MaxResults=100):
        self.account.count("DescribeOptedOutNumbers")
        known = [number for name, number in self.account.numbers if name == OptOutListName]
        if OptedOutNumbers and OptedOutNumbers[0] not in known:
            raise self.missing()
        numbers = OptedOutNumbers or known[:MaxResults]
        return {
            "OptedOutNumbers": [
                {"OptedOutNumber": one, "OptedOutTimestamp": NOW, "EndUserOptedOut": False} for one in numbers
            ]
        }

    @staticmethod
    def missing():
        error = client_error("ResourceNotFoundException", 404)
        error.response["ResourceType"] = "opted-out-number"
        return error


@pytest.fixture
def account(monkeypatch):
    made = Account()
    for name, value in {
        "ENGAGEMENT_ENDPOINT_URL": "https://api.example/",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",  # pragma: allowlist secret
    }.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    project_endpoints.forget_clients()
    monkeypatch.setattr(lists, "aws_client", made.client)
    monkeypatch.setattr(signed_post, "_http", lambda: made)
    yield made
    monkeypatch.undo()
    clients.forget_clients()
    project_endpoints.forget_clients()
