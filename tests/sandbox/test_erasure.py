"""`engagement project erase` on a person of whom everything is there: nothing of them is left, and nothing of anybody else is gone."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from sandbox.demos import findings
from tests.sandbox import campaigns
from tests.sandbox.engagement_command import engagement
from tests.sandbox.events import SECONDS, rows

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("prompt_journeys")]

MAIL = {"Subject": "Hello {{User.UserId}}", "TextPart": "Hello {{User.UserId}}", "HtmlPart": "<p>Hello</p>"}


class People:
    """Two people with an email and a number each, to whom a campaign with a cap and a journey wrote."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox, self.tag = sandbox, f"erase{secrets.token_hex(3)}"
        self.client, self.application = sandbox.pinpoint, sandbox.application_id
        self.numbers = {f"{self.tag}-ada": "+14255550781", f"{self.tag}-bo": "+14255550782"}
        """By user."""

    def write_to(self) -> None:
        for user, number in self.numbers.items():
            for channel, address in (("EMAIL", f"{user}@example.org"), ("SMS", number)):
                self.client.update_endpoint(
                    ApplicationId=self.application,
                    EndpointId=f"{user}-{channel.lower()}",
                    EndpointRequest={
                        "ChannelType": channel,
                        "Address": address,
                        "User": {"UserId": user},
                        "Attributes": {"erase": [self.tag]},
                    },
                )
        self.client.create_email_template(TemplateName=self.tag, EmailTemplateRequest=MAIL)
        self.client.create_sms_template(TemplateName=self.tag, SMSTemplateRequest={"Body": "Hello {{User.UserId}}"})
        segment = campaigns.segment_of(self.sandbox, "erase", self.tag)
        templates = {kind: {"Name": self.tag} for kind in ("EmailTemplate", "SMSTemplate")}
        campaigns.run(self.sandbox, segment, seconds=2 * SECONDS, Limits={"Total": 3}, TemplateConfiguration=templates)
        self._journey(segment)

    def _journey(self, segment: str) -> None:
        text = {"SMS": {"TemplateName": self.tag, "MessageConfig": {"MessageType": "TRANSACTIONAL"}}}
        request = {
            "Name": self.tag,
            "State": "ACTIVE",
            "StartActivity": "text",
            "StartCondition": {"SegmentStartCondition": {"SegmentId": segment}},
            "Activities": {"text": text},
        }
        made = self.client.create_journey(ApplicationId=self.application, WriteJourneyRequest=request)
        journey = {"ApplicationId": self.application, "JourneyId": made["JourneyResponse"]["Id"]}

        def left() -> bool:
            found = self.client.get_journey_execution_metrics(**journey)["JourneyExecutionMetricsResponse"]["Metrics"]
            return int(found.get("ENDPOINT_LEFT", 0)) >= len(self.numbers)

        # The schedule calls the worker each minute: once to come in, once at most to leave.
        self.sandbox.wait(left, 3 * SECONDS)

    def held(self, user: str) -> dict[str, int]:
        """How much is there of a person, by id, address or number: archived messages, events, items of all tables.

        Items are counted by the beginning of their key.
        """
        sandbox, aws, names = self.sandbox, self.sandbox.aws, (user, self.numbers[user].removeprefix("+"))
        told = " OR ".join(f"strpos(raw, '{name}') > 0" for name in names)
        found = {
            "archive": len(
                findings.keys(aws, sandbox.exports["archiveBucketName"], f"{sandbox.exports['archivePrefix']}{user}-")
            ),
            "events": int(rows(sandbox, f"SELECT count(*) AS n FROM all_events WHERE {told}")[0]["n"]),
        }
        for table in aws("dynamodb").list_tables()["TableNames"]:
            for page in aws("dynamodb").get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    if any(name in str(item) for name in names):
                        kind = item["pk"]["S"].partition("#")[0] if "pk" in item else table
                        found[kind] = found.get(kind, 0) + 1
        return found


def test_nothing_of_an_erased_person_is_left_and_another_one_is_as_before(sandbox, tmp_path: Path):
    people = People(sandbox)
    people.write_to()
    ada, bo = people.numbers
    wanted = {"archive": 3, "E": 2, "RUN": 2, "CAP": 2, "JP": 1}

    def settled() -> bool:
        held = [people.held(user) for user in (ada, bo)]
        return all(found.get(name, 0) >= number for found in held for name, number in wanted.items()) and all(
            found["events"] >= 9 for found in held
        )

    sandbox.wait(settled, 2 * SECONDS)
    before = people.held(bo)
    arguments = ("project", "erase", ada, "--yes", "--json", "--reference", "T-1", "--by", "test")
    receipt = json.loads(engagement(sandbox, tmp_path, *arguments))
    assert receipt["Done"], receipt
    assert {place["Place"]: place["Result"] for place in receipt["Places"]} == {
        "message archive": "ERASED",
        "event database": "ERASED",
        "endpoints": "ERASED",
        "campaigns, journeys and caps": "ERASED",
    }
    assert ada not in json.dumps(receipt)
    assert {name: number for name, number in people.held(ada).items() if number} == {}
    assert people.held(bo) == before
    again = json.loads(engagement(sandbox, tmp_path, *arguments))
    assert {place["Result"] for place in again["Places"]} == {"NOTHING_FOUND"}
