"""Botocore's own signer signs the same request: what it writes must come out here."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from handlers.shared.request_signatures import Signer

NOW = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
HEADERS = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"}
BODY = '{"Key": "Zoë\\u0000 + / ="}'.encode()


def by_botocore(monkeypatch, url, headers, credentials, now=NOW, service="dynamodb", region="eu-west-1"):
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: now.replace(tzinfo=None))
    request = AWSRequest("POST", url, headers, BODY)
    SigV4Auth(credentials, service, region).add_auth(request)
    return {name: request.headers[name] for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")}


@pytest.mark.parametrize("url", [
    "https://dynamodb.eu-west-1.amazonaws.com/",
    "https://dynamodb.eu-west-1.amazonaws.com:443/",
    "http://localhost:4566/",
    "http://127.0.0.1:80/",
    "http://[::1]:8000/",
    "https://VPCE-1.dynamodb.eu-west-1.vpce.amazonaws.com/",
])  # fmt: skip
@pytest.mark.parametrize("token", [None, "AQoDYXdzEJr+/=="])
def test_the_signature_is_botocores(monkeypatch, url, token):
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    signed = Signer("dynamodb", "eu-west-1", url).signed(HEADERS, BODY, credentials.get_frozen_credentials(), NOW)
    expected = by_botocore(monkeypatch, url, HEADERS, credentials)
    assert {name: signed.get(name) for name in expected} == expected


def test_headers_that_change_on_the_way_are_not_signed_and_blanks_in_others_do_not_count(monkeypatch):
    headers = {
        **HEADERS, "User-Agent": "Botocore/1", "X-Amzn-Trace-Id": "Root=1-a;Sampled=0", "X-Amz-Meta": "  a   b ",
        "Expect": "100-continue", "Transfer-Encoding": "chunked",
    }  # fmt: skip
    credentials = Credentials("AKIDEXAMPLE", "secret")
    signed = Signer("dynamodb", "eu-west-1", "https://d.example/").signed(
        headers, BODY, credentials.get_frozen_credentials(), NOW
    )
    assert (
        signed["Authorization"] == by_botocore(monkeypatch, "https://d.example/", headers, credentials)["Authorization"]
    )
    assert {name: signed[name] for name in headers} == headers


def test_the_days_key_is_made_anew_for_another_day_and_for_other_credentials(monkeypatch):
    signer = Signer("dynamodb", "eu-west-1", "https://d.example/")
    for secret in ("one", "two"):
        for now in (NOW, datetime(2026, 12, 1, tzinfo=UTC), NOW):
            credentials = Credentials("AKIDEXAMPLE", secret)
            signed = signer.signed(HEADERS, BODY, credentials.get_frozen_credentials(), now)
            expected = by_botocore(monkeypatch, "https://d.example/", HEADERS, credentials, now)
            assert signed["Authorization"] == expected["Authorization"]


def test_the_moment_is_now_where_none_is_given():
    credentials = Credentials("AKIDEXAMPLE", "secret").get_frozen_credentials()
    before = datetime.now(UTC)
    signed = Signer("dynamodb", "eu-west-1", "https://d.example/").signed(HEADERS, BODY, credentials)
    told = datetime.strptime(signed["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert before.replace(microsecond=0) <= told <= datetime.now(UTC)
