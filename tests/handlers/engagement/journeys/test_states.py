"""What UpdateJourneyState may do to a journey in which state."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.engagement.journeys.states import state_problem

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
ALLOWED = {
    ("DRAFT", "ACTIVE"), ("DRAFT", "CANCELLED"),
    ("ACTIVE", "PAUSED"), ("ACTIVE", "CANCELLED"), ("PAUSED", "ACTIVE"), ("PAUSED", "CANCELLED"), ("CLOSED", "CANCELLED"),
}  # fmt: skip
STATES = ("DRAFT", "ACTIVE", "PAUSED", "CLOSED", "COMPLETED", "CANCELLED")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_each_state_permits_what_the_table_says(state, wanted):
    journey = {"Id": "j", "State": state, "RefreshFrequency": "PT1H"}
    problem = state_problem(journey, wanted, paused=NOW - timedelta(hours=1), moment=NOW)
    assert (problem is None) == ((state, wanted) in ALLOWED)


def test_only_a_journey_that_is_refreshed_can_be_paused():
    problem = state_problem({"Id": "j", "State": "ACTIVE"}, "PAUSED", paused=None, moment=NOW)
    assert "RefreshFrequency" in str(problem)


def test_a_pause_lasts_five_minutes_at_least():
    journey = {"Id": "j", "State": "PAUSED", "RefreshFrequency": "PT1H"}
    early = state_problem(journey, "ACTIVE", paused=NOW - timedelta(seconds=299), moment=NOW)
    assert "5 minutes after the pause" in str(early)
    assert state_problem(journey, "ACTIVE", paused=NOW - timedelta(minutes=5), moment=NOW) is None
