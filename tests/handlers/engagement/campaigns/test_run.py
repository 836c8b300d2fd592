"""A run texts everybody once, and accounts for everybody, whatever dies and whatever is retried."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns import chunk as sending_step


def test_every_endpoint_is_texted_once_and_counted(campaign):
    campaign.endpoints(60, Location={"City": "ada"})
    campaign.create()
    assert campaign.run()["Action"] == "END"
    assert len(campaign.texted()) == 60
    assert set(campaign.texted().values()) == {1}
    assert campaign.outbox.sent[0]["MessageBody"] == "Hi ada"
    [activity] = campaign.activities()
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (60, 60)
    assert activity["Start"]
    assert activity["End"]
    assert campaign.campaigns.get(activity["CampaignId"])["State"] == {"CampaignStatus": "COMPLETED"}
    assert set(map(tuple, campaign.statuses().values())) == {("SUCCESS",)}


def test_a_second_execution_of_the_run_sends_nothing(campaign):
    campaign.endpoints(5)
    campaign.create()
    campaign.run()
    campaign.process(0)
    assert len(campaign.outbox.sent) == 5


def test_opted_out_inactive_and_invalid_endpoints_are_not_texted(campaign):
    campaign.store(
        [
            {"Id": "out", "ChannelType": "SMS", "Address": "+14256790001", "OptOut": "ALL"},
            {"Id": "off", "ChannelType": "SMS", "Address": "+14256790002", "EndpointStatus": "INACTIVE"},
            {
                "Id": "bad",
                "ChannelType": "SMS",
                "Address": "+14256790003",
                "Attributes": {"PNV_PhoneType": ["INVALID"]},
            },
            {"Id": "mail", "ChannelType": "EMAIL", "Address": "a@example.org"},
            {"Id": "good", "ChannelType": "SMS", "Address": "+14256790004"},
        ]
    )
    campaign.create()
    campaign.run()
    assert list(campaign.texted()) == ["+14256790004"]
    assert campaign.statuses() == {"good": ["SUCCESS"]}
    [activity] = campaign.activities()
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (1, 1)


def test_the_holdout_gets_nothing_and_treatments_share_the_rest(campaign):
    campaign.endpoints(120)
    treatment = {"Id": "1", "SizePercent": 40, "MessageConfiguration": {"SMSMessage": {"Body": "B"}}}
    campaign.create(HoldoutPercent=20, AdditionalTreatments=[treatment])
    campaign.run()
    bodies = [message["MessageBody"] for message in campaign.outbox.sent]
    held = sum(statuses == ["HOLDOUT"] for statuses in campaign.statuses().values())
    assert held > 5
    assert 20 < bodies.count("B") < 80
    assert len(bodies) + held == 120
    assert sum(activity["TotalEndpointCount"] for activity in campaign.activities()) == len(bodies)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_step_killed_at_any_call_texts_nobody_twice_and_loses_nobody(campaign, monkeypatch, after):
    campaign.endpoints(6)
    for number in range(1, 60):
        campaign.create(Id=f"{number:032x}")
        campaign.outbox.sent.clear()
        from tests.handlers.engagement.campaigns import conftest

        monkeypatch.setattr(conftest, "CAMPAIGN", f"{number:032x}")
        counter = campaign.kill_at(number, after=after)
        campaign.run()
        assert max(campaign.texted().values(), default=1) == 1, number
        [activity] = campaign.activities()
        metrics = {status: int(count) for status, count in activity["ExecutionMetrics"].items()}
        assert sum(metrics.values()) == activity["TotalEndpointCount"] == 6, (number, metrics)
        assert set(metrics) <= {"SUCCESS", "UNKNOWN"}, (number, metrics)
        assert metrics.get("SUCCESS", 0) <= len(campaign.outbox.sent), number
        assert activity["State"] == "COMPLETED"
        if next(counter) <= number:
            return
    pytest.fail("the run has more calls than were tried")


def test_throttling_on_every_third_call_changes_nothing(campaign):
    campaign.endpoints(40)
    campaign.create()
    campaign.outbox.throttle = 3
    campaign.run()
    assert len(campaign.texted()) == 40
    assert set(campaign.texted().values()) == {1}
    assert campaign.activities()[0]["SuccessfulEndpointCount"] == 40


def test_a_step_that_runs_out_of_time_goes_on_at_its_cursor(campaign, monkeypatch):
    monkeypatch.setattr(sending_step, "BATCH", 3)
    monkeypatch.setattr(sending_step, "CANDIDATES_PER_PAGE", 4)
    campaign.endpoints(50)
    campaign.create()
    campaign.run(remaining=lambda: 0)
    assert len(campaign.outbox.sent) == len(campaign.texted()) == 50
    assert campaign.activities()[0]["TotalEndpointCount"] == 50


@pytest.mark.parametrize(
    "members",
    [
        {"SegmentId": "gone"},
        {"MessageConfiguration": {}, "TemplateConfiguration": {"SMSTemplate": {"Name": "nope"}}},
        {"MessageConfiguration": {"SMSMessage": {"MessageType": "PROMOTIONAL"}}},
    ],
    ids=["segment missing", "template missing", "no content"],
)
def test_a_campaign_that_cannot_run_becomes_invalid_and_its_activity_fails(campaign, members):
    campaign.endpoints(2)
    campaign.create(**members)
    assert campaign.run()["Action"] == "END"
    [activity] = campaign.activities()
    assert (activity["State"], activity["Result"]) == ("INVALID", "FAIL")
    assert campaign.campaigns.get(activity["CampaignId"])["State"]["CampaignStatus"] == "INVALID"
    assert campaign.outbox.sent == []


def test_a_paused_recurring_campaign_skips_to_its_next_run(campaign):
    campaign.create(IsPaused=True, Schedule={"StartTime": "2026-01-01T00:00:00Z", "Frequency": "DAILY"})
    answer = campaign.run("2026-01-01T00:00:00Z")
    assert (answer["Action"], answer["Next"]["Run"]) == ("NEXT", 1)
    assert campaign.campaigns.list().items[0]["State"] == {"CampaignStatus": "PAUSED"}


def test_a_recurring_campaign_waits_for_its_next_run(campaign):
    campaign.endpoints(1)
    campaign.create(Schedule={"StartTime": "2026-01-01T00:00:00Z", "Frequency": "DAILY"})
    answer = campaign.run("2026-01-01T00:00:00Z")
    assert answer["Next"]["Base"] == "2026-01-01T00:00:00.000Z"
    assert campaign.campaigns.list().items[0]["State"] == {"CampaignStatus": "PENDING_NEXT_RUN"}


def test_completion_goes_on_at_its_cursor_and_tells_everybody_the_same(campaign):
    from handlers.engagement.campaigns.audience import Recipient

    campaign.endpoints(130)
    campaign.create()
    campaign.step().plan({"StartTime": "now"})
    ledger = campaign.step().ledger
    people = [
        Recipient({"Id": f"e{at}", "ChannelType": "SMS", "Address": f"+1425679{at:04d}"}, "0") for at in range(130)
    ]
    for start in range(0, 130, 48):
        ledger.claim(people[start : start + 48], 0)
    calls = []

    def never():
        calls.append(1)
        return 0.0

    campaign.complete({"StartTime": "now"}, never)
    assert len(calls) >= 16
    told = {}
    for event in campaign.world.events():
        told.setdefault(event["client"]["client_id"], []).append(event)
    assert set(told) == {f"e{at}" for at in range(130)}
    assert {status for statuses in campaign.statuses().values() for status in statuses} == {"UNKNOWN"}
    # Their chunk never ended: it tells once more whoever is in the ledger, with the same event.
    assert [events for events in told.values() if any(event != events[0] for event in events)] == []
    [activity] = campaign.activities()
    assert (activity["State"], activity["ExecutionMetrics"]) == ("COMPLETED", {"UNKNOWN": "130"})


def test_the_default_message_goes_out_where_a_channel_has_no_message_of_its_own(campaign):
    import boto3

    boto3.client("sesv2").create_email_identity(EmailIdentity="shop@example.org")
    campaign.store(
        [
            {"Id": "text", "ChannelType": "SMS", "Address": "+14256790000"},
            {"Id": "mail", "ChannelType": "EMAIL", "Address": "a@example.com"},
        ]
    )
    default = {"Action": "OPEN_APP", "Title": "Spring", "Body": "Hello {{Id}}"}
    campaign.create(MessageConfiguration={"DefaultMessage": default})
    campaign.run()
    assert [message["MessageBody"] for message in campaign.outbox.sent] == ["Hello text"]
    assert campaign.statuses() == {"text": ["SUCCESS"], "mail": ["SUCCESS"]}
    [activity] = campaign.activities()
    assert activity["ExecutionMetrics"] == {"SUCCESS": "2"}
