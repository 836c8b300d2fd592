from __future__ import annotations

import json

import pytest

from handlers.engagement.campaigns.audience import CLAIMED, standing
from handlers.engagement.store import endpoint_rules as rules
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.working_set import item_key
from handlers.shared.addresses.normal_form import fingerprint

INVALID = {"PNV_PhoneNumberValidated": ["Yes"], "PNV_PhoneType": ["INVALID"], "PNV_OriginalPhoneNumber": ["+1206555"]}


def sms(identifier, address, **more):
    return {"Id": identifier, "ChannelType": "SMS", "Address": address, **more}


@pytest.fixture
def store(world):
    return EndpointStore(world.tables, "app")


def test_an_address_is_stored_without_what_nobody_sees_around_it(store):
    store.upsert([{"Id": "a", "ChannelType": "EMAIL", "Address": " Gus@Example.com\u00a0"}])
    assert store.get(["a"])["a"]["Address"] == "Gus@Example.com"


def test_of_two_endpoints_with_one_address_in_two_spellings_the_later_one_is_active(store):
    store.upsert([{"Id": "a", "ChannelType": "EMAIL", "Address": "gus@example.com"}])
    store.upsert([{"Id": "b", "ChannelType": "EMAIL", "Address": "GUS@example.com\u00a0"}])
    found = store.get(["a", "b"])
    assert [found[name]["EndpointStatus"] for name in ("a", "b")] == ["INACTIVE", "ACTIVE"]
    for spelling in ("gus@example.com", " Gus@EXAMPLE.com"):
        assert {endpoint["Id"] for endpoint in store.by_address("EMAIL", [spelling])} == {"a", "b"}


def test_an_endpoint_of_an_earlier_release_is_found_and_gives_up_its_address(store, world):
    store.upsert([{"Id": "a", "ChannelType": "EMAIL", "Address": "ana@example.com"}])
    pk, sk = item_key("app", "E", "a")
    item = world.tables.endpoints.get(pk, sk)
    document = {**json.loads(item["doc"]), "Address": "Ana@m\u00fcnchen.de "}
    earlier = {
        "owned": "EMAIL#Ana@m\u00fcnchen.de ",
        "address_key": "app#EMAIL#ana@m\u00fcnchen.de",
        "doc": json.dumps(document),
    }
    world.tables.endpoints.put({**item, **earlier})
    owner_pk, owner_sk = item_key("app", "A", earlier["owned"])
    world.tables.endpoints.put({"pk": owner_pk, "sk": owner_sk, "owner": "a"})
    assert [endpoint["Id"] for endpoint in store.by_address("EMAIL", ["ana@xn--mnchen-3ya.de"])] == ["a"]
    assert store.upsert([{"Id": "a", "Address": "ana@m\u00fcnchen.de"}])[0].error is None
    assert world.tables.endpoints.get(owner_pk, owner_sk) is None
    assert world.tables.endpoints.get(*item_key("app", "A", "EMAIL#ana@xn--mnchen-3ya.de"))["owner"] == "a"


def test_an_update_that_expects_another_address_changes_nothing(store):
    store.upsert([sms("a", "+12065550100"), sms("b", "+12065550101", EndpointStatus="INACTIVE")])
    read = {identifier: fingerprint(address) for identifier, address in (("a", "+12065550100"), ("b", "+12065550101"))}
    store.upsert([sms("a", "+12065550199")])
    items = [
        {"Id": name, "Address": f"+1206555030{at}", "Attributes": {"x": ["1"]}}
        for at, name in enumerate(("a", "b", "c"))
    ]
    results = store.upsert(items, existing_only=True, expected=read)
    assert [(result.changed, result.unknown) for result in results] == [(True, False), (False, False), (False, True)]
    found = store.get(["a", "b"])
    assert (found["a"]["Address"], found["a"].get("Attributes")) == ("+12065550199", None)
    assert (found["b"]["Address"], found["b"]["EndpointStatus"]) == ("+12065550301", "INACTIVE")


def test_a_number_that_changes_between_the_read_and_the_write_of_a_verdict_stays(store, world, monkeypatch):
    store.upsert([sms("a", "+12065550100")])
    transact, interfered = world.tables.endpoints.transact, []

    def interfere(actions):
        if not interfered:
            interfered.append(True)
            EndpointStore(world.tables, "app").upsert([sms("a", "+12065550199")])
        transact(actions)

    monkeypatch.setattr(world.tables.endpoints, "transact", interfere)
    expected = {"a": fingerprint("+12065550100")}
    items = [{"Id": "a", "Attributes": INVALID, "EndpointStatus": "INACTIVE"}]
    assert store.upsert(items, existing_only=True, expected=expected)[0].changed
    endpoint = store.get(["a"])["a"]
    assert (endpoint["Address"], endpoint["EndpointStatus"]) == ("+12065550199", "ACTIVE")
    assert "Attributes" not in endpoint


def test_what_was_said_of_a_number_goes_with_the_number(store):
    store.upsert([sms("a", "+1206555", Attributes={**INVALID, "Tier": ["gold"]}, EndpointStatus="INACTIVE")])
    store.upsert([sms("a", "+1206555")])
    assert standing(store.get(["a"])["a"]) != CLAIMED
    store.upsert([sms("a", "+12065550100")])
    endpoint = store.get(["a"])["a"]
    assert endpoint["Attributes"] == {"Tier": ["gold"]}
    assert standing(endpoint) == CLAIMED


def test_a_verdict_that_a_client_sends_back_with_another_number_is_not_taken():
    stored = {**sms("a", "+1206555"), "Attributes": dict(INVALID)}
    sent_back = {**sms("a", "+12065550100"), "Attributes": {**INVALID, "Tier": ["gold"]}}
    assert rules.merge(stored, sent_back, "t", "r")["Attributes"] == {"Tier": ["gold"]}
    of_the_new_one = {**INVALID, "PNV_PhoneType": ["MOBILE"], "PNV_OriginalPhoneNumber": ["+12065550100"]}
    corrected = {**sms("a", "+12065550100"), "Attributes": of_the_new_one}
    assert rules.merge(stored, corrected, "t", "r")["Attributes"] == of_the_new_one


def test_a_number_without_a_country_code_is_unverified_again_in_another_country():
    stored = {**sms("a", "06 12 34 56 78"), "Attributes": dict(INVALID), "Location": {"Country": "US"}}
    assert "PNV_PhoneType" in rules.merge(stored, {"Id": "a", "Location": {"Country": "US"}}, "t", "r")["Attributes"]
    assert not rules.merge(stored, {"Id": "a", "Location": {"Country": "FR"}}, "t", "r")["Attributes"]


def test_a_verdict_of_an_earlier_release_about_another_number_keeps_nobody_out():
    endpoint = sms("a", "+12065550100", Attributes=INVALID)
    assert standing(endpoint) == CLAIMED
    assert standing({**endpoint, "Address": "+1206555"}) != CLAIMED


def test_an_address_that_is_opted_out_is_found_by_any_of_its_spellings(store):
    store.opt_out_addresses("SMS", {"+12065550100": True})
    store.upsert([sms("a", "\u202a+12065550100\u202c")])
    assert store.get(["a"])["a"]["OptOut"] == "ALL"
