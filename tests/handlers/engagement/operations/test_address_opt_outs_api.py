"""Opt-outs that belong to a phone number: they hold for endpoints that have it, and for those that take it later."""

import json

import pytest

from handlers.engagement.store.endpoints import EndpointStore

APP = "0a" * 16
ROUTE = f"https://api/v1/apps/{APP}/address-opt-outs"
NUMBER = "+12065550100"


def opt(send, opt_out, *addresses, channel="SMS"):
    items = [{"Address": address, "OptOut": opt_out} for address in addresses]
    return send("POST", ROUTE, json.dumps({"ChannelType": channel, "Item": items}).encode())


def put(pinpoint, identifier, **endpoint):
    given = {"ChannelType": "SMS", "Address": NUMBER, **endpoint}
    pinpoint.update_endpoint(ApplicationId=APP, EndpointId=identifier, EndpointRequest=given)


def state(pinpoint, identifier):
    endpoint = pinpoint.get_endpoint(ApplicationId=APP, EndpointId=identifier)["EndpointResponse"]
    return endpoint["EndpointStatus"], endpoint["OptOut"]


def test_every_endpoint_with_the_number_is_opted_out_and_keeps_its_status(pinpoint, send):
    put(pinpoint, "former")
    put(pinpoint, "owner")
    put(pinpoint, "other", Address="+12065550199")
    assert opt(send, "ALL", NUMBER)[0] == 200
    assert state(pinpoint, "former") == ("INACTIVE", "ALL")
    assert state(pinpoint, "owner") == ("ACTIVE", "ALL")
    assert state(pinpoint, "other") == ("ACTIVE", "NONE")


def test_a_number_that_no_endpoint_has_is_remembered_for_the_one_that_comes(pinpoint, send):
    opt(send, "ALL", NUMBER)
    put(pinpoint, "later", OptOut="NONE")
    assert state(pinpoint, "later") == ("ACTIVE", "ALL")
    opt(send, "NONE", NUMBER)
    assert state(pinpoint, "later") == ("ACTIVE", "NONE")
    put(pinpoint, "last")
    assert state(pinpoint, "last") == ("ACTIVE", "NONE")


def test_the_number_stays_out_when_its_endpoint_goes_and_another_comes(pinpoint, send):
    put(pinpoint, "first")
    opt(send, "ALL", NUMBER)
    pinpoint.delete_endpoint(ApplicationId=APP, EndpointId="first")
    put(pinpoint, "second")
    assert state(pinpoint, "second") == ("ACTIVE", "ALL")


def test_an_endpoint_that_takes_the_number_over_or_changes_to_it_is_out(pinpoint, send):
    put(pinpoint, "first")
    put(pinpoint, "moving", Address="+12065550199")
    opt(send, "ALL", NUMBER)
    put(pinpoint, "second")
    assert (state(pinpoint, "first"), state(pinpoint, "second")) == (("INACTIVE", "ALL"), ("ACTIVE", "ALL"))
    put(pinpoint, "moving")
    assert state(pinpoint, "moving") == ("ACTIVE", "ALL")


@pytest.mark.parametrize("existing", [True, False], ids=["existing", "new"])
def test_a_batch_that_says_none_does_not_overrule_the_number(pinpoint, send, existing):
    if existing:
        put(pinpoint, "a")
    opt(send, "ALL", NUMBER)
    item = {"Id": "a", "ChannelType": "SMS", "Address": NUMBER, "OptOut": "NONE"}
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": [item]})
    assert state(pinpoint, "a") == ("ACTIVE", "ALL")


def test_an_endpoint_whose_number_is_not_out_is_opted_in_as_ever(pinpoint, send):
    put(pinpoint, "a", OptOut="ALL")
    put(pinpoint, "a", OptOut="NONE")
    assert state(pinpoint, "a") == ("ACTIVE", "NONE")


def test_opting_out_and_in_twice_changes_nothing(world, pinpoint, send):
    put(pinpoint, "a")
    opt(send, "ALL", NUMBER)
    before = pinpoint.get_endpoint(ApplicationId=APP, EndpointId="a")["EndpointResponse"]
    writes = world.calls["TransactWriteItems"]
    opt(send, "ALL", NUMBER)
    assert world.calls["TransactWriteItems"] == writes
    assert (
        pinpoint.get_endpoint(ApplicationId=APP, EndpointId="a")["EndpointResponse"]["EffectiveDate"]
        == (before["EffectiveDate"])
    )
    opt(send, "NONE", NUMBER, "+12065550177")
    opt(send, "NONE", NUMBER, "+12065550177")
    assert state(pinpoint, "a") == ("ACTIVE", "NONE")


