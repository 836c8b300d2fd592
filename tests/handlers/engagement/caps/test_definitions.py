"""Which caps hold: one's own before the application's, and whose counters a message counts in."""

from __future__ import annotations

import pytest

from handlers.engagement.caps.definitions import (
    CAMPAIGN,
    DAY_SECONDS,
    JOURNEY,
    JOURNEYS_COUNT,
    campaign_caps,
    journey_caps,
)


def of_campaign(own, shared):
    """(owner, most, seconds, status) of each cap, and the counters."""
    found = campaign_caps({"Id": "own", "ApplicationId": "app", "Limits": own}, {"Limits": shared})
    return [(cap.owner, cap.most, cap.seconds, cap.status) for cap in found.caps], found.owners


@pytest.mark.parametrize(
    ("own", "shared", "caps", "owners"),
    [
        (None, None, [], ()),
        ({"Daily": 0, "Total": 0}, {"Daily": 0, "Total": 0}, [], ()),
        ({"Total": 3}, {}, [("own", 3, None, "CAMPAIGN_CAP")], ("own",)),
        ({}, {"Total": 4}, [("own", 4, None, "CAMPAIGN_CAP")], ("own",)),
        ({"Total": 0}, {"Total": 4}, [], ()),
        ({"Daily": 2}, {}, [("own", 2, DAY_SECONDS, "DAILY_CAP")], ("own",)),
        ({}, {"Daily": 5}, [("app", 5, DAY_SECONDS, "DAILY_CAP")], ("app",)),
        ({"Daily": 2}, {"Daily": 5}, [("own", 2, DAY_SECONDS, "DAILY_CAP")], ("own", "app")),
        ({"Daily": 0}, {"Daily": 5}, [], ("app",)),  # it is not capped, and counts for others
    ],
)
def test_a_campaigns_own_limits_win_and_the_applications_count_all(own, shared, caps, owners):
    assert of_campaign(own, shared) == (caps, owners)


def of_journey(own, **settings):
    found = journey_caps({"Id": "own", "ApplicationId": "app", "Limits": own}, settings)
    return [(cap.owner, cap.most, cap.seconds, cap.kinds) for cap in found.caps], found.owners


BOTH = CAMPAIGN + JOURNEY


@pytest.mark.parametrize(
    ("own", "settings", "caps", "owners"),
    [
        ({}, {}, [], ()),
        ({"DailyCap": 1, "TotalCap": 2}, {}, [("own", 2, None, BOTH), ("own", 1, DAY_SECONDS, BOTH)], ("own",)),
        ({}, {"JourneyLimits": {"TotalCap": 2}}, [("own", 2, None, BOTH)], ("own",)),
        ({}, {"JourneyLimits": {"DailyCap": 2}}, [("app", 2, DAY_SECONDS, JOURNEY)], ("app",)),
        ({"DailyCap": 0}, {"JourneyLimits": {"DailyCap": 2}}, [], ("app",)),
        ({}, {"Limits": {"Daily": 3}}, [("app", 3, DAY_SECONDS, BOTH)], ("app",)),
        ({}, {"Limits": {"Daily": 3}, "JourneyLimits": {"DailyCap": 0}}, [], ("app",)),
        ({"TimeframeCap": {"Cap": 4, "Days": 7}}, {}, [("app", 4, 7 * DAY_SECONDS, JOURNEY)], ("app",)),
        ({"TimeframeCap": {"Cap": 4, "Days": 0}}, {}, [], ()),
        (
            {"TimeframeCap": {"Cap": 0, "Days": 0}},
            {"JourneyLimits": {"TimeframeCap": {"Cap": 1, "Days": 1}}},
            [],
            ("app",),
        ),
        ({}, {JOURNEYS_COUNT: True}, [], ("app",)),  # another journey has a TimeframeCap
    ],
)
def test_a_journeys_own_limits_win_and_all_journeys_are_counted_where_one_asks(own, settings, caps, owners):
    assert of_journey(own, **settings) == (caps, owners)
