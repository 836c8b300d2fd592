"""Campaigns reach devices: each token once, in few calls, and what the results say of tokens is written to the endpoints."""

import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from handlers.engagement.campaigns import freshness
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.shards import shard_of
from tests.handlers.engagement.campaigns.conftest import CAMPAIGN, Kill
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.push_world import PUSH_APPLICATION

MESSAGE = {"GCMMessage": {"Title": "Hi {{Attributes.Name.[0]}}", "Body": "News"}}


@pytest.fixture
def push_application_id():
    return PUSH_APPLICATION


@pytest.fixture
def run(devices, campaign):
    return campaign


def device(name, channel="GCM", **members):
    return {"Id": name, "ChannelType": channel, "Address": f"token-{name}", **members}


def endpoint(run, name):
    return EndpointStore(run.tables, APPLICATION).get([name])[name]


def counts(run):
    return +run.step().ledger.totals().counts["0"]


def test_devices_with_names_of_their_own_share_a_call(run, devices):
    together = [name for name in (f"e{at}" for at in range(10_000)) if shard_of(name) == 0][:96]
    run.store([device(name, Attributes={"Name": [name.upper()]}) for name in together])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert devices.got() == {f"token-{name}": (f"Hi {name.upper()}", "News") for name in together}
    assert devices.service.calls == [96]
    assert counts(run) == {"SUCCESS": 96}
    assert Counter(status for found in run.statuses().values() for status in found) == {"SUCCESS": 96}


def test_results_are_told_and_written_each_as_its_own(run, devices):
    devices.states(**{"token-dead": "unregistered", "token-moved": ("updated", "new"), "token-foreign": "foreign"})
    run.store([device(name) for name in ("fine", "dead", "moved", "foreign")])
    run.store([device("out", OptOut="ALL"), device("off", EndpointStatus="INACTIVE"), device("mail", "EMAIL")])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert run.statuses() == {
        "fine": ["SUCCESS"],
        "dead": ["FAILURE_PERMANENT"],
        "moved": ["SUCCESS"],
        "foreign": ["FAILURE_PERMANENT"],
    }
    found = {name: endpoint(run, name) for name in ("fine", "dead", "moved", "foreign")}
    assert {name: (one["Address"], one["EndpointStatus"]) for name, one in found.items()} == {
        "fine": ("token-fine", "ACTIVE"),
        "dead": ("token-dead", "INACTIVE"),
        "moved": ("new", "ACTIVE"),
        "foreign": ("token-foreign", "ACTIVE"),
    }
    [event] = [one for one in run.world.events() if one["client"]["client_id"] == "fine"]
    assert event["attributes"]["delivery_type"] == "GCM"


def test_who_is_throttled_waits_and_gets_the_message_later_and_once(run, devices):
    devices.service.set_states({"token-a": {"State": "throttled", "Times": 4}})
    run.store([device("a"), device("b")])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert set(devices.got()) == {"token-a", "token-b"}
    assert counts(run) == {"SUCCESS": 2}
    assert run.statuses() == {"a": ["SUCCESS"], "b": ["SUCCESS"]}


def test_after_an_error_of_the_service_nobody_is_sent_to_again(run, devices):
    devices.service.failing_every["SendMessages"] = 1
    with pytest.raises(ClientError):  # the first in turn is a throttle, the second a fault
        devices.service_client().send_messages(
            ApplicationId="x", MessageRequest={"Addresses": {"t": {}}, "MessageConfiguration": {}}
        )
    run.store([device("a")])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert counts(run) == {"UNKNOWN": 1}
    assert not devices.got()


def test_each_kind_of_device_gets_its_own_message_the_others_the_default_one(run, devices):
    run.store([device("g"), device("a", "APNS"), device("v", "APNS_SANDBOX"), device("m", "ADM"), device("b", "BAIDU")])
    run.store([{"Id": "s", "ChannelType": "SMS", "Address": "+14256790001"}])
    run.create(
        MessageConfiguration={
            "DefaultMessage": {"Body": "For all", "Url": "https://all", "Action": "URL"},
            "APNSMessage": {"Body": "Apple", "ImageUrl": "https://i", "TimeToLive": 60},
            "ADMMessage": {"JsonBody": '{"n": 1, "of": "{{Id}}"}', "SilentPush": True, "TimeToLive": 60},
        }
    )
    run.run()
    assert devices.messages() == {
        "token-g": {"Body": "For all", "Url": "https://all", "Action": "URL"},
        "token-a": {"Body": "Apple", "MediaUrl": "https://i", "TimeToLive": 60},
        "token-v": {"Body": "Apple", "MediaUrl": "https://i", "TimeToLive": 60},
        "token-m": {"Data": {"n": "1", "of": "m"}, "SilentPush": True},
        "token-b": {"Body": "For all", "Url": "https://all", "Action": "URL"},
    }
    assert [message["MessageBody"] for message in run.outbox.sent] == ["For all"]


