"""The messages of journeys: told, tried again, failed, decided by functions, and sent by workers that die."""

from __future__ import annotations

import json

import pytest

from handlers.engagement.store import leases
from handlers.engagement.store.shards import shard_of
from tests.handlers.engagement.campaigns.conftest import Kill
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages
from tests.handlers.shared.fakes import client_error


def test_each_message_is_told_to_the_stream_with_the_journeys_ids(runner):
    runner.endpoints("a")
    runner.endpoints("mail", start=9, ChannelType="EMAIL", Address="a@example.org")
    journey = two_messages(runner)
    runner.work()
    (run,) = runner.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=journey)["JourneyRunsResponse"][
        "Item"
    ]
    told = {event["client"]["client_id"]: event["attributes"] for event in runner.journey_events()}
    ids = {"journey_id": journey, "journey_run_id": run["RunId"], "journey_activity_id": "hello"}
    assert told["a"] == {
        **ids,
        "journey_activity_type": "SMS",
        "journey_send_status": "SUCCESS",
        "journey_send_status_code": "200",
        "journey_send_status_message": "handed over to the channel",
    }
    assert told["mail"] == {**ids, "journey_activity_type": "SMS", "journey_send_status": "UNSUPPORTED_CHANNEL"}
    assert runner.outbox.sent[0]["Context"] == {**ids, "application_id": APPLICATION, "endpoint_id": "a"}
    assert run["Status"] == "RUNNING"


def test_a_channel_out_of_order_is_tried_again_while_the_participant_stays_before_the_message(runner, monkeypatch):
    from handlers.engagement.campaigns import dispatch, waiting

    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(dispatch, "FIRST_PAUSE_SECONDS", 0)
    runner.endpoints("a")
    runner.outbox.broken = 6
    journey = two_messages(runner)
    runner.work()
    assert runner.sent() == [] and runner.metrics(journey, "hello") == {}
    assert runner.journey_events() == []
    runner.clock.turn(10)
    runner.work()
    assert len(runner.sent()) == 1 and runner.metrics(journey, "hello") == {"SUCCESS": 1}
    assert len(runner.journey_events()) == 1


def test_a_template_that_is_gone_fails_the_message_and_the_walk_goes_on(runner):
    runner.endpoints("a")
    journey = two_messages(runner)
    runner.pinpoint.delete_sms_template(TemplateName="one")
    runner.work()
    assert runner.metrics(journey, "hello") == {"FAILURE_PERMANENT": 1}
    assert runner.metrics(journey, "pause") == {"WAIT_STARTED": 1}


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutRecords", "SendTextMessage"])
def test_a_worker_that_is_killed_at_any_call_sends_no_message_twice_and_leaves_nobody_behind(
    runner, monkeypatch, operation
):
    monkeypatch.setattr(leases, "LEASE_SECONDS", -5)  # a dead worker's lease is over at once
    people = runner.endpoints(*(f"e{n}" for n in range(6)))
    journey = two_messages(runner)
    calls, kill_at = 0, 0

    def die(**_):
        nonlocal calls
        calls += 1
        if calls == kill_at:
            raise Kill

    from handlers.shared import event_stream

    runner.outbox.before = die if operation == "SendTextMessage" else lambda: None
    service = {"TransactWriteItems": "dynamodb", "PutRecords": "kinesis"}.get(operation)
    if service == "dynamodb":
        runner.tables.sends.client.meta.events.register(f"before-call.dynamodb.{operation}", die)
    elif service:
        event_stream.stream_client().meta.events.register(f"before-call.kinesis.{operation}", die)
    for turn in (0, 73 * HOUR):
        runner.clock.turn(turn)
        for step in range(1, 12):
            calls, kill_at = 0, step
            try:
                runner.work()
            except Kill:
                continue
            break
        kill_at = 0
        runner.work()
    sent = runner.sent()
    assert len(sent) == len(set(sent)), "somebody got a message twice"
    assert runner.state(journey) == "COMPLETED"
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 6, "ENDPOINT_LEFT": 6}
    counted = runner.metrics(journey, "hello")
    assert sum(counted.values()) == 6 and set(counted) <= {"SUCCESS", "UNKNOWN"}
    assert counted["SUCCESS"] <= sum(body == "one" for _, body in sent) <= len(people)


