"""The worker's function: it sends for events, then looks after journeys, and fails where something failed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from handlers.engagement.campaigns import event_campaign
from handlers.engagement.journeys import function
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.test_event_entry import ONE, event_start

FILTER = event_start("registered")["EventStartCondition"]["EventFilter"]


@pytest.fixture
def call(runner, monkeypatch):
    monkeypatch.setattr(event_campaign, "SENDS_AT_A_TIME", 1)
    function._surroundings.cache_clear()
    context = SimpleNamespace(
        function_name="journeys",
        memory_limit_in_mb=512,
        invoked_function_arn="arn",
        aws_request_id="r",
        get_remaining_time_in_millis=lambda: 300_000,
    )
    yield lambda: function.handler({}, context)
    function._surroundings.cache_clear()


def create(runner, name):
    request = {
        "Name": name,
        "SegmentId": runner.segment(),
        "Schedule": {"Frequency": "EVENT", "StartTime": "IMMEDIATE", "EventFilter": FILTER},
        "MessageConfiguration": {"SMSMessage": {"Body": name}},
    }
    made = runner.pinpoint.create_campaign(ApplicationId=APPLICATION, WriteCampaignRequest=request)
    return made["CampaignResponse"]["Id"]


def test_an_event_triggers_campaigns_and_starts_journeys_in_one_call(runner, call):
    runner.endpoints("a")
    runner.template("one")
    create(runner, "campaign")
    runner.create(ONE, StartCondition=event_start("registered"))
    runner.put_events(a=("1", "registered"))
    assert call() == {"Campaigns": 1, "Events": 1, "Journeys": 1, "Steps": 1, "Overdue": 0, "Failed": 0}
    assert sorted(body for _, body in runner.sent()) == ["campaign", "one"]


def test_a_campaign_that_fails_stops_no_other_one_and_the_function_says_so(runner, call, monkeypatch):
    runner.endpoints("a")
    runner.template("one")
    bad = create(runner, "bad")
    create(runner, "good")
    runner.create(ONE, StartCondition=event_start("registered"))
    runner.put_events(a=("1", "registered"))
    run = event_campaign.EventCampaign.run

    def broken(self):
        if self._id == bad:
            raise RuntimeError("broken")
        return run(self)

    monkeypatch.setattr(event_campaign.EventCampaign, "run", broken)
    with pytest.raises(RuntimeError, match="1 of 2 campaigns failed"):
        call()
    assert sorted(body for _, body in runner.sent()) == ["good", "one"]
