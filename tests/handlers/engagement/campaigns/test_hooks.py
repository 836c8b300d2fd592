"""A campaign's hook: its batches, what becomes of its answer, and what the event stream is told of it."""

from __future__ import annotations

import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handlers.engagement.campaigns import hook
from handlers.engagement.store.registry import Apps
from tests.handlers.engagement.conftest import APPLICATION


class Hook:
    """A function as `lambda.Invoke` sees it: `answer` makes the endpoints of a call, or raises."""

    def __init__(self, answer):
        self.answer = answer
        self.events = []

    def invoke(self, FunctionName, Payload):
        self.events.append({"function": FunctionName, **json.loads(Payload)})
        return {"Payload": io.BytesIO(json.dumps(self.answer(json.loads(Payload)["Endpoints"])).encode())}


def offers(endpoints):
    """What the hooks of the field do: write into Attributes without asking, and hand the endpoints back."""
    for identifier, endpoint in endpoints.items():
        endpoint["Attributes"]["Offer"] = [f"offer for {identifier}"]
    return endpoints


@pytest.fixture
def hooked(campaign, monkeypatch):
    """Registers a function as the project's hook; returns what it was called with."""
    monkeypatch.setattr(hook, "FIRST_PAUSE_SECONDS", 0)
    inner = hook.aws_client

    def use(answer, mode="FILTER"):
        made = Hook(answer)
        monkeypatch.setattr(
            hook, "aws_client", lambda service, **more: made if service == "lambda" else inner(service, **more)
        )
        setting = {"CampaignHook": {"LambdaFunctionName": "offers", "Mode": mode}}
        Apps(campaign.tables.registry).update_settings(APPLICATION, lambda settings: settings.update(setting))
        return made

    return use


def bodies(campaign):
    return sorted(message["MessageBody"] for message in campaign.outbox.sent)


OFFER = {"MessageConfiguration": {"SMSMessage": {"Body": "{{Attributes.Offer}}"}}}


def embedded(event):
    return json.loads(event["client_context"]["custom"]["endpoint"])


def test_the_hook_edits_batches_of_at_most_50_and_everybody_gets_his_own(campaign, hooked):
    function = hooked(offers)
    campaign.endpoints(130)
    campaign.create(Name="spring", **OFFER)
    campaign.run()
    assert bodies(campaign) == sorted(f"offer for e{at}" for at in range(130))
    assert max(len(event["Endpoints"]) for event in function.events) <= 50
    assert sum(len(event["Endpoints"]) for event in function.events) == 130
    told = ("function", "ApplicationId", "TreatmentId", "CampaignName")
    [event] = {tuple(event[name] for name in told) for event in function.events}
    assert event == ("offers", APPLICATION, "0", "spring")


def test_events_tell_the_endpoint_as_the_hook_made_it(campaign, hooked):
    hooked(offers)
    campaign.endpoints(5)
    campaign.create(**OFFER)
    campaign.run()
    told = {event["client"]["client_id"]: embedded(event)["Attributes"]["Offer"] for event in campaign.world.events()}
    assert told == {f"e{at}": [f"offer for e{at}"] for at in range(5)}


def test_a_campaigns_own_hook_stands_in_for_the_projects(campaign, hooked):
    function = hooked(offers)
    campaign.endpoints(3)
    campaign.create(**OFFER, Hook={"LambdaFunctionName": "own", "Mode": "FILTER"})
    campaign.run()
    assert {event["function"] for event in function.events} == {"own"}


def test_an_emoji_that_the_hook_cut_stops_nobody(campaign, hooked):
    campaign.endpoints(3)
    campaign.create(**OFFER)
    hooked(lambda endpoints: {name: {**one, "Attributes": {"Offer": ["\ud83d"]}} for name, one in endpoints.items()})
    campaign.run()
    assert bodies(campaign) == ["?"] * 3
    assert campaign.statuses() == {f"e{at}": ["SUCCESS"] for at in range(3)}


def test_endpoints_that_the_hook_leaves_out_get_nothing(campaign, hooked):
    hooked(lambda endpoints: {name: found for name, found in offers(endpoints).items() if name != "e1"})
    campaign.endpoints(3)
    campaign.create(**OFFER)
    campaign.run()
    assert bodies(campaign) == ["offer for e0", "offer for e2"]
    assert set(campaign.statuses()) == {"e0", "e2"}