def test_ids_of_the_campaign_go_along_for_the_app(run, devices):
    raw = '{"fcmV1Message": {"message": {"data": {"x": "{{Id}}"}}}}'
    run.store([device("g"), device("a", "APNS")])
    run.create(MessageConfiguration={"GCMMessage": {"RawContent": raw}, "APNSMessage": {"Body": "Hi"}})
    run.run()
    found = devices.messages()["token-g"]["RawContent"]
    assert '"x":"g"' in found
    assert f'"pinpoint.campaign.campaign_id":"{CAMPAIGN}"' in found
    assert devices.contexts()["token-a"]["campaign.campaign_id"] == CAMPAIGN
    assert devices.contexts()["token-a"]["campaign.treatment_id"] == "0"


def test_a_value_that_breaks_the_payload_of_one_device_stops_no_other(run, devices):
    run.store([device("good", Attributes={"Part": ["1"]}), device("bad", Attributes={"Part": ["1,,"]})])
    run.create(MessageConfiguration={"GCMMessage": {"RawContent": '{"data": {"n": {{Attributes.Part.[0]}} } }'}})
    run.run()
    assert counts(run) == {"SUCCESS": 1, "FAILURE_PERMANENT": 1}
    assert set(devices.messages()) == {"token-good"}


def test_two_endpoints_with_one_token_get_one_message(run, devices):
    run.store([device("a")])
    run.store([{**device("b"), "Address": "token-a"}])
    run.store([{"Id": "a", "EndpointStatus": "ACTIVE"}])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert len(devices.got()) == 1
    assert sum(devices.service.calls) == 1


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_kill_in_the_call_leaves_at_most_96_devices_in_doubt_and_none_gets_it_twice(run, devices, moment):
    deaths = iter([True])

    def die(**_):
        if next(deaths, False):
            raise Kill

    events = run.clients.sending_client("pinpoint").meta.events
    events.register_first(f"{moment}.pinpoint.SendMessages", die)
    together = [name for name in (f"e{at}" for at in range(10_000)) if shard_of(name) == 0][:120]
    run.store([device(name) for name in together])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert counts(run) == {"UNKNOWN": 96, "SUCCESS": 24}
    assert sorted(devices.service.calls) == ([24] if moment == "before-call" else [24, 96])
    assert len(devices.got()) == sum(devices.service.calls)


def test_a_step_that_dies_between_the_call_and_its_results_sends_nothing_twice(run, devices):
    struck = []

    def strike(**_):
        if not struck:
            struck.append(True)
            raise Kill

    events = run.clients.sending_client("pinpoint").meta.events
    events.register("after-call.pinpoint.SendMessages", strike)
    together = [name for name in (f"e{at}" for at in range(1_000)) if shard_of(name) == 0][:3]
    run.store([device(name) for name in together])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert set(devices.got()) == {f"token-{name}" for name in together}
    assert devices.service.calls == [3]
    assert counts(run) == {"UNKNOWN": 3}


def test_of_a_call_that_is_refused_for_one_device_the_others_get_theirs_as_they_are_by_then(run, devices, monkeypatch):
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    bad, out, *others = (name for name in (f"e{at}" for at in range(1_000)) if shard_of(name) == 0)

    def refuse(params, **_):
        if f"token-{bad}" in json.loads(params["body"])["Addresses"]:
            run.store([{"Id": out, "OptOut": "ALL"}])
            metadata = {"HTTPStatusCode": 400}
            raise ClientError({"Error": {"Code": "BadRequestException"}, "ResponseMetadata": metadata}, "SendMessages")

    run.clients.sending_client("pinpoint").meta.events.register("before-call.pinpoint.SendMessages", refuse)
    run.store([device(name) for name in (bad, out, *others[:10])])
    run.create(MessageConfiguration=MESSAGE)
    run.run()
    assert set(devices.got()) == {f"token-{name}" for name in others[:10]}
    assert counts(run) == {"SUCCESS": 10, "FAILURE_PERMANENT": 1, "OPT_OUT": 1}