@pytest.mark.parametrize("template", ["stays", "goes"])
@pytest.mark.parametrize("leaves", ["opts out", "is deleted", "has its journey cancelled", "stays"])
@pytest.mark.parametrize(("operation", "metric", "status"), [
    ("SendTextMessage", "UNKNOWN", "FAILURE"), ("PutRecords", "SUCCESS", "SUCCESS")
])  # fmt: skip
def test_who_leaves_after_the_worker_died_that_sent_is_counted_and_told_as_what_became_of_the_message(
    runner, monkeypatch, leaves, template, operation, metric, status
):
    from handlers.shared import clients, event_stream

    monkeypatch.setattr(leases, "LEASE_SECONDS", -5)
    runner.endpoints("a")
    journey = two_messages(runner)
    deadly = [True]

    def die(**_):
        if deadly[0]:
            raise Kill

    service = "pinpoint-sms-voice-v2" if operation == "SendTextMessage" else "kinesis"
    client = clients.sending_client(service) if operation == "SendTextMessage" else event_stream.stream_client()
    # After the text went out, before the stream was told.
    moment = "after-call" if operation == "SendTextMessage" else "before-call"
    client.meta.events.register(f"{moment}.{service}.{operation}", die)
    with pytest.raises(Kill):
        runner.work()
    deadly[0] = False
    if leaves == "opts out":
        runner.endpoints("a", OptOut="ALL")
    elif leaves == "is deleted":
        runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="a")
    elif leaves == "has its journey cancelled":
        cancelled = {"State": "CANCELLED"}
        runner.pinpoint.update_journey_state(
            ApplicationId=APPLICATION, JourneyId=journey, JourneyStateRequest=cancelled
        )
    if template == "goes":
        runner.pinpoint.delete_sms_template(TemplateName="one")
    runner.work()
    assert runner.metrics(journey, "hello") == {metric: 1}
    assert [event["attributes"]["journey_send_status"] for event in runner.journey_events()] == [status]
    assert len(runner.sent()) == 1


APPOINTMENT = {
    "ask": {
        "CUSTOM": {
            "DeliveryUri": "calendar",
            "EndpointTypes": ["SMS"],
            "MessageConfig": {"Data": "lookup"},
            "NextActivity": "state",
        }
    },
    "state": {
        "ConditionalSplit": {
            "Condition": {
                "Conditions": [
                    {
                        "EventCondition": {
                            "MessageActivity": "ask",
                            "Dimensions": {"Attributes": {"slot": {"AttributeType": "INCLUSIVE", "Values": ["open"]}}},
                        }
                    }
                ]
            },
            "EvaluationWaitTime": {"WaitFor": "PT15M"},
            "TrueActivity": "text",
        }
    },
    "text": {"SMS": {"TemplateName": "one", "NextActivity": "failed"}},
    "failed": {
        "ConditionalSplit": {
            "Condition": {
                "Conditions": [
                    {
                        "EventCondition": {
                            "MessageActivity": "text",
                            "Dimensions": {"EventType": {"Values": ["_SMS.FAILURE"]}},
                        }
                    }
                ]
            },
            "TrueActivity": "call",
        }
    },
    "call": {"CUSTOM": {"DeliveryUri": "phone", "EndpointTypes": ["SMS"], "MessageConfig": {"Data": "voice"}}},
}


