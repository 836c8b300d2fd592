"""Campaigns that events trigger: from PutEvents to the message, once for each event, whatever is repeated, killed or wrong."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from handlers.engagement.campaigns import event_batches, event_campaign, hook
from handlers.shared.event_stream import stream_client
from handlers.shared.tables import table_client
from tests.handlers.engagement.campaigns.conftest import Kill
from tests.handlers.engagement.conftest import APPLICATION


def test_each_event_of_a_member_is_answered_by_one_message(campaigns, runner):
    runner.endpoints("a", Attributes={"Name": ["Ann"]})
    runner.endpoints("out", start=1, OptOut="ALL")
    runner.endpoints("idle", start=2, EndpointStatus="INACTIVE")
    campaign = campaigns.create()
    assert campaigns.status(campaign) == "SCHEDULED"
    campaigns.work()
    assert campaigns.status(campaign) == "EXECUTING"
    new = {"ChannelType": "SMS", "Address": "+14256790009", "Attributes": {"Name": ["Ben"]}}
    for _ in range(2):
        registered = {"Events": {"1": {"EventType": "registered"}}}
        runner.put_events(a=("1", "registered"), b={"Endpoint": new, **registered}, out=registered, idle=registered)
    assert campaigns.work() == {"Campaigns": 1, "Events": 8, "Failed": 0}
    welcome = [("+14256790000", "Welcome Ann"), ("+14256790009", "Welcome Ben")]
    assert sorted(runner.sent()) == welcome
    runner.put_events(a=("1", "registered"))  # again, when it is settled
    campaigns.work()
    assert sorted(runner.sent()) == welcome
    runner.put_events(
        a={"Events": {"2": {"EventType": "registered"}, "3": {"EventType": "registered"}, "4": {"EventType": "sold"}}}
    )
    campaigns.work()
    assert Counter(runner.sent())["+14256790000", "Welcome Ann"] == 3
    assert campaigns.told() == {"a": ["SUCCESS"] * 3, "b": ["SUCCESS"]}
    (activity,) = campaigns.activities(campaign)
    assert (activity["State"], activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == ("RUNNING", 4, 4)
    assert activity["ExecutionMetrics"] == {"SUCCESS": "4"}
    assert campaigns.waiting(campaign) == 0


def test_only_members_of_the_segment_get_it_as_they_are_when_the_event_comes(campaigns, runner):
    runner.endpoints("gold", Attributes={"Plan": ["gold"]})
    runner.endpoints("plain", start=1, Attributes={"Plan": ["plain"]})
    segment = runner.segment(Attributes={"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}})
    campaigns.create("Hi", SegmentId=segment)
    runner.put_events(
        plain={"Endpoint": {"Attributes": {"Plan": ["gold"]}}, "Events": {"1": {"EventType": "registered"}}},
        gold={"Endpoint": {"Attributes": {"Plan": ["none"]}}, "Events": {"1": {"EventType": "registered"}}},
    )
    campaigns.work()
    assert runner.sent() == [("+14256790001", "Hi")]


def test_holdout_and_treatments_are_those_of_all_campaigns(campaigns, runner):
    runner.endpoints("a", "b", "c", "d")
    content = {"MessageConfiguration": {"SMSMessage": {"Body": "B", "MessageType": "TRANSACTIONAL"}}}
    campaigns.create("A", HoldoutPercent=100)
    campaigns.create("A", AdditionalTreatments=[{"SizePercent": 100, "TreatmentName": "b", **content}])
    runner.put_events(a=("1", "registered"), b=("1", "registered"))
    campaigns.work()
    assert sorted(body for _, body in runner.sent()) == ["B", "B"]
    assert sorted(campaigns.told()["a"]) == ["HOLDOUT", "SUCCESS"]


def test_who_opts_out_between_the_event_and_the_message_gets_none(campaigns, runner):
    runner.endpoints("a")
    campaign = campaigns.create("Hi")
    runner.put_events(a=("1", "registered"))
    runner.pinpoint.update_endpoint(ApplicationId=APPLICATION, EndpointId="a", EndpointRequest={"OptOut": "ALL"})
    campaigns.work()
    assert not runner.sent()
    assert campaigns.waiting(campaign) == 0


def test_a_filter_hook_edits_and_drops(campaigns, runner, monkeypatch):
    runner.endpoints("a", "b")

    def invoke(_function, event, **_):
        assert event["ActivityId"] == campaigns.activities(event["CampaignId"])[0]["Id"]
        return {"b": {**event["Endpoints"]["b"], "Attributes": {"Name": ["hook"]}}}

    monkeypatch.setattr(hook, "_invoke", invoke)
    campaigns.create(Hook={"LambdaFunctionName": "hook", "Mode": "FILTER"})
    runner.put_events(a=("1", "registered"), b=("1", "registered"))
    for _ in range(2):
        campaigns.work()
    assert runner.sent() == [("+14256790001", "Welcome hook")]


def test_what_is_throttled_is_tried_again_and_dropped_after_five_minutes(campaigns, runner, monkeypatch):
    runner.endpoints("a", "b")
    campaign = campaigns.create("Hi")
    campaigns.work()
    runner.outbox.broken = 100
    runner.put_events(a=("1", "registered"))
    for _ in range(2):
        campaigns.work()
        assert campaigns.waiting(campaign) == 1
    assert campaigns.told() == {}
    runner.outbox.broken = 0
    campaigns.work()
    assert (runner.sent(), campaigns.told()) == ([("+14256790000", "Hi")], {"a": ["SUCCESS"]})
    runner.put_events(b=("1", "registered"))
    monkeypatch.setattr(event_batches, "DROPPED_SECONDS", -1)
    campaigns.work()
    assert campaigns.told()["b"] == ["EXPIRED"]
    assert (len(runner.sent()), campaigns.waiting(campaign)) == (1, 0)
    (activity,) = campaigns.activities(campaign)
    assert activity["ExecutionMetrics"] == {"EXPIRED": "1", "SUCCESS": "1"}


def test_a_paused_campaign_gets_no_events_and_goes_on_as_a_new_version(campaigns, runner):
    runner.endpoints("a")
    campaign = campaigns.create("Hi")
    runner.put_events(a=("1", "registered"))
    campaigns.work()
    campaigns.update(campaign, IsPaused=True)
    assert campaigns.status(campaign) == "PAUSED"
    runner.put_events(a=("2", "registered"))
    assert campaigns.waiting(campaign) == 0
    campaigns.work()
    campaigns.update(campaign, IsPaused=False)
    runner.put_events(a={"Events": {"1": {"EventType": "registered"}, "3": {"EventType": "registered"}}})
    campaigns.work()
    assert len(runner.sent()) == 2  # the first event is known to every version
    assert campaigns.status(campaign) == "EXECUTING"
    states = {activity["Id"][:6]: activity["State"] for activity in campaigns.activities(campaign)}
    assert states == {"000003": "RUNNING", "000001": "COMPLETED"}


def test_a_campaign_that_no_event_triggers_any_more_gets_none_and_runs_by_its_schedule(campaigns, runner):
    runner.endpoints("a")
    campaign = campaigns.create("Hi")
    campaigns.work()
    campaigns.update(campaign, Schedule={"StartTime": "IMMEDIATE", "Frequency": "ONCE"})
    runner.put_events(a=("1", "registered"))
    campaigns.work()
    assert (campaigns.waiting(campaign), campaigns.status(campaign)) == (0, "SCHEDULED")
    assert [activity["State"] for activity in campaigns.activities(campaign)] == ["COMPLETED"]
    assert [run["name"] for run in runner.world.executions("campaign")] == [f"{campaign}-2"]


def test_a_campaign_sends_between_its_start_and_its_end(campaigns, runner, monkeypatch):
    runner.endpoints("a")
    now = datetime.now(UTC)
    later = campaigns.create("Later", Schedule={"StartTime": (now + timedelta(minutes=20)).isoformat()})
    end = now + timedelta(seconds=8)
    campaign = campaigns.create("Hi", Schedule={"EndTime": end.replace(tzinfo=None).isoformat(), "Timezone": "UTC"})
    runner.put_events(a=("1", "registered"))
    while datetime.now(UTC) < end:
        pass
    runner.put_events(a=("2", "registered"))
    campaigns.work()
    assert runner.sent() == [("+14256790000", "Hi")]
    assert campaigns.status(campaign) == "EXECUTING"  # calls that began before the end may be on their way
    monkeypatch.setattr(event_campaign, "LATE_MILLISECONDS", 0)
    campaigns.work()
    assert (campaigns.status(campaign), campaigns.status(later)) == ("COMPLETED", "SCHEDULED")
    assert campaigns.activities(campaign)[0]["State"] == "COMPLETED"
    assert campaigns.work()["Campaigns"] == 2
    assert campaigns.work()["Campaigns"] == 1


@pytest.mark.parametrize("gone", ["campaign", "segment"])
def test_a_campaign_that_is_deleted_sends_nothing_more_and_leaves_no_event(campaigns, runner, gone):
    runner.endpoints("a")
    segment = runner.segment()
    campaign = campaigns.create("Hi", SegmentId=segment)
    runner.put_events(a=("1", "registered"))
    if gone == "campaign":
        runner.pinpoint.delete_campaign(ApplicationId=APPLICATION, CampaignId=campaign)
    else:
        runner.pinpoint.delete_segment(ApplicationId=APPLICATION, SegmentId=segment)
    runner.put_events(a=("2", "registered"))
    campaigns.work()
    assert not runner.sent()
    assert campaigns.waiting(campaign) == 0
    assert campaigns.work()["Campaigns"] == 0


def test_a_template_that_is_gone_makes_the_campaign_invalid_and_stops_no_other(campaigns, runner):
    runner.endpoints("a")
    runner.template("hello")
    bad = campaigns.create(MessageConfiguration=None, TemplateConfiguration={"SMSTemplate": {"Name": "hello"}})
    campaigns.create("Hi")
    runner.pinpoint.delete_sms_template(TemplateName="hello")
    runner.put_events(a=("1", "registered"))
    campaigns.work()
    assert runner.sent() == [("+14256790000", "Hi")]
    assert campaigns.status(bad) == "INVALID"


def test_what_cannot_be_written_is_reported_again_and_sent_once(campaigns, runner):
    runner.endpoints("a")
    campaigns.create("Hi")

    def refuse(**_):
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "BatchWriteItem")

    events = table_client().meta.events
    events.register("before-call.dynamodb.BatchWriteItem", refuse)
    assert runner.put_events(a=("1", "registered")) == {"1": 500}
    events.unregister("before-call.dynamodb.BatchWriteItem", refuse)
    assert runner.put_events(a=("1", "registered")) == {"1": 202}
    campaigns.work()
    assert len(runner.sent()) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_at_any_call_sends_nothing_twice_and_loses_nobody(campaigns, runner, after):
    runner.endpoints("a")
    campaign = campaigns.create("Hi")
    campaigns.work()
    called = [table_client(), stream_client()]
    for number in itertools.count(1):
        runner.put_events(a=(str(number), "registered"))
        sent, told = len(runner.sent()), len(campaigns.told().get("a", []))
        calls = itertools.count(1)

        def strike(model, number=number, calls=calls, **_):
            if model.name not in ("GetItem", "BatchGetItem", "Query") and next(calls) == number:
                raise Kill

        moment = "after-call" if after else "before-call"
        for client in called:
            client.meta.events.register_first(moment, strike)
        died = False
        try:
            campaigns.work()
        except Kill:
            died = True
        for client in called:
            client.meta.events.unregister(moment, strike)
        for _ in range(2):
            forget_leases(runner, campaign)
            campaigns.work()
        assert campaigns.waiting(campaign) == 0
        statuses = campaigns.told()["a"][told:]
        assert set(statuses) in ({"SUCCESS"}, {"UNKNOWN"}), number
        # Who was claimed and not sent to may have got it, for all that is known.
        assert len(runner.sent()) - sent == 1 or (died and set(statuses) == {"UNKNOWN"}), number
        assert len(runner.sent()) - sent <= 1, number
        if not died:
            assert statuses == ["SUCCESS"]
            assert number > 5
            break


def forget_leases(runner, campaign):
    """As when the time of a worker's leases is over."""
    client = boto3.client("dynamodb")
    for item in client.scan(TableName=runner.tables.sends.name)["Items"]:
        if item["pk"]["S"] == f"CL#{campaign}":
            client.delete_item(TableName=runner.tables.sends.name, Key={"pk": item["pk"], "sk": item["sk"]})


