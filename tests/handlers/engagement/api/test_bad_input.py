"""What no resource can have or no text can be: 400 or 404 with the reason, never 500."""

import json

import pytest

APP = "0a" * 16
APPS = f"/v1/apps/{APP}"
LONG = "x" * 5000


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/apps/{LONG}", f"{APPS}/endpoints/{LONG}", f"{APPS}/users/{LONG}", f"{APPS}/segments/{LONG}", f"{APPS}/campaigns/{LONG}",
        f"{APPS}/journeys/{LONG}", f"{APPS}/jobs/import/{LONG}", f"/v1/templates/{LONG}/sms", f"{APPS}/segments/{LONG}/versions/1",
    ],
)  # fmt: skip
def test_an_id_that_nothing_can_have_is_not_found(send, path):
    status, headers, body = send("GET", path)
    assert (status, headers["x-amzn-errortype"]) == (404, "NotFoundException") and body["Message"]


def test_ids_in_a_body_that_nothing_can_have_are_not_found(pinpoint, send):
    for identifier in ("", LONG):
        groups = {"Groups": [{"SourceSegments": [{"Id": identifier}]}]}
        status, _, body = send("POST", f"{APPS}/segments", json.dumps({"SegmentGroups": groups}).encode())
        assert status == 400 and "does not exist" in body["Message"]
        answer = pinpoint.send_messages(
            ApplicationId=APP,
            MessageRequest={"Endpoints": {identifier: {}}, "MessageConfiguration": {"SMSMessage": {"Body": "x"}}},
        )
        assert answer["MessageResponse"]["EndpointResult"][identifier]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert pinpoint.list_templates(Prefix=LONG)["TemplatesResponse"]["Item"] == []


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 200_000, b'{"tags":' + b"[" * 400 + b"]" * 400 + b"}"])
def test_a_body_that_nests_deeply_is_refused(send, body):
    status, headers, answer = send("POST", "/v1/apps", body)
    assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert "nests deeper than 100" in answer["Message"]


@pytest.mark.parametrize("name", ['"a\\ud800"', '"\\udc00"'])
def test_half_of_a_surrogate_pair_is_refused_with_its_place(send, name):
    status, _, answer = send("POST", "/v1/apps", b'{"Name": %s}' % name.encode())
    assert status == 400 and answer["Message"].startswith("Name is ") and "surrogate" in answer["Message"]
    status, _, answer = send("POST", "/v1/apps", b'{"Name": "a", "tags": {%s: "b"}}' % name.encode())
    assert status == 400 and answer["Message"].startswith("a name in tags is ")
    status, _, answer = send("POST", "/v1/apps", b'{"Name": "a", %s: "b"}' % name.encode())
    assert status == 400 and "is not known" in answer["Message"]
    for tags in (b'{%s: "b"}', b'{"b": %s}'):
        journey = b'{"Name": "a", "tags": %s}' % (tags % name.encode())
        status, _, answer = send("POST", f"{APPS}/journeys", journey)
        assert status == 400 and answer["Message"].startswith("tags is ") and "surrogate" in answer["Message"]
    template = json.dumps({"Body": "x", "DefaultSubstitutions": f'{{"a": {name}}}'}).encode()
    status, _, answer = send("POST", "/v1/templates/t/sms", template)
    assert status == 400 and "DefaultSubstitutions holds half of a surrogate pair" in answer["Message"]
    assert send("POST", "/v1/apps", b'{"Name": "\\ud83d\\ude00"}')[0] == 201


def test_a_path_or_query_that_is_not_utf_8_is_refused_and_not_taken_for_another(send):
    assert send("GET", f"{APPS}/endpoints/%ED%A0%80")[0] == 400
    assert send("GET", f"{APPS}/endpoints/%FF")[0] == 400
    assert send("GET", "/v1/templates?prefix=%FF")[0] == 400


@pytest.mark.parametrize("number", ["²", "٣", "-1", "0", "1" * 5000])
def test_a_version_and_a_page_size_are_plain_digits(send, number):
    from urllib.parse import quote

    assert send("GET", f"{APPS}/segments/s/versions/{quote(number)}")[0] in (400, 404)
    assert send("GET", f"/v1/templates?page-size={quote(number)}")[0] == 400
    assert send("GET", f"/v1/templates/t/sms?version={quote(number)}")[0] == 404


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"1e999", b"1" + b"0" * 400])
def test_a_number_that_64_bits_do_not_hold_is_refused(send, value):
    body = b'{"ChannelType": "SMS", "Metrics": {"m": %s}}' % value
    assert send("PUT", f"{APPS}/endpoints/e", body)[0] == 400
    assert send("POST", f"{APPS}/campaigns", b'{"HoldoutPercent": 2147483648}')[0] == 400


def test_an_address_of_many_bytes_is_kept_by_its_hash(pinpoint):
    address = "é" * 400 + "@example.com"
    pinpoint.update_endpoint(
        ApplicationId=APP, EndpointId="e", EndpointRequest={"ChannelType": "EMAIL", "Address": address}
    )
    assert pinpoint.get_endpoint(ApplicationId=APP, EndpointId="e")["EndpointResponse"]["Address"] == address


def test_a_raw_email_is_taken(pinpoint):
    answer = pinpoint.send_messages(
        ApplicationId=APP,
        MessageRequest={
            "Addresses": {"a@b.c": {"ChannelType": "EMAIL"}},
            "MessageConfiguration": {"EmailMessage": {"RawEmail": {"Data": b"Subject: x\r\n\r\nHi"}}},
        },
    )["MessageResponse"]["Result"]["a@b.c"]
    assert "StatusCode" in answer


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_outside_the_calendar_is_refused(send, moment):
    body = {"ChannelType": "SMS", "EffectiveDate": moment}
    status, _, answer = send("PUT", f"{APPS}/endpoints/e", json.dumps(body).encode())
    assert status == 400 and "ISO 8601" in answer["Message"]