def test_a_number_opted_in_again_leaves_nothing_behind(world, pinpoint, send):
    opt(send, "ALL", NUMBER)
    opt(send, "NONE", NUMBER)
    assert world.tables.endpoints.client.scan(TableName="endpoints")["Count"] == 0


def test_an_opt_out_between_an_update_s_read_and_its_write_is_not_lost(world):
    store = EndpointStore(world.tables, APP)
    transact, raced = world.tables.endpoints.transact, []

    def race(actions):
        if not raced:
            raced.append(True)
            store.opt_out_addresses("SMS", {NUMBER: True})
        transact(actions)

    world.tables.endpoints.transact = race
    store.upsert([{"Id": "new", "ChannelType": "SMS", "Address": NUMBER}])
    assert store.get(["new"])["new"]["OptOut"] == "ALL"


def test_a_batch_of_a_hundred_new_endpoints_takes_as_many_calls_as_before(world, pinpoint):
    items = [{"Id": f"e{at}", "ChannelType": "SMS", "Address": f"+120655501{at:02d}"} for at in range(50)]
    EndpointStore(world.tables, APP).opt_out_addresses("SMS", {items[7]["Address"]: True})
    world.calls.clear()
    results = EndpointStore(world.tables, APP, lambda: {}).upsert(items)
    assert all(result.error is None for result in results)
    assert world.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert state(pinpoint, "e7") == ("ACTIVE", "ALL")
    assert state(pinpoint, "e8") == ("ACTIVE", "NONE")


@pytest.mark.parametrize(
    ("channel", "addresses", "words"),
    [
        ("GCM", ["token"], "SMS, VOICE, EMAIL, CUSTOM"),
        ("SMS", [], "Item has 0 entries"),
        ("SMS", [NUMBER, NUMBER], "occurs twice"),
        ("SMS", [f"+1206{at:07d}" for at in range(101)], "Item has 101 entries; allowed are 1 to 100"),
    ],
)
def test_a_wrong_request_is_refused_with_what_is_allowed(send, channel, addresses, words):
    status, _, answer = opt(send, "ALL", *addresses, channel=channel)
    assert (status, words in answer["Message"]) == (400, True), answer


def search(send, **asked):
    status, answer = send("POST", ROUTE.replace("opt-outs", "opt-out-search"), json.dumps(asked).encode())[::2]
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("channel", ["EMAIL", "VOICE", "CUSTOM"])
def test_addresses_of_other_channels_are_opted_out_too(pinpoint, send, channel):
    put(pinpoint, "now", ChannelType=channel, Address="Ada@example.com")
    assert opt(send, "ALL", "ada@example.com" if channel == "EMAIL" else "Ada@example.com", channel=channel)[0] == 200
    put(pinpoint, "later", ChannelType=channel, Address="Ada@example.com", OptOut="NONE")
    assert state(pinpoint, "now")[1] == state(pinpoint, "later")[1] == "ALL"


def test_who_asked_first_and_when_is_kept_and_found(pinpoint, send):
    for by in ("ana", "later"):
        body = {"ChannelType": "SMS", "By": by, "Item": [{"Address": NUMBER, "OptOut": "ALL"}]}
        assert send("POST", ROUTE, json.dumps(body).encode())[0] == 200
    put(pinpoint, "a")
    pinpoint.delete_endpoint(ApplicationId=APP, EndpointId="a")
    [item] = search(send, ChannelType="SMS", Addresses=[NUMBER, "+12065550199"])["Item"]
    assert (item["Address"], item["By"], item["Since"][:2]) == (NUMBER, "ana", "20")
    assert search(send, ChannelType="EMAIL", Addresses=[NUMBER])["Item"] == []


def test_all_that_is_out_is_listed_page_by_page(send):
    numbers = [f"+1206555{at:04d}" for at in range(20)]
    opt(send, "ALL", *numbers)
    found, token = [], ""
    while True:
        answer = search(send, Token=token)
        found += [item["Address"] for item in answer["Item"]]
        if not (token := answer.get("NextToken", "")):
            break
    assert sorted(found) == numbers


@pytest.mark.parametrize(
    "asked", [{"Addresses": [NUMBER]}, {"ChannelType": "SMS", "Addresses": []}, {"Token": "x"}, {"Token": "99#"}]
)
def test_a_search_that_nothing_can_answer_is_refused(send, asked):
    assert send("POST", ROUTE.replace("opt-outs", "opt-out-search"), json.dumps(asked).encode())[0] == 400


def test_a_name_with_line_breaks_is_refused(send):
    body = {"ChannelType": "SMS", "By": "a\nb", "Item": [{"Address": NUMBER, "OptOut": "ALL"}]}
    assert send("POST", ROUTE, json.dumps(body).encode())[0] == 400
