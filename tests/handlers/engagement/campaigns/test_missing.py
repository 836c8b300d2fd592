"""Nobody is lost: who got nothing for now waits and is tried again, who was not reached is counted, and `resume` reaches them."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns import chunk as sending_step
from handlers.engagement.campaigns import dispatch, waiting
from handlers.shared.tables import table_client
from tests.handlers.engagement.campaigns.conftest import Kill


def metrics(campaign):
    return {
        status: int(count)
        for activity in campaign.activities()
        for status, count in activity["ExecutionMetrics"].items()
    }


def test_who_is_throttled_for_long_gets_the_message_later_and_is_told_once(campaign, monkeypatch):
    monkeypatch.setattr(dispatch, "TRIES", 1)
    campaign.endpoints(40)
    campaign.create()
    campaign.outbox.broken = 100
    assert campaign.run()["Missing"] == 0
    assert sorted(campaign.texted().values()) == [1] * 40
    assert metrics(campaign) == {"SUCCESS": 40}
    assert set(map(tuple, campaign.statuses().values())) == {("SUCCESS",)}


def test_the_pause_before_the_next_try_grows_and_is_the_state_machines(campaign, monkeypatch):
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 20)
    campaign.endpoints(1)
    campaign.create()
    campaign.outbox.broken = 3
    campaign.step().plan({"StartTime": "now"})
    answer = campaign.process(0)
    assert not answer["Done"]
    assert 15 <= answer["Wait"] <= 20
    assert metrics(campaign) == {"TRANSIENT_FAILURE": 1}
    assert campaign.statuses() == {}


def test_a_run_whose_time_is_over_says_who_is_missing_and_resume_sends_to_them_alone(campaign, time_is_over):
    assert time_is_over(30, 12)["Missing"] == 12
    [activity] = campaign.activities()
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "FAIL")
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (30, 18)
    assert metrics(campaign) == {"SUCCESS": 18, "TRANSIENT_FAILURE": 12}
    assert sorted(map(tuple, campaign.statuses().values())) == [("SUCCESS",)] * 18 + [("TRANSIENT_FAILURE",)] * 12
    assert campaign.resume()["Missing"] == 0
    assert sorted(campaign.texted().values()) == [1] * 30
    [activity] = campaign.activities()
    assert (activity["Result"], activity["SuccessfulEndpointCount"]) == ("SUCCESS", 30)


def kill_every_step(campaign, *, sparing):
    """Every step of a chunk dies at its claims after so many texts, until `stop` is called."""
    going = True

    def strike(model, **_):
        if going and model.name == "TransactWriteItems" and len(campaign.outbox.sent) >= sparing:
            raise Kill

    table_client().meta.events.register_first("before-call", strike)

    def stop():
        nonlocal going
        going = False

    return stop


def test_the_people_of_a_lost_chunk_are_counted_and_resume_reaches_them(campaign, monkeypatch):
    monkeypatch.setattr(sending_step, "BATCH", 5)
    campaign.endpoints(37)
    campaign.create()
    stop = kill_every_step(campaign, sparing=5)
    original = campaign.step

    def run():
        try:
            return campaign.run()
        finally:
            campaign.step = original

    # completion itself writes by transactions, too: it must not die
    from handlers.engagement.campaigns import completion

    settle = completion.Completion.settle
    monkeypatch.setattr(completion.Completion, "settle", lambda step: (stop(), settle(step))[1])
    answer = run()
    found = metrics(campaign)
    assert answer["Missing"] == found["NOT_REACHED"] > 20
    assert sum(found.values()) == 37
    [activity] = campaign.activities()
    assert (activity["TotalEndpointCount"], activity["Result"]) == (37, "FAIL")
    assert campaign.resume()["Missing"] == 0
    found = metrics(campaign)
    assert "NOT_REACHED" not in found
    assert found["SUCCESS"] + found.get("UNKNOWN", 0) == 37
    assert max(campaign.texted().values()) == 1
    assert len(campaign.texted()) >= 37 - found.get("UNKNOWN", 0)


def test_completion_that_runs_out_of_time_goes_on_at_its_cursor(campaign, monkeypatch):
    from handlers.engagement.campaigns import missing

    monkeypatch.setattr(missing, "PAGE", 3)
    campaign.endpoints(25)
    campaign.create()
    plan = campaign.step().plan({"StartTime": "now"})
    for chunk in plan["Chunks"]:
        campaign.step().lose(chunk, "it died")
    from handlers.engagement.campaigns.completion import complete

    cursor, steps = None, 0
    while True:
        answer = complete(campaign.step(), {"StartTime": "now"}, cursor, lambda: 0.0)
        if answer["Action"] != "AGAIN":
            break
        cursor, steps = answer["Cursor"], steps + 1
    assert steps > 5
    assert answer["Missing"] == 25
    assert metrics(campaign) == {"NOT_REACHED": 25}


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_step_killed_at_any_call_while_people_wait_texts_nobody_twice_and_loses_nobody(campaign, monkeypatch, after):
    monkeypatch.setattr(dispatch, "TRIES", 1)
    campaign.endpoints(4)
    for number in range(1, 80):
        from tests.handlers.engagement.campaigns import conftest

        monkeypatch.setattr(conftest, "CAMPAIGN", f"{number:032x}")
        campaign.create(Id=conftest.CAMPAIGN)
        campaign.outbox.sent.clear()
        campaign.outbox.calls, campaign.outbox.broken = 0, 6
        counter = campaign.kill_at(number, after=after)
        campaign.run()
        assert max(campaign.texted().values(), default=1) == 1, number
        found = metrics(campaign)
        assert sum(found.values()) == 4, (number, found)
        assert set(found) <= {"SUCCESS", "UNKNOWN"}, (number, found)
        if next(counter) <= number:
            return
    pytest.fail("the run has more calls than were tried")


def test_two_endpoints_whose_addresses_became_one_while_they_waited_get_one_message(campaign, time_is_over):
    time_is_over(2, 2)
    campaign.store([{"Id": "e0", "Address": "+14256799999"}, {"Id": "e1", "Address": "+14256799999"}])
    campaign.resume()
    assert campaign.texted() == {"+14256799999": 1}
    # An address belongs to the endpoint that took it last: the other one is INACTIVE.
    assert metrics(campaign) == {"SUCCESS": 1, "INACTIVE": 1}


def test_a_run_that_failed_before_it_had_a_plan_is_planned_when_it_is_resumed(campaign):
    campaign.endpoints(5)
    campaign.create()
    campaign.step().fail("the plan died")
    assert campaign.campaigns.list().items[0]["State"] == {"CampaignStatus": "INVALID"}
    assert campaign.resume()["Missing"] == 0
    assert sorted(campaign.texted().values()) == [1] * 5
    [activity] = campaign.activities()
    assert (activity["State"], activity["Result"], activity["TotalEndpointCount"]) == ("COMPLETED", "SUCCESS", 5)
