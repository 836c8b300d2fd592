"""Which calls go the short way, and which botocore's own."""

import pytest
from botocore import UNSIGNED
from botocore.model import ServiceModel

from handlers.shared import json_calls
from tests.handlers.shared.wire import KEY, Wire, made


@pytest.mark.parametrize(("url", "plain"), [
    ("http://localhost:4566", True), ("http://localhost:4566/", True), ("http://localhost:4566/x", False),
])  # fmt: skip
def test_an_endpoint_with_a_path_goes_botocores_own_way(url, plain):
    wire = Wire()
    client = made("dynamodb", wire, endpoint_url=url)
    assert (json_calls.short_way(client, "GetItem", {}) is not None) == plain
    client.get_item(TableName="t", Key=KEY)
    assert wire.requests[0].url == url.rstrip("/") + "/" if plain else wire.requests[0].url.startswith(url)


@pytest.mark.parametrize(
    "config", [{"mode": "adaptive"}, {"mode": "legacy"}, {"attempts": None}, {"signature_version": UNSIGNED}]
)
def test_what_is_not_plain_goes_botocores_own_way(config):
    client = made("dynamodb", wire := Wire(), **config)
    assert json_calls.short_way(client, "GetItem", {}) is None
    client.get_item(TableName="t", Key=KEY)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "ListTables"), ("sqs", "ReceiveMessage"), ("s3", "GetObject")]
)
def test_other_operations_go_botocores_own_way(service, operation):
    assert json_calls.short_way(made(service, Wire()), operation, {}) is None


@pytest.mark.parametrize("part", ["_request_signer", "_endpoint", "_user_agent_creator", "_resolve_endpoint_ruleset"])
def test_a_botocore_that_keeps_its_parts_elsewhere_goes_its_own_way(part):
    client = made("dynamodb", Wire())
    setattr(client, part, None)
    assert json_calls.short_way(client, "GetItem", {}) is None


def test_an_older_botocore_that_tells_no_protocol_goes_its_own_way(monkeypatch):
    client = made("dynamodb", Wire())
    vars(client.meta.service_model).pop("resolved_protocol")
    monkeypatch.delattr(ServiceModel, "resolved_protocol")
    assert json_calls.short_way(client, "GetItem", {}) is None


def test_the_handlers_clients_go_the_short_way(monkeypatch):
    from handlers.shared.clients import aws_client, forget_clients
    from handlers.shared.tables import table_client

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    forget_clients()
    try:
        assert json_calls.short_way(table_client(), "PutItem", {})
        assert json_calls.short_way(aws_client("sqs"), "SendMessageBatch", {})
        assert isinstance(aws_client("pinpoint-sms-voice-v2"), json_calls.JsonCalls)
    finally:
        forget_clients()


def test_an_endpoint_that_the_rules_name_otherwise_goes_botocores_own_way():
    """DynamoDB has no host of its own for FIPS in GovCloud, whatever the client says."""
    client = made("dynamodb", wire := Wire(), region_name="us-gov-west-1", use_fips_endpoint=True)
    assert client.meta.endpoint_url == "https://dynamodb-fips.us-gov-west-1.amazonaws.com"
    assert json_calls.short_way(client, "GetItem", {}) is None
    client.get_item(TableName="t", Key=KEY)
    assert wire.requests[0].url.startswith("https://dynamodb.us-gov-west-1.amazonaws.com")


@pytest.mark.parametrize("told", [({"X-Mine": ["1"]}, {}), ({}, {"authSchemes": []})])
def test_rules_that_ask_for_more_than_a_place_go_botocores_own_way(told):
    client = made("dynamodb", Wire())
    client._resolve_endpoint_ruleset = lambda *_: (client.meta.endpoint_url, *told)
    assert json_calls.short_way(client, "GetItem", {}) is None
