"""Journeys that come from elsewhere: copied by the calls that users' scripts make, or as Amazon Pinpoint's GetJourney answered them."""

from __future__ import annotations

import json

import pytest

from handlers.engagement.api.function import handler
from tests.handlers.engagement.conftest import APPLICATION, url_event
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages

EXPORTED = {
    "ApplicationId": "f" * 32,
    "Id": "e" * 32,
    "Name": "exported",
    "State": "ACTIVE",
    "CreationDate": "2026-03-01T10:00:00.000Z",
    "LastModifiedDate": "2026-03-02T10:00:00.000Z",
    "Schedule": {"StartTime": "2026-03-03T10:00:00Z", "Timezone": "UTC"},
    "StartActivity": "hello",
    "LocalTime": False,
    "WaitForQuietTime": False,
    "RefreshOnSegmentUpdate": False,
    "Limits": {"DailyCap": 0, "EndpointReentryCap": 1, "MessagesPerSecond": 100},
    "JourneyChannelSettings": {},
    "tags": {"team": "shop"},
    "Activities": {
        "hello": {"SMS": {"TemplateName": "one", "MessageConfig": {"MessageType": "PROMOTIONAL"}, "NextActivity": "tier"}},
        "tier": {
            "ConditionalSplit": {
                "Condition": {
                    "Operator": "ALL",
                    "Conditions": [
                        {"segmentDimensions": {"Attributes": {"tier": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}}
                    ],
                },
                "EvaluationWaitTime": {"WaitFor": "PT1H"},
                "TrueActivity": "again",
            }
        },
        "again": {"SMS": {"TemplateName": "two"}},
    },
}  # fmt: skip
"""As the wire had it, `segmentDimensions` with a small letter."""


def test_a_journey_is_copied_by_reading_it_and_writing_what_was_read_and_runs(runner):
    numbers = runner.endpoints("a")
    original = two_messages(runner)
    runner.work()
    listed = runner.pinpoint.list_journeys(ApplicationId=APPLICATION, PageSize="15")
    (item,) = listed["JourneysResponse"]["Item"]
    assert item["Id"] == original
    read = runner.pinpoint.get_journey(ApplicationId=APPLICATION, JourneyId=original)["JourneyResponse"]
    for name in ("Id", "ApplicationId", "Schedule"):
        read.pop(name, None)
    made = runner.pinpoint.create_journey(
        ApplicationId=APPLICATION, WriteJourneyRequest={**read, "Name": "copy", "State": "DRAFT"}
    )["JourneyResponse"]
    assert (made["State"], made["Activities"]) == ("DRAFT", read["Activities"]) and made["Id"] != original
    runner.work()
    assert len(runner.sent()) == 1
    runner.set_state(made["Id"], "ACTIVE")
    runner.work()
    assert runner.sent() == [(numbers["a"], "one")] * 2
    assert runner.metrics(made["Id"])["ENDPOINT_ENTERED"] == 1


@pytest.mark.parametrize("without", [(), ("Id", "ApplicationId"), ("Id", "ApplicationId", "tags")], ids=str)
def test_a_journey_as_pinpoint_answered_it_is_created_and_runs(runner, without):
    runner.template("one")
    runner.template("two")
    numbers = runner.endpoints("gold", "none")
    runner.endpoints("gold", Attributes={"tier": ["gold"]})
    start = {"SegmentStartCondition": {"SegmentId": runner.segment()}}
    body = {name: value for name, value in EXPORTED.items() if name not in without}
    url = f"https://api/v1/apps/{APPLICATION}/journeys"
    answer = handler(url_event("POST", url, {}, json.dumps({**body, "StartCondition": start}).encode()), None)
    made = json.loads(answer["body"])
    assert answer["statusCode"] == 201, made
    assert made["ApplicationId"] == APPLICATION and made["Id"] != EXPORTED["Id"] and made["State"] == "ACTIVE"
    assert made["CreationDate"] > EXPORTED["CreationDate"] and made["Activities"] == EXPORTED["Activities"]
    runner.work()
    runner.clock.turn(HOUR + 1)
    for _ in range(2):
        runner.work()
    assert sorted(runner.sent()) == sorted(
        [(numbers["gold"], "one"), (numbers["none"], "one"), (numbers["gold"], "two")]
    )
    assert runner.state(made["Id"]) == "COMPLETED"
