"""What campaigns hold of an endpoint is deleted under computed keys: nothing of it is left, and nothing of others is gone."""

import json

import pytest

from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.traces import Traces
from handlers.shared.addresses.normal_form import digest
from handlers.shared.tables import table_client
from tests.handlers.engagement.campaigns.conftest import CAMPAIGN
from tests.handlers.engagement.conftest import APPLICATION as APP
from tests.handlers.engagement.metrics.delivery_events import text

ROUTE = f"https://api/v1/apps/{APP}/endpoint-traces-erasure"
GONE, ADDRESS = "e3", "+14256790003"


def held(campaign):
    """All items of the sends table, as text, by key."""
    items = table_client().scan(TableName=campaign.tables.sends.name)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): json.dumps(item) for item in items}


def traces(campaign, *ids, addresses=(("SMS", ADDRESS),)):
    return Traces(campaign.tables.sends, campaign.tables.registry, APP, list(ids), list(addresses))


@pytest.fixture
def ran(campaign):
    campaign.endpoints(6)
    campaign.create(Limits={"Total": 5})
    campaign.run()
    told = [
        event for at in range(6) for event in text(f"m{at}", "TEXT_DELIVERED", person=f"e{at}", campaign_id=CAMPAIGN)
    ]
    Metrics(campaign.tables.sends, clock=lambda: told[0]["event_timestamp"] / 1000).count(told)
    return campaign


def of(items):
    person = digest_of_person()
    marks = (f'"{GONE}"', f"E#{GONE}", digest("SMS", ADDRESS), f"PER#{person}")
    return {key for key, item in items.items() if any(mark in item for mark in marks)}


def digest_of_person():
    from handlers.engagement.metrics.counting import person_key

    return person_key(APP, GONE)[0].removeprefix("PER#")


def test_nothing_of_the_endpoint_is_left_and_all_of_the_others_stays(ran):
    before = held(ran)
    mine = of(before)
    assert {key[0].partition("#")[0] for key in mine} == {"RUN", "CAP", "PER"} and len(mine) == 4
    found = [traces(ran, GONE.upper()).of_campaign(CAMPAIGN), traces(ran, GONE).of_application()]
    assert [(each.deleted, each.left) for each in found] == [(3, 0), (1, 0)]
    after = held(ran)
    assert after == {key: item for key, item in before.items() if key not in mine}
    assert traces(ran, GONE).of_campaign(CAMPAIGN).deleted == 0


def test_the_claim_of_an_address_stays_where_it_is_anothers(ran):
    before = held(ran)
    assert traces(ran, "nobody").of_campaign(CAMPAIGN).deleted == 0
    assert held(ran) == before


def sent_by_all_chunks(campaign):
    """A run to six people of which nothing is missing but its end."""
    campaign.endpoints(6)
    campaign.create()
    for chunk in campaign.step().plan({"StartTime": "now"})["Chunks"]:
        campaign.process(chunk)


def test_claims_of_a_run_that_goes_on_stay_and_are_counted(campaign):
    sent_by_all_chunks(campaign)
    before = held(campaign)
    found = traces(campaign, GONE).of_campaign(CAMPAIGN)
    assert (found.deleted, found.left) == (0, 2) and held(campaign) == before
    campaign.complete({"StartTime": "now"})
    assert traces(campaign, GONE).of_campaign(CAMPAIGN).deleted == 2


def test_who_was_claimed_is_found_again_when_the_run_is_over_without_an_address(campaign):
    sent_by_all_chunks(campaign)
    assert traces(campaign, GONE, addresses=()).of_campaign(CAMPAIGN).left == 2
    campaign.complete({"StartTime": "now"})
    assert traces(campaign, GONE, addresses=()).of_campaign(CAMPAIGN).deleted == 2
    assert of(held(campaign)) == set()


def test_who_still_waits_is_erased_and_stops_nobody_who_waits_too(campaign, time_is_over):
    assert time_is_over(6, 6)["Missing"] == 6
    assert traces(campaign, GONE, addresses=()).of_campaign(CAMPAIGN).left == 0
    assert of(held(campaign)) == set() and [item for item in held(campaign).values() if f'"{GONE}"' in item] == []
    assert campaign.resume()["Missing"] == 0
    assert sorted(campaign.texted()) == [f"+1425679000{at}" for at in range(6) if f"e{at}" != GONE]


def test_who_is_on_the_list_without_a_claim_stops_nobody(campaign, time_is_over):
    """What a death between the two leaves behind."""
    time_is_over(6, 6)
    ledger = campaign.step().ledger
    campaign.tables.sends.delete(*ledger.endpoint_key(GONE))
    assert campaign.resume()["Missing"] == 0
    assert len(campaign.texted()) == 5
    assert [key for key in held(campaign) if "#W" in key[0]] == []


def test_the_operation_erases_and_says_what_is_wrong(ran, send):
    def asked(**body):
        status, _, answer = send("POST", ROUTE, json.dumps(body).encode())
        return status, answer

    addresses = [{"ChannelType": "SMS", "Address": ADDRESS}]
    assert asked(EndpointIds=[GONE], Addresses=addresses, CampaignId=CAMPAIGN) == (200, {"Deleted": 3, "Left": 0})
    assert asked(EndpointIds=[GONE]) == (200, {"Deleted": 1, "Left": 0})
    for body, said in (
        ({"EndpointIds": []}, "EndpointIds has 0 entries; allowed are 1 to 100"),
        ({"EndpointIds": ["x"] * 101}, "EndpointIds has 101 entries"),
        ({"EndpointIds": ["x"], "CampaignId": "c", "JourneyId": "j"}, "exclude each other"),
    ):
        status, answer = asked(**body)
        assert status == 400 and said in json.dumps(answer)