def test_a_function_decides_by_its_answer_and_a_text_that_fails_is_followed_by_another_function(runner, monkeypatch):
    from handlers.engagement.campaigns import hook
    from handlers.engagement.translation.function import note_events

    asked = []

    def invoke(function, event, **_):
        asked.append((function, event))
        slots = {"a": "open", "b": "cancelled"}
        return {name: {"EventAttributes": {"slot": slots[name]}} for name in event["Endpoints"] if name in slots}

    monkeypatch.setattr(hook, "_invoke", invoke)
    runner.template("one")
    addresses = runner.endpoints("a", "b", "c")
    journey = runner.create(APPOINTMENT)
    runner.work()
    assert {function for function, _ in asked} == {"calendar"}
    event = asked[0][1]
    assert set(event) == {
        "Message", "Data", "ApplicationId", "JourneyId", "JourneyRunId", "JourneyActivityId", "ActivityId",
        "ScheduledTime", "Endpoints",
    }  # fmt: skip
    assert event["Data"] == "lookup" and event["ActivityId"] == "ask" and event["JourneyId"] == journey
    runner.clock.turn(HOUR / 4 + 1)
    runner.work()
    runner.work()
    assert runner.sent() == [(addresses["a"], "one")]
    assert runner.metrics(journey, "state") == {"Branch_TRUE": 1, "Branch_FALSE": 2}
    ids = {name: event[name] for name in ("JourneyId", "JourneyRunId")}
    failure = {
        "event_type": "_SMS.FAILURE",
        "event_timestamp": 1,
        "client": {"client_id": "a"},
        "attributes": {
            "journey_id": ids["JourneyId"],
            "journey_run_id": ids["JourneyRunId"],
            "journey_activity_id": "text",
        },
    }
    note_events(runner.tables.sends, [failure, failure, {"event_type": "_SMS.FAILURE", "attributes": {}}])
    runner.clock.turn(HOUR + 1)
    runner.work()
    runner.work()
    assert asked[-1][0] == "phone" and set(asked[-1][1]["Endpoints"]) == {"a"}
    assert runner.metrics(journey, "failed") == {"Branch_TRUE": 1}
    assert runner.metrics(journey, "call") == {"SUCCESS": 1}
    assert runner.state(journey) == "COMPLETED"


def test_a_function_that_fails_or_answers_garbage_stops_nobody(runner, monkeypatch):
    from handlers.engagement.campaigns import hook

    answers = iter(
        [hook.HookError("broken"), ["garbage"], {"a": "garbage", "b": {"EventAttributes": {"slot": "x" * 200}}}]
    )

    def invoke(_function, _event, **_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(hook, "_invoke", invoke)
    runner.template("one")
    runner.endpoints("a")
    for outcome in ("CUSTOM_DELIVERY_FAILURE", "SUCCESS", "SUCCESS"):
        journey = runner.create(APPOINTMENT)
        runner.work()
        assert runner.metrics(journey, "ask") == {outcome: 1}
        runner.clock.turn(HOUR)
        runner.work()
        assert runner.metrics(journey, "state") == {"Branch_FALSE": 1}


def test_how_many_emails_go_by_a_call_is_learned_once_and_not_by_each_batch(runner):
    from handlers.shared import clients

    asked, alone = [], []

    class Answered:
        status_code = 200

    def refuse(params, **_):
        entries = json.loads(params["body"])["BulkEmailEntries"]
        asked.append({entry["Destination"]["ToAddresses"][0] for entry in entries})
        raise client_error("TooManyRequestsException", 429)

    def take(params, **_):
        alone.extend(json.loads(params["body"])["Destination"]["ToAddresses"])
        return Answered(), {"MessageId": "m"}

    events = clients.sending_client("sesv2").meta.events
    events.register("before-call.sesv2.SendBulkEmail", refuse)
    events.register("before-call.sesv2.SendEmail", take)
    shards = {shard: [name for name in map(str, range(1000)) if shard_of(name) == shard][:4] for shard in (0, 1)}
    people = [
        {"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@{shard}.example.org"}
        for shard, names in shards.items()
        for name in names
    ]
    runner.pinpoint.update_endpoints_batch(ApplicationId=APPLICATION, EndpointBatchRequest={"Item": people})
    runner.pinpoint.create_email_template(
        TemplateName="one", EmailTemplateRequest={"Subject": "Hello", "TextPart": "Hello"}
    )
    runner.create({"hello": {"EMAIL": {"TemplateName": "one"}}})
    runner.work()
    assert sorted(alone) == sorted(one["Address"] for one in people)
    assert len({address.partition("@")[2] for addresses in asked for address in addresses}) == 1
