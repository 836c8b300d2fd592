"""Limits of campaigns over several runs, their own and the application's."""

from __future__ import annotations

import pytest

from handlers.engagement.store.registry import Apps
from tests.handlers.engagement.conftest import APPLICATION


def runs(campaign, count):
    """What became of endpoint e0 in each run."""
    found = []
    for number in range(count):
        campaign.number = number
        campaign.run()
        (activity, *_) = campaign.activities()
        found.append(activity)
    return found


def application_limits(campaign, **limits):
    Apps(campaign.tables.registry).update_settings(APPLICATION, lambda settings: settings.update(Limits=limits))


@pytest.mark.parametrize(
    ("own", "shared", "capped"),
    [({"Total": 2}, {}, "CAMPAIGN_CAP"), ({"Daily": 2}, {}, "DAILY_CAP"), ({}, {"Daily": 2}, "DAILY_CAP")],
)
def test_an_endpoint_gets_no_more_messages_than_the_limit_over_the_runs(campaign, own, shared, capped):
    application_limits(campaign, **shared)
    campaign.endpoints(3)
    campaign.create(Limits=own)
    activities = runs(campaign, 3)
    assert [one["ExecutionMetrics"] for one in activities] == [{"SUCCESS": "3"}, {"SUCCESS": "3"}, {capped: "3"}]
    assert [one["Result"] for one in activities] == ["SUCCESS"] * 3
    assert activities[2]["TotalEndpointCount"] == 0
    assert set(campaign.texted().values()) == {2}
    assert campaign.statuses()["e0"] == ["SUCCESS", "SUCCESS", capped]


def test_a_newcomer_gets_the_message_whoever_else_is_capped(campaign):
    campaign.endpoints(1)
    campaign.create(Limits={"Total": 1})
    runs(campaign, 1)
    campaign.endpoints(3)
    campaign.number = 1
    campaign.run()
    assert campaign.activities()[0]["ExecutionMetrics"] == {"CAMPAIGN_CAP": "1", "SUCCESS": "2"}


@pytest.mark.parametrize("at", [2, 4, 6])
@pytest.mark.parametrize("after", [False, True])
def test_a_step_that_is_killed_counts_each_message_once(campaign, at, after):
    campaign.endpoints(3)
    campaign.create(Limits={"Total": 2})
    campaign.kill_at(at, after=after)
    activities = runs(campaign, 4)
    assert max(campaign.texted().values()) <= 2
    counted = [int(one["ExecutionMetrics"].get("SUCCESS", 0)) + int(one["ExecutionMetrics"].get("UNKNOWN", 0)) for one in activities]  # fmt: skip
    assert sum(counted) == 6
