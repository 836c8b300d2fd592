"""What the service offers beyond Pinpoint's endpoint operations: updates of existing endpoints alone, search by address."""

import json

import pytest

APP = "0a" * 16
BATCH = f"https://api/v1/apps/{APP}/endpoints"
SEARCH = f"https://api/v1/apps/{APP}/endpoint-search"
EXISTING_ONLY = {"X-Engagement-Existing-Only": "true"}


def put(pinpoint, identifier, **endpoint):
    return pinpoint.update_endpoint(ApplicationId=APP, EndpointId=identifier, EndpointRequest=endpoint)


def get(pinpoint, identifier):
    return pinpoint.get_endpoint(ApplicationId=APP, EndpointId=identifier)["EndpointResponse"]


def update(send, *items, headers=EXISTING_ONLY):
    return send("PUT", BATCH, json.dumps({"Item": items}).encode(), headers)


def search(send, channel, *addresses):
    status, _, answer = send("POST", SEARCH, json.dumps({"ChannelType": channel, "Addresses": addresses}).encode())
    return {item["Id"]: item for item in answer["Item"]} if status == 200 else (status, answer["Message"])


def test_with_the_header_unknown_endpoints_are_passed_over(pinpoint, send):
    put(pinpoint, "a", ChannelType="EMAIL", Address="a@b.c")
    status, _, answer = update(send, {"Id": "A", "OptOut": "ALL"}, {"Id": "new", "OptOut": "ALL", "Address": "n@b.c"})
    assert (status, answer["Unknown"]) == (202, ["new"])
    assert "Unknown" not in update(send, {"Id": "a", "OptOut": "NONE"}, headers={})[2]
    update(send, {"Id": "a", "OptOut": "ALL"})
    assert get(pinpoint, "a")["OptOut"] == "ALL"
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, "new")
    assert search(send, "EMAIL", "n@b.c") == {}


def test_with_the_header_the_status_and_the_owner_of_the_address_stay(pinpoint, send):
    put(pinpoint, "former", ChannelType="EMAIL", Address="a@b.c")
    put(pinpoint, "owner", ChannelType="EMAIL", Address="a@b.c")
    update(send, {"Id": "former", "OptOut": "ALL"}, {"Id": "owner", "Attributes": {"x": ["1"]}})
    assert (get(pinpoint, "former")["EndpointStatus"], get(pinpoint, "former")["OptOut"]) == ("INACTIVE", "ALL")
    assert get(pinpoint, "owner")["EndpointStatus"] == "ACTIVE"
    update(send, {"Id": "former", "EndpointStatus": "ACTIVE"})
    assert (get(pinpoint, "former")["EndpointStatus"], get(pinpoint, "owner")["EndpointStatus"]) == (
        "ACTIVE",
        "INACTIVE",
    )


def test_with_the_header_an_endpoint_that_was_switched_off_stays_off(pinpoint, send):
    put(pinpoint, "a", ChannelType="EMAIL", Address="a@b.c", EndpointStatus="INACTIVE")
    update(send, {"Id": "a", "Attributes": {"x": ["1"]}})
    assert (get(pinpoint, "a")["EndpointStatus"], get(pinpoint, "a")["Attributes"]) == ("INACTIVE", {"x": ["1"]})


def test_a_hundred_existing_endpoints_take_a_read_and_a_transaction(world, pinpoint, send):
    items = [{"Id": f"e{at}", "ChannelType": "EMAIL", "Address": f"{at}@b.c"} for at in range(50)]
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})
    world.calls.clear()
    update(send, *({"Id": f"e{at}", "OptOut": "ALL"} for at in range(100)))
    assert world.calls == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_the_header_takes_true_and_false_alone(pinpoint, send):
    assert update(send, {"Id": "a", "ChannelType": "SMS"}, headers={"x-engagement-existing-only": "false"})[0] == 202
    assert get(pinpoint, "a")["Id"] == "a"
    status, _, answer = update(send, {"Id": "a"}, headers={"x-engagement-existing-only": "yes"})
    assert (status, answer["Message"]) == (
        400,
        "header x-engagement-existing-only is 'yes'; allowed are true, false",
    )


def test_endpoints_are_found_by_address_email_in_any_case(pinpoint, send):
    put(pinpoint, "one", ChannelType="EMAIL", Address="Ada@Example.org", OptOut="ALL")
    put(pinpoint, "two", ChannelType="EMAIL", Address="ada@example.org")
    put(pinpoint, "text", ChannelType="SMS", Address="+12065550100")
    found = search(send, "EMAIL", "ADA@example.org", "nobody@example.org", "+12065550100")
    assert found == {
        "one": {
            "Id": "one",
            "Address": "Ada@Example.org",
            "ChannelType": "EMAIL",
            "EndpointStatus": "INACTIVE",
            "OptOut": "ALL",
        },
        "two": {
            "Id": "two",
            "Address": "ada@example.org",
            "ChannelType": "EMAIL",
            "EndpointStatus": "ACTIVE",
            "OptOut": "NONE",
        },
    }
    assert search(send, "SMS", "+12065550100").keys() == {"text"}


