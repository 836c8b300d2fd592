"""Entry by events: from PutEvents to the worker, once for each event and participant, whatever is repeated, killed or wrong."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from handlers.engagement.journeys.message_events import note_events
from handlers.engagement.journeys.participants import Participants
from handlers.shared.tables import table_client
from tests.handlers.engagement.campaigns.conftest import Kill
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, TWO
from tests.handlers.engagement.journeys.examples import CART

ONE = {"hello": {"SMS": {"TemplateName": "one"}}}
MINUTE = 60


def event_start(*types, segment=None, **dimensions):
    start = {
        "EventFilter": {
            "FilterType": "ENDPOINT",
            "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": list(types)}, **dimensions},
        }
    }
    return {"EventStartCondition": start | ({"SegmentId": segment} if segment else {})}


def on_event(runner, activities=ONE, **members):
    runner.template("one")
    runner.template("two")
    return runner.create(activities, StartCondition=event_start("bought"), **members)


def in_the_table(runner, prefix=""):
    found = boto3.client("dynamodb").scan(TableName=runner.tables.sends.name)["Items"]
    return [item["pk"]["S"] for item in found if item["pk"]["S"].startswith(prefix)]


def test_a_cart_that_is_left_is_reminded_of(runner):
    people = [
        {"Id": name, "ChannelType": "SMS" if name == "e" else "EMAIL", "Address": f"{name}@example.org"}
        for name in "abcd"
    ]
    people.append({"Id": "e", "ChannelType": "SMS", "Address": "+14255550100"})
    for one in people:
        one["Attributes"] = {"HasShoppingCart": ["true"]}
    runner.pinpoint.update_endpoints_batch(ApplicationId=APPLICATION, EndpointBatchRequest={"Item": people})
    runner.pinpoint.create_email_template(
        TemplateName="cart", EmailTemplateRequest={"Subject": "Your cart", "TextPart": "is waiting"}
    )
    boto3.client("ses").verify_email_identity(EmailAddress="shop@example.org")
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop@example.org")
    # boto3's name of it, other than the wire's
    activities = json.loads(json.dumps(CART["Activities"]).replace("segmentDimensions", "SegmentDimensions"))
    start = CART["StartCondition"]["EventStartCondition"]
    start = {**start, "SegmentId": runner.segment(Demographic={"Channel": {"Values": ["EMAIL"]}})}
    journey = runner.create(
        activities, start="hour", StartCondition={"EventStartCondition": start}, Limits=CART["Limits"]
    )

    def cart(number, store, total, **item):
        event = {"EventType": "cart.updated", "Attributes": {"store": store}, "Metrics": {"total": total}}
        return {**item, "Events": {f"cart-{number}": event}}

    new = {"ChannelType": "EMAIL", "Address": "f@example.org", "Attributes": {"HasShoppingCart": ["true"]}}
    assert set(
        runner.put_events(
            a=cart(1, "web", 25), b=cart(2, "app", 40), c=cart(3, "shop", 90), d=cart(4, "web", 19.99),
            e=cart(5, "web", 90), f=cart(6, "web", 50, Endpoint=new),
        ).values()
    ) == {202}  # fmt: skip
    runner.work()
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 3, "ENDPOINT_ACTIVE": 3}
    (run,) = runner.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=journey)["JourneyRunsResponse"][
        "Item"
    ]
    assert run["Status"] == "RUNNING"
    counted = runner.pinpoint.get_journey_run_execution_metrics(
        ApplicationId=APPLICATION, JourneyId=journey, RunId=run["RunId"]
    )["JourneyRunExecutionMetricsResponse"]["Metrics"]
    assert (counted["ENDPOINT_PRODUCED"], counted["FILTERED_OUT_BY_SEGMENT"]) == ("4", "1")

    runner.pinpoint.update_endpoint(
        ApplicationId=APPLICATION, EndpointId="b", EndpointRequest={"Attributes": {"HasShoppingCart": ["false"]}}
    )
    runner.put_events(a=cart(7, "web", 25))
    runner.clock.turn(HOUR / 2)
    runner.work()
    assert runner.metrics(journey)["ACTIVE_ENDPOINT_REJECTED"] == 1
    runner.clock.turn(HOUR / 2)
    runner.work()
    assert runner.metrics(journey, "still") == {"Branch_TRUE": 2, "Branch_FALSE": 1}
    assert runner.metrics(journey, "remind")["SUCCESS"] == 2
    runner.clock.turn(2 * HOUR)
    runner.put_events(a=cart(8, "web", 25))
    runner.work()
    assert runner.metrics(journey)["REENTRY_CAP_EXCEEDED"] == 1  # the interval is a day
    runner.clock.turn(22 * HOUR)
    runner.put_events(a=cart(9, "web", 25))
    runner.work()
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 4
    assert runner.state(journey) == "ACTIVE"


def test_an_event_that_is_reported_again_begins_nothing_twice(runner):
    numbers = runner.endpoints("a", "b")
    journey = on_event(runner)
    for _ in range(2):
        assert runner.put_events(a=("1", "bought"), b=("1", "bought")) == {"1": 202}
    runner.work()
    runner.work()
    runner.put_events(A=("1", "bought"))  # ids of endpoints count in lower case
    runner.clock.turn(48 * HOUR)
    runner.work()
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 2
    assert sorted(runner.sent()) == sorted((number, "one") for number in numbers.values())
    assert runner.put_events(a={"Events": {"2": {"EventType": "bought"}, "3": {"EventType": "bought"}}})
    runner.work()
    counted = runner.metrics(journey)
    assert (counted["ENDPOINT_ENTERED"], counted["ACTIVE_ENDPOINT_REJECTED"]) == (3, 1)
    assert not in_the_table(runner, "JI#")


def test_one_bad_event_stops_no_other_one(runner):
    runner.endpoints("a", "b")
    journey = on_event(runner)
    events = {
        "good": {"EventType": "bought"},
        "no-type": {"EventType": ""},
        "no-time": {"EventType": "bought", "Timestamp": "yesterday"},
        "long": {"EventType": "bought", "Attributes": {"x": "y" * 201}},
    }
    bad_id = {"Events": {"bad-id": {"EventType": "bought"}}}
    unknown = {"Events": {"unknown": {"EventType": "bought"}}}
    answer = runner.put_events(a={"Events": events}, b=("b1", "bought"), **{"$x": bad_id, "nobody": unknown})
    assert answer == {
        "good": 202, "no-type": 400, "no-time": 400, "long": 400, "b1": 202, "bad-id": 400, "unknown": 202
    }  # fmt: skip
    runner.work()
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 2


def test_what_cannot_be_written_is_told_so_that_it_is_reported_again_and_the_rest_is_done(runner, monkeypatch):
    runner.endpoints("a", "b")
    journey = on_event(runner)
    other = runner.create(ONE, StartCondition=event_start("rented"))

    def refuse(params, **_):
        if any(
            journey in put["PutRequest"]["Item"]["pk"]["S"] for puts in params["RequestItems"].values() for put in puts
        ):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "BatchWriteItem")

    events = table_client().meta.events
    events.register("provide-client-params.dynamodb.BatchWriteItem", refuse)
    assert runner.put_events(a=("1", "bought"), b=("2", "rented")) == {"1": 500, "2": 202}
    assert [event["event_type"] for event in runner.world.events()] == ["rented"]
    events.unregister("provide-client-params.dynamodb.BatchWriteItem", refuse)
    assert runner.put_events(a=("1", "bought"), b=("2", "rented")) == {"1": 202, "2": 202}
    runner.work()
    assert (runner.metrics(journey)["ENDPOINT_ENTERED"], runner.metrics(other)["ENDPOINT_ENTERED"]) == (1, 1)


def test_the_users_of_a_calls_events_are_read_together(runner):
    for at in range(10):
        runner.endpoints(f"own{at}", f"other{at}", start=2 * at, User={"UserId": f"u{at}"})
    journey = on_event(runner)
    runner.world.calls.clear()
    runner.put_events(**{f"own{at}": (str(at), "bought") for at in range(10)})
    assert runner.world.calls["BatchGetItem"] == 4  # those of the call and their users, all of the users and theirs
    runner.work()
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 20


def test_the_users_other_endpoints_enter_too(runner):
    user = {"User": {"UserId": "ann"}}
    runner.endpoints("phone", **user)
    runner.endpoints("out", start=1, OptOut="ALL", **user)
    runner.endpoints("bob", start=2)
    app = {"Id": "app", "ChannelType": "GCM", "Address": "token", **user}
    runner.pinpoint.update_endpoints_batch(ApplicationId=APPLICATION, EndpointBatchRequest={"Item": [app]})
    journey = on_event(runner)
    runner.put_events(app=("1", "bought"))
    runner.work()
    assert runner.sent() == [("+14256790000", "one")]
    assert runner.metrics(journey, "hello") == {"SUCCESS": 1, "UNSUPPORTED_CHANNEL": 1}
    counts = Participants(runner.tables.sends, journey).counts()
    own = {name: number for (activity, name), number in counts.items() if not activity}
    assert own == {
        "ENDPOINT_PRODUCED": 3, "ENDPOINTS_FROM_USER": 2, "ENDPOINT_OPT_OUT": 1, "ENDPOINT_ENTERED": 2, "ENDPOINT_LEFT": 2
    }  # fmt: skip


def test_a_journey_is_entered_between_its_start_and_its_end_and_ends_when_nobody_is_inside(runner):
    runner.endpoints("early", "a", "late")
    now = datetime.now(UTC)
    schedule = {"StartTime": (now + timedelta(hours=1)).isoformat(), "EndTime": (now + timedelta(hours=2)).isoformat()}
    later = on_event(runner, Schedule=schedule)
    runner.put_events(early=("1", "bought"))
    assert not in_the_table(runner, "JI#")  # nothing waits for its start
    end = {"EndTime": (now + timedelta(days=1)).isoformat()}
    journey = runner.create(TWO, StartCondition=event_start("bought"), Schedule=end)
    runner.put_events(a=("2", "bought"))
    runner.clock.turn(24 * HOUR + 1)  # the worker comes late: who came in time enters
    runner.work()
    assert (runner.state(journey), runner.metrics(journey)["ENDPOINT_ENTERED"]) == ("CLOSED", 1)
    runner.put_events(late=("3", "bought"))
    runner.work()
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 1
    runner.clock.turn(96 * HOUR)
    runner.work()
    assert runner.state(journey) == "COMPLETED"
    assert runner.sent() == [("+14256790001", "one"), ("+14256790001", "two")]
    assert runner.state(later) == "COMPLETED"


def test_a_journey_that_is_over_in_a_minute_waits_for_calls_that_are_on_their_way(runner):
    runner.endpoints("a")
    end = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    journey = on_event(runner, Schedule={"EndTime": end})
    runner.clock.turn(10 * MINUTE + 1)
    runner.work()
    assert runner.state(journey) == "CLOSED"
    runner.clock.turn(MINUTE)
    runner.work()
    assert runner.state(journey) == "COMPLETED"


def test_a_journey_that_is_cancelled_or_deleted_is_not_entered_and_leaves_nothing(runner):
    runner.endpoints("a", "b")
    cancelled, deleted = on_event(runner), runner.create(ONE, StartCondition=event_start("bought"))
    runner.put_events(a=("1", "bought"))
    runner.set_state(cancelled, "CANCELLED")
    runner.work()  # the other one enters
    runner.put_events(a=("2", "bought"))
    runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=deleted)
    runner.put_events(b=("3", "bought"))
    runner.work()
    assert len(runner.sent()) == 1
    assert "ENDPOINT_ENTERED" not in runner.metrics(cancelled)
    assert not [pk for pk in in_the_table(runner, "J") if deleted in pk and "JL#" not in pk]
    assert not in_the_table(runner, "JI#")
    from handlers.engagement.store.registry import EventStarts

    assert not list(EventStarts(runner.tables.registry).all())


def test_a_journey_that_events_start_cannot_be_paused(runner):
    journey = on_event(runner, RefreshFrequency="PT1H")
    with pytest.raises(runner.pinpoint.exceptions.BadRequestException, match="events start cannot be paused"):
        runner.set_state(journey, "PAUSED")


def test_an_application_has_twenty_journeys_that_events_start_at_the_most(runner, monkeypatch):
    from handlers.engagement.event_starts import rules

    monkeypatch.setitem(rules.MOST, "J", 2)
    first = [on_event(runner, Name="one"), runner.create(ONE, StartCondition=event_start("bought"))]
    with pytest.raises(
        runner.pinpoint.exceptions.BadRequestException, match="has 2 journeys that events start; at most 2"
    ):
        runner.create(ONE, StartCondition=event_start("rented"))
    runner.set_state(first[0], "CANCELLED")
    runner.work()
    assert runner.create(ONE, StartCondition=event_start("rented"))
    assert rules.MOST["C"] == 25


def test_an_application_without_starts_pays_one_query_a_call(runner):
    runner.endpoints("a")
    runner.put_events(a=("0", "bought"))
    runner.world.calls.clear()
    runner.world.touched.clear()
    runner.put_events(a={"Events": {str(at): {"EventType": "bought"} for at in range(50)}})
    assert runner.world.calls["Query"] == 1
    assert not {table for table, _ in runner.world.touched} & {"sends", "members"}
    runner.endpoints("b")
    on_event(runner)
    runner.world.calls.clear()
    runner.put_events(b=("1", "sold"))  # an event that begins nothing costs no more
    assert (runner.world.calls["Query"], runner.world.calls["BatchWriteItem"]) == (1, 0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_at_any_step_enters_nobody_twice_and_loses_nobody(runner, after):
    runner.endpoints("a")
    runner.template("one")
    for number in itertools.count(1):
        journey = runner.create(ONE, StartCondition=event_start("bought"))
        runner.put_events(a=(str(number), "bought"))
        runner.outbox.sent.clear()
        transactions = itertools.count(1)

        def strike(number=number, transactions=transactions, **_):
            if next(transactions) == number:
                raise Kill

        moment = f"{'after' if after else 'before'}-call.dynamodb.TransactWriteItems"
        table_client().meta.events.register_first(moment, strike)
        died = False
        try:
            runner.work()
        except Kill:
            died = True
        table_client().meta.events.unregister(moment, strike)
        runner.work()
        runner.clock.turn(MINUTE)
        runner.work()
        assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 1, "ENDPOINT_LEFT": 1}, number
        assert runner.metrics(journey, "hello") in ({"SUCCESS": 1}, {"UNKNOWN": 1}), number
        assert len(runner.sent()) == 1 or (len(runner.sent()) == 0 and died), number
        runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=journey)
        runner.work()
        if not died:
            assert number > 4
            break


def test_who_enters_again_gets_the_messages_again(runner):
    numbers = runner.endpoints("a")
    journey = on_event(runner)
    for number in range(3):
        runner.put_events(a=(str(number), "bought"))
        runner.work()
    assert runner.sent() == [(numbers["a"], "one")] * 3
    assert runner.metrics(journey, "hello") == {"SUCCESS": 3}
    assert len(runner.journey_events()) == 3


def asking_what_came(runner):
    """A journey of a text, and of a split that asks an hour later whether it arrived."""
    opened = {"MessageActivity": "hello", "Dimensions": {"EventType": {"Values": ["_SMS.SUCCESS"]}}}
    asked = {"Condition": {"Conditions": [{"EventCondition": opened}]}, "EvaluationWaitTime": {"WaitFor": "PT1H"}}
    one = {"SMS": {"TemplateName": "one", "NextActivity": "arrived"}}
    return on_event(runner, {"hello": one, "arrived": {"ConditionalSplit": asked}})


def arrives(runner, sent):
    note_events(runner.tables.sends, [{**sent, "event_type": "_SMS.SUCCESS"}])


def enters_twice(runner):
    """Somebody leaves, and stands before the split again."""
    runner.put_events(a=("first", "bought"))
    runner.work()
    runner.clock.turn(HOUR + 1)
    runner.work()
    runner.put_events(a=("second", "bought"))
    runner.work()


def test_what_came_of_the_messages_of_a_former_walk_decides_nothing_on_the_next_one(runner):
    runner.endpoints("a")
    journey = asking_what_came(runner)
    for number, does in enumerate((True, False)):
        runner.put_events(a=(str(number), "bought"))
        runner.work()
        if does:
            arrives(runner, runner.journey_events()[-1])
        runner.clock.turn(HOUR + 1)
        runner.work()
    assert runner.metrics(journey, "arrived") == {"Branch_TRUE": 1, "Branch_FALSE": 1}


@pytest.mark.parametrize(("told", "branch"), [((0,), "FALSE"), ((0, 1), "TRUE"), ((1, 0), "TRUE")])
def test_what_is_told_late_of_a_former_walk_s_message_is_not_taken_for_the_new_one(runner, told, branch):
    runner.endpoints("a")
    journey = asking_what_came(runner)
    enters_twice(runner)
    sent = runner.journey_events()
    for number in told:
        arrives(runner, sent[number])
    runner.clock.turn(HOUR + 1)
    runner.work()
    expected = {"Branch_FALSE": 2} if branch == "FALSE" else {"Branch_FALSE": 1, "Branch_TRUE": 1}
    assert runner.metrics(journey, "arrived") == expected


def test_an_entry_that_does_not_happen_forgets_nothing(runner, monkeypatch):
    """Another worker was there before: who is inside keeps what came of its message."""
    runner.endpoints("a")
    journey = asking_what_came(runner)
    enters_twice(runner)
    arrives(runner, runner.journey_events()[-1])
    known = Participants.known
    before_it_entered = [{"a": {"entries": 1, "last": 0}}]
    monkeypatch.setattr(
        Participants, "known", lambda self, ids: before_it_entered.pop() if before_it_entered else known(self, ids)
    )
    runner.put_events(a=("2", "bought"))
    runner.work()
    assert before_it_entered == [] and runner.metrics(journey)["ACTIVE_ENDPOINT_REJECTED"] == 1
    runner.clock.turn(HOUR + 1)
    runner.work()
    assert runner.metrics(journey, "arrived") == {"Branch_FALSE": 1, "Branch_TRUE": 1}