def test_a_hook_that_never_answers_is_asked_three_times_and_four_times_more_then_waits_to_be_resumed(campaign, hooked):
    def slow(_):
        raise ReadTimeoutError(endpoint_url="hook")

    function = hooked(slow)
    campaign.endpoints(1)
    campaign.create(**OFFER)
    campaign.run()
    assert len(function.events) == 3 * 5
    assert campaign.outbox.sent == []
    assert set(map(tuple, campaign.statuses().values())) == {("HOOK_FAILURE",)}
    assert campaign.activities()[0]["Result"] == "FAIL"
    hooked(offers)
    assert campaign.resume()["Missing"] == 0
    assert bodies(campaign) == ["offer for e0"]


def test_a_hook_that_is_throttled_twice_still_edits(campaign, hooked):
    calls = []

    def throttled(endpoints):
        calls.append(1)
        if len(calls) < 3:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "later"}}, "Invoke")
        return offers(endpoints)

    hooked(throttled)
    campaign.endpoints(1)
    campaign.create(**OFFER)
    campaign.run()
    assert bodies(campaign) == ["offer for e0"]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_an_event_that_is_told_again_is_the_same_event(campaign, hooked, monkeypatch, after):
    hooked(offers)
    campaign.endpoints(3)
    repeated = unknown = 0
    for number in range(1, 60):
        from tests.handlers.engagement.campaigns import conftest

        identifier = f"{number:032x}"
        campaign.create(Id=identifier, **OFFER)
        monkeypatch.setattr(conftest, "CAMPAIGN", identifier)
        counter = campaign.kill_at(number, after=after)
        campaign.run()
        told: dict[str, list] = {}
        for event in campaign.world.events():
            if event["attributes"]["campaign_id"] == identifier:
                told.setdefault(event["client"]["client_id"], []).append(event)
        assert set(told) == {f"e{at}" for at in range(3)}, number
        for name, events in told.items():
            assert [event for event in events if event != events[0]] == [], number
            assert embedded(events[0])["Attributes"]["Offer"] == [f"offer for {name}"], number
            repeated += len(events) > 1
            unknown += events[0]["attributes"]["campaign_send_status"] == "UNKNOWN"
        if next(counter) <= number:
            break
    else:
        pytest.fail("the run has more calls than were tried")
    assert unknown
    assert repeated or not after


def test_attributes_that_no_event_can_hold_are_left_out_of_it(campaign, hooked):
    def huge(endpoints):
        for endpoint in endpoints.values():
            endpoint["Attributes"] |= {"html": ["x" * 600_000], "Offer": ["short"]}
        return endpoints

    hooked(huge)
    campaign.endpoints(1)
    campaign.create(**OFFER)
    campaign.run()
    [event] = campaign.world.events()
    assert embedded(event)["Attributes"] == {"Offer": ["short"]}
    assert bodies(campaign) == ["short"]


def test_a_hook_that_answers_only_strangers_has_failed_and_the_run_says_so(campaign, hooked):
    hooked(lambda endpoints: {f"{name}-x": found for name, found in endpoints.items()})
    campaign.endpoints(3)
    campaign.create(**OFFER)
    campaign.run()
    assert campaign.outbox.sent == []
    assert set(map(tuple, campaign.statuses().values())) == {("HOOK_FAILURE",)}
    [activity] = campaign.activities()
    assert (activity["Result"], activity["TotalEndpointCount"]) == ("FAIL", 3)


def test_a_hook_that_answers_nobody_drops_everybody(campaign, hooked):
    hooked(lambda endpoints: {})
    campaign.endpoints(3)
    campaign.create(**OFFER)
    campaign.run()
    [activity] = campaign.activities()
    assert (campaign.outbox.sent, activity["Result"], activity["ExecutionMetrics"]) == ([], "SUCCESS", {"DROPPED": "3"})


def test_whom_the_hook_opts_out_or_makes_inactive_gets_nothing(campaign, hooked):
    def edit(endpoints):
        for identifier, endpoint in offers(endpoints).items():
            endpoint.update({"e0": {"OptOut": "ALL"}, "e1": {"EndpointStatus": "INACTIVE"}}.get(identifier, {}))
        return endpoints

    hooked(edit)
    campaign.endpoints(3)
    campaign.create(**OFFER)
    campaign.run()
    assert bodies(campaign) == ["offer for e2"]
    [activity] = campaign.activities()
    assert activity["ExecutionMetrics"] == {"DROPPED": "2", "SUCCESS": "1"}