def test_who_lost_an_address_is_found_inactive_and_who_left_it_is_not(pinpoint, send):
    put(pinpoint, "lost", ChannelType="SMS", Address="+12065550100")
    put(pinpoint, "has", ChannelType="SMS", Address="+12065550100")
    put(pinpoint, "left", ChannelType="SMS", Address="+12065550101")
    put(pinpoint, "left", Address="+12065550102")
    found = search(send, "SMS", "+12065550100", "+12065550101")
    assert {identifier: item["EndpointStatus"] for identifier, item in found.items()} == {
        "lost": "INACTIVE",
        "has": "ACTIVE",
    }


def test_an_entry_of_the_index_that_is_behind_the_table_is_left_out(world, pinpoint, send, monkeypatch):
    from handlers.shared.tables import Table

    put(pinpoint, "left", ChannelType="SMS", Address="+12065550100")
    stale = world.tables.endpoints.index_keys("addresses", "address_key", f"{APP}#SMS#+12065550100")
    assert [identifier for _, identifier in stale] == ["left"]
    put(pinpoint, "left", Address="+12065550102")
    monkeypatch.setattr(Table, "index_keys", lambda *_: stale)
    assert search(send, "SMS", "+12065550100") == {}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"ChannelType": "EMAIL", "Addresses": []}, "Addresses has 0 entries; allowed are 1 to 100"),
        ({"ChannelType": "EMAIL", "Addresses": ["a"] * 101}, "Addresses has 101 entries; allowed are 1 to 100"),
        ({"Addresses": ["a"]}, "a search by Addresses needs their ChannelType"),
        ({"ChannelType": "MAIL", "Addresses": ["a"]}, "ChannelType is 'MAIL'; allowed are PUSH, GCM"),
        ({"ChannelType": "EMAIL", "Addresses": [1]}, "Addresses[0] is 1; needed is a text"),
    ],
)
def test_a_wrong_search_is_refused_with_the_reason(world, send, body, reason):
    status, _, answer = send("POST", SEARCH, json.dumps(body).encode())
    assert status == 400
    assert answer["Message"].startswith(reason)


def test_the_search_takes_post_alone_and_an_application_that_exists(world, send):
    assert send("GET", SEARCH)[0] == 405
    assert send("POST", SEARCH.replace(APP, "f" * 32), b"{}")[0] == 404


def test_a_pattern_finds_and_updates_by_the_same_contract(pinpoint, send, monkeypatch):
    """ProjectEndpoints, which all patterns use, against the handler itself."""
    from handlers.shared import project_endpoints, signed_post

    monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", "https://api/")
    put(pinpoint, "a", ChannelType="EMAIL", Address="A@b.c")

    class Http:
        def send(self, request):
            status, _, answer = send(request.method, request.url, request.body, dict(request.headers))
            return type("Response", (), {"status_code": status, "text": json.dumps(answer)})()

    project_endpoints.forget_clients()
    monkeypatch.setattr(signed_post, "_http", Http)
    found = project_endpoints.ProjectEndpoints(APP).by_address("EMAIL", {"a@B.c": []})
    assert [item["Id"] for item in found["a@B.c"]] == ["a"]


def test_endpoints_are_found_by_id_a_hundred_in_a_read(world, pinpoint, send):
    put(pinpoint, "One", ChannelType="SMS", Address="+12065550101", OptOut="ALL")
    put(pinpoint, "two", ChannelType="EMAIL", EndpointStatus="INACTIVE")
    world.calls.clear()
    ids = ["one", "two", *(f"nobody-{at}" for at in range(98))]
    status, _, answer = send("POST", SEARCH, json.dumps({"EndpointIds": ids}).encode())
    assert (status, world.calls) == (200, {"BatchGetItem": 1})
    one = {"Id": "One", "ChannelType": "SMS", "Address": "+12065550101", "EndpointStatus": "ACTIVE", "OptOut": "ALL"}
    two = {"Id": "two", "ChannelType": "EMAIL", "EndpointStatus": "INACTIVE", "OptOut": "ALL"}
    assert answer["Item"] == [one, two]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "a search takes Addresses or EndpointIds; given are neither"),
        (
            {"ChannelType": "SMS", "Addresses": ["+1"], "EndpointIds": ["a"]},
            "a search takes Addresses or EndpointIds; given are Addresses and EndpointIds",
        ),
        ({"Addresses": ["+1"]}, "a search by Addresses needs their ChannelType"),
        ({"EndpointIds": []}, "EndpointIds has 0 entries; allowed are 1 to 100"),
        ({"EndpointIds": ["a"] * 101}, "EndpointIds has 101 entries; allowed are 1 to 100"),
    ],
)
def test_a_search_says_what_it_takes(send, body, message):
    status, _, answer = send("POST", SEARCH, json.dumps(body).encode())
    assert (status, answer["Message"]) == (400, message)
