"""What a campaign that events trigger must be, by the API."""

from __future__ import annotations

import pytest

from handlers.engagement.event_starts import inbox
from tests.handlers.engagement.conftest import APPLICATION


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"EventFilter": None}, "Schedule.EventFilter is missing; Frequency EVENT needs it"),
        ({"Frequency": "ONCE"}, "Schedule.EventFilter needs Frequency EVENT; Frequency is ONCE"),
        ({"IsLocalTime": True}, "IsLocalTime"),
        ({"EndTime": "2020-01-01T00:00:00Z"}, "Schedule.EndTime is '2020-01-01T00:00:00Z'; needed is a time after"),
        ({"EndTime": "soon"}, "Schedule.EndTime is 'soon'; needed is an ISO 8601 time"),
        ({"StartTime": "2999-01-02T00:00:00Z", "EndTime": "2999-01-01T00:00:00Z"}, "needed is a time after StartTime"),
        ({"EventFilter": {"FilterType": "SYSTEM", "Dimensions": {}}}, "EventType.Values is missing"),
        (
            {"EventFilter": {"FilterType": "SYSTEM", "Dimensions": {"EventType": {"Values": ["_email.open"]}}}},
            "'_email.open', an event that only the event stream tells",
        ),
        ({"Frequency": "IN_APP_EVENT"}, "Schedule.Frequency IN_APP_EVENT is not offered"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_the_reason(campaigns, schedule, expected):
    with pytest.raises(campaigns.pinpoint.exceptions.BadRequestException) as refused:
        campaigns.create(Schedule=schedule)
    assert expected in refused.value.response["Error"]["Message"]


def test_an_imported_segment_and_a_twenty_sixth_campaign_are_refused(campaigns, runner, monkeypatch):
    from handlers.engagement.event_starts import rules
    from handlers.engagement.store.registry import Segments

    listed = {"Id": "list", "ApplicationId": APPLICATION, "Version": 1, "SegmentType": "IMPORT"}
    Segments(runner.tables.registry, APPLICATION).put(listed)
    with pytest.raises(
        campaigns.pinpoint.exceptions.BadRequestException, match="segment 'list' is imported, or based on"
    ):
        campaigns.create(SegmentId="list")
    monkeypatch.setitem(rules.MOST, inbox.CAMPAIGN, 1)
    campaign = campaigns.create()
    campaigns.update(campaign, Name="it may be changed")
    with pytest.raises(campaigns.pinpoint.exceptions.BadRequestException, match="has 1 campaigns that events start"):
        campaigns.create()
