"""Endpoints from outside: a boto3 client against the handler."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

APP = "0a" * 16


def put(pinpoint, identifier, **endpoint):
    return pinpoint.update_endpoint(ApplicationId=APP, EndpointId=identifier, EndpointRequest=endpoint)


def get(pinpoint, identifier):
    return pinpoint.get_endpoint(ApplicationId=APP, EndpointId=identifier)["EndpointResponse"]


def test_an_update_answers_202_and_the_endpoint_is_there(pinpoint):
    answer = put(pinpoint, "Ada-1", ChannelType="SMS", Address="+12065550100", Attributes={"plan": ["gold"]})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["MessageBody"]["Message"] == "Accepted"
    found = get(pinpoint, "ada-1")
    assert (found["Id"], found["EndpointStatus"], found["OptOut"]) == ("Ada-1", "ACTIVE", "NONE")
    assert found["Attributes"] == {"plan": ["gold"]}
    assert 0 <= int(found["CohortId"]) <= 99


def test_attributes_merge_by_key_and_replace_per_key(pinpoint):
    put(
        pinpoint,
        "a",
        ChannelType="SMS",
        Address="+12065550100",
        Attributes={"x": ["1", "2"], "y": ["3"]},
        Metrics={"m": 1},
    )
    put(pinpoint, "a", Attributes={"x": ["9"], "z": []}, Metrics={"n": 2.5})
    found = get(pinpoint, "a")
    assert found["Attributes"] == {"x": ["9"], "y": ["3"], "z": []}
    assert found["Metrics"] == {"m": 1, "n": 2.5}
    assert found["Address"] == "+12065550100"


def test_user_attributes_are_shared_by_the_users_endpoints(pinpoint):
    put(
        pinpoint, "a", ChannelType="SMS", Address="+12065550100", User={"UserId": "ada", "UserAttributes": {"n": ["1"]}}
    )
    put(pinpoint, "b", ChannelType="EMAIL", Address="a@b.c", User={"UserId": "ada", "UserAttributes": {"m": ["2"]}})
    assert get(pinpoint, "a")["User"] == {"UserId": "ada", "UserAttributes": {"n": ["1"], "m": ["2"]}}
    items = pinpoint.get_user_endpoints(ApplicationId=APP, UserId="ada")["EndpointsResponse"]["Item"]
    assert {item["Id"] for item in items} == {"a", "b"}
    pinpoint.delete_user_endpoints(ApplicationId=APP, UserId="ada")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, "a")


def test_who_takes_an_address_over_makes_the_former_owner_inactive(pinpoint):
    put(pinpoint, "a", ChannelType="SMS", Address="+12065550100")
    put(pinpoint, "b", ChannelType="SMS", Address="+12065550100")
    assert (get(pinpoint, "a")["EndpointStatus"], get(pinpoint, "b")["EndpointStatus"]) == ("INACTIVE", "ACTIVE")
    put(pinpoint, "a", Attributes={"x": ["1"]})
    assert (get(pinpoint, "a")["EndpointStatus"], get(pinpoint, "b")["EndpointStatus"]) == ("ACTIVE", "INACTIVE")
    put(pinpoint, "a", EndpointStatus="INACTIVE")
    assert get(pinpoint, "a")["EndpointStatus"] == "INACTIVE"


def test_an_address_given_up_is_free_again(pinpoint):
    put(pinpoint, "a", ChannelType="SMS", Address="+12065550100")
    put(pinpoint, "a", Address="+12065550101")
    put(pinpoint, "b", ChannelType="SMS", Address="+12065550100")
    assert get(pinpoint, "a")["EndpointStatus"] == "ACTIVE"
    pinpoint.delete_endpoint(ApplicationId=APP, EndpointId="a")
    put(pinpoint, "c", ChannelType="SMS", Address="+12065550101")
    assert get(pinpoint, "c")["EndpointStatus"] == "ACTIVE"


def test_without_address_an_endpoint_is_opted_out(pinpoint):
    put(pinpoint, "a", ChannelType="SMS")
    put(pinpoint, "a", Address="+12065550100")
    assert get(pinpoint, "a")["OptOut"] == "ALL"


def test_a_user_has_at_most_15_endpoints(pinpoint):
    items = [
        {"Id": str(n), "ChannelType": "EMAIL", "Address": f"{n}@b.c", "User": {"UserId": "ada"}} for n in range(15)
    ]
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 15 per user"):
        put(pinpoint, "16", ChannelType="SMS", Address="+12065550100", User={"UserId": "ada"})


def test_a_16th_push_endpoint_displaces_the_oldest(pinpoint):
    for n in range(15):
        put(
            pinpoint,
            f"p{n}",
            ChannelType="GCM",
            Address=f"t{n}",
            EffectiveDate=f"2030-01-{n + 1:02d}",
            User={"UserId": "ada"},
        )
    put(pinpoint, "p15", ChannelType="GCM", Address="t15", User={"UserId": "ada"})
    oldest = get(pinpoint, "p0")
    assert oldest["EndpointStatus"] == "INACTIVE" and "UserId" not in oldest.get("User", {})


def test_a_batch_stores_the_good_and_names_the_bad(pinpoint):
    items = [{"Id": "good", "ChannelType": "SMS", "Address": "+12065550100"}, {"Id": "b${x}", "ChannelType": "SMS"}]
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"1 of 2 .*others were stored.*Item\[1\]"):
        pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})
    assert get(pinpoint, "good")["Address"] == "+12065550100"


def test_101_endpoints_are_refused(pinpoint):
    items = [{"Id": str(n)} for n in range(101)]
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="101 endpoints; allowed are 1 to 100"):
        pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"Attributes": {"x" * 51: ["1"]}}, "51 characters"),
        ({"Attributes": {"x": ["1" * 101]}}, "101 characters"),
        ({"Attributes": {"x": ["1"] * 51}}, "51 values"),
        ({"Attributes": {f"a{n}": ["1"] for n in range(251)}}, "251 attributes"),
        ({"Attributes": {f"a{n}": ["1" * 100] * 2 for n in range(100)}}, "15 KB"),
        ({"ChannelType": "FAX"}, "ChannelType is 'FAX'; allowed are"),
        ({"Location": {"Latitude": 91}}, "-90 to 90"),
        ({"EffectiveDate": "soon"}, "ISO 8601"),
    ],
)
def test_what_breaks_a_limit_is_named(pinpoint, endpoint, message):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=message):
        put(pinpoint, "a", **endpoint)


def test_refused_attributes_are_no_longer_taken(pinpoint):
    put(pinpoint, "a", ChannelType="SMS", Address="+12065550100", Attributes={"old_1": ["1"]})
    pinpoint.remove_attributes(
        ApplicationId=APP, AttributeType="endpoint-custom-attributes", UpdateAttributesRequest={"Blacklist": ["old_*"]}
    )
    put(pinpoint, "a", Attributes={"old_1": ["2"], "old_2": ["3"], "new": ["4"]})
    assert get(pinpoint, "a")["Attributes"] == {"old_1": ["1"], "new": ["4"]}


ids = st.text(st.characters(exclude_characters="${}", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identifier=ids)
def test_any_id_survives_the_encoded_path(identifier):
    from urllib.parse import quote

    from handlers.engagement.api.router import match

    found = match("GET", f"/v1/apps/{APP}/endpoints/{quote(identifier, safe='-._~')}")
    assert found.route.name in ("GetEndpoint",) and found.parameters["endpoint-id"] == identifier


@pytest.mark.parametrize("decoded", [False, True])
@pytest.mark.parametrize("identifier", ["a/b", "ü ö", "a+b", "x/y z", "1:2@3"])
def test_ids_arrive_whether_or_not_the_front_end_decodes_the_path(connected, identifier, decoded):
    client = connected(decoded=decoded)
    put(client, identifier, ChannelType="SMS", Address="+12065550100")
    assert get(client, identifier)["Id"] == identifier


def test_a_batch_of_100_takes_the_fewest_calls(world, pinpoint):
    items = [{"Id": f"e{n}", "ChannelType": "SMS", "Address": f"+120655501{n:02d}"} for n in range(100)]
    get_missing = pinpoint.exceptions.NotFoundException
    with pytest.raises(get_missing):
        get(pinpoint, "nobody")
    pinpoint.remove_attributes(ApplicationId=APP, AttributeType="endpoint-user-attributes", UpdateAttributesRequest={})
    put(pinpoint, "warm", ChannelType="SMS", Address="+13035550100")
    world.calls.clear()
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})
    assert world.calls == {"BatchGetItem": 2, "TransactWriteItems": 2}
    world.calls.clear()
    updates = [{"Id": item["Id"], "Address": item["Address"], "Attributes": {"x": ["1"]}} for item in items]
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": updates})
    assert world.calls == {"BatchGetItem": 1, "TransactWriteItems": 1}
