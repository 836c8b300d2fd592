"""What campaigns hold of an endpoint is deleted under computed keys: nothing of it is left, and nothing of others is gone."""

import json
import time

import pytest

from handlers.engagement.campaigns.claim_batches import ADDRESS as ADDRESS_DIGITS
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.former_owners import Owners
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
    return Traces(campaign.tables, APP, list(ids), list(addresses))


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
    marks = (f'"{GONE}"', f'\\"{GONE}\\"', f"E#{GONE}", digest("SMS", ADDRESS)[:ADDRESS_DIGITS], f"PER#{person}")
    return {key for key, item in items.items() if any(mark in item for mark in marks)}


def digest_of_person():
    from handlers.engagement.metrics.counting import person_key

    return person_key(APP, GONE)[0].removeprefix("PER#")


def test_nothing_of_the_endpoint_is_left_and_all_of_the_others_stays(ran):
    before = held(ran)
    mine = of(before)
    assert {key[0].partition("#")[0] for key in mine} == {"RUN", "CAP", "PER"} and len(mine) == 3
    others = {f"e{at}": entry(ran, f"e{at}") for at in range(6) if f"e{at}" != GONE}
    found = [traces(ran, GONE.upper()).of_campaign(CAMPAIGN), traces(ran, GONE).of_application()]
    assert [(each.deleted, each.left) for each in found] == [(2, 0), (1, 0)]
    after = held(ran)
    assert of(after) == set()
    assert after == {key: item for key, item in before.items() if key not in mine} | {
        key: item for key, item in after.items() if key[1].startswith("B#")
    }
    assert {name: entry(ran, name) for name in others} == others and entry(ran, GONE) is None
    assert traces(ran, GONE).of_campaign(CAMPAIGN).deleted == 0


def entry(campaign, identifier):
    return campaign.step().ledger.entries([identifier]).get(identifier)


def test_a_run_whose_people_have_items_of_their_own_is_erased_too(campaign, monkeypatch):
    monkeypatch.setattr(SegmentReader, "carries", lambda *_: True)
    campaign.endpoints(6)
    campaign.create()
    campaign.run()
    before = held(campaign)
    mine = of(before)
    assert {key[1][:2] for key in mine} == {"E#", "A#"}
    assert traces(campaign, GONE).of_campaign(CAMPAIGN).deleted == 2
    assert held(campaign) == {key: item for key, item in before.items() if key not in mine}


def test_which_addresses_an_endpoint_left_is_erased(campaign):
    campaign.endpoints(4)
    for number in ("+14256790100", "+14256790101"):
        campaign.store([{"Id": GONE, "ChannelType": "SMS", "Address": number}])
    campaign.store([{"Id": "e2", "ChannelType": "SMS", "Address": "+14256790100"}])
    campaign.store([{"Id": "e2", "ChannelType": "SMS", "Address": "+14256790102"}])
    campaign.store([{"Id": "e1", "ChannelType": "SMS", "Address": ADDRESS}])
    store = EndpointStore(campaign.tables, APP)
    assert [former.id for former in store.owners([("SMS", ADDRESS)], since())["SMS", ADDRESS].former] == [GONE]
    assert traces(campaign, GONE.upper()).of_application().deleted == 2
    assert store.owners([("SMS", ADDRESS)], since())["SMS", ADDRESS] == Owners(["e1"], [])
    rest = table_client().scan(TableName=campaign.tables.endpoints.name)["Items"]
    left = [item for item in rest if item["pk"]["S"].startswith("L#")]
    assert not [item for item in left if f" {GONE}" in json.dumps(item)]
    assert traces(campaign, "e1", "e2").of_application().deleted == 3, "the other's are kept: e2 left two, e1 one"
    assert not [item for item in endpoints_table(campaign) if item["pk"]["S"].startswith("L#")]


def endpoints_table(campaign):
    return table_client().scan(TableName=campaign.tables.endpoints.name)["Items"]


def since():
    return int(time.time() * 1000) - 60_000


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
    assert (found.deleted, found.left) == (0, 1) and held(campaign) == before
    campaign.complete({"StartTime": "now"})
    assert traces(campaign, GONE).of_campaign(CAMPAIGN).deleted == 1


def test_who_was_claimed_is_found_again_when_the_run_is_over_without_an_address(campaign):
    sent_by_all_chunks(campaign)
    assert traces(campaign, GONE, addresses=()).of_campaign(CAMPAIGN).left == 1
    campaign.complete({"StartTime": "now"})
    assert traces(campaign, GONE, addresses=()).of_campaign(CAMPAIGN).deleted == 1
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
    assert asked(EndpointIds=[GONE], Addresses=addresses, CampaignId=CAMPAIGN) == (200, {"Deleted": 2, "Left": 0})
    assert asked(EndpointIds=[GONE]) == (200, {"Deleted": 1, "Left": 0})
    for body, said in (
        ({"EndpointIds": []}, "EndpointIds has 0 entries; allowed are 1 to 100"),
        ({"EndpointIds": ["x"] * 101}, "EndpointIds has 101 entries"),
        ({"EndpointIds": ["x"], "CampaignId": "c", "JourneyId": "j"}, "exclude each other"),
    ):
        status, answer = asked(**body)
        assert status == 400 and said in json.dumps(answer)