def test_two_workers_share_the_work_and_one_alone_keeps_to_a_pace(campaigns, runner):
    runner.endpoints("a")
    campaign = campaigns.create("Hi", Limits={"MessagesPerSecond": 5})
    runner.put_events(a=("1", "registered"))
    from handlers.engagement.store.leases import Leases

    others = Leases(runner.tables.sends, f"CL#{campaign}")
    held = others.lease([event_campaign.WHOLE])
    campaigns.work()
    assert not runner.sent()
    others.release(held)
    campaigns.work()
    assert len(runner.sent()) == 1


def test_what_became_of_an_endpoint_is_told_for_each_event_and_there_is_nothing_to_resume(campaigns, runner, send):
    runner.endpoints("a", "a#1")
    campaign = campaigns.create("Hi")
    for identifier in ("a", "a#1"):
        runner.put_events(
            **{identifier: {"Events": {"1": {"EventType": "registered"}, "2": {"EventType": "registered"}}}}
        )
    campaigns.work()
    base = f"https://api.example.org/v1/apps/{APPLICATION}/campaigns/{campaign}"
    status, _, answer = send("POST", f"{base}/recipients/A")
    assert status == 200
    assert [item["Status"] for item in answer["Item"]] == ["SUCCESS", "SUCCESS"]
    status, _, answer = send("POST", f"{base}/resume")
    assert (status, "triggered by events" in answer["Message"]) == (400, True)
