"""The hosted service in process: its tables on moto, and a boto3 Pinpoint client whose requests go to the handler."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from moto import mock_aws

ACCOUNT = "123456789012"
REGION = "eu-west-1"
STREAM = "engagement-events"
APPLICATION = "0a" * 16
MACHINES = ("import", "export", "campaign", "deletion")


@dataclass
class World:
    """One application on empty tables, with its stream and state machines. touched: tables, and what was done to them."""

    tables: Any
    environment: Any
    calls: Counter[str]
    touched: set[tuple[str, str]]

    def events(self) -> list[dict[str, Any]]:
        """What the stream holds, in order."""
        client = boto3.client("kinesis")
        found = []
        for shard in client.list_shards(StreamName=STREAM)["Shards"]:
            iterator = client.get_shard_iterator(
                StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += [json.loads(record["Data"]) for record in client.get_records(ShardIterator=iterator)["Records"]]
        return found

    def executions(self, kind: str) -> list[dict[str, Any]]:
        """Name and input of what was started on a state machine."""
        client = boto3.client("stepfunctions")
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{kind}"
        return [
            {
                "name": run["name"],
                "input": json.loads(client.describe_execution(executionArn=run["executionArn"])["input"]),
            }
            for run in client.list_executions(stateMachineArn=arn)["executions"]
        ]


@pytest.fixture(autouse=True)
def one_call_at_a_time(monkeypatch):
    """moto's DynamoDB in process is not made for threads: a transaction copies tables that another one changes."""
    from concurrent.futures import ThreadPoolExecutor

    from handlers.shared import overlapped

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(overlapped, "_pool", lambda: pool)
        yield


@pytest.fixture
def devices(push_application_id):
    """What reaches devices; to be asked for before what starts moto."""
    from tests.handlers.engagement.push_world import PushWorld

    return PushWorld()


@pytest.fixture
def world(monkeypatch, push_application_id):
    """The service's surroundings; `calls` counts the DynamoDB calls by operation."""
    from handlers.shared import clients

    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
        "AWS_SESSION_TOKEN": "",
        "ENDPOINTS_TABLE": "endpoints",
        "REGISTRY_TABLE": "registry",
        "MEMBERS_TABLE": "members",
        "SENDS_TABLE": "sends",
        "EVENT_STREAM_NAME": STREAM,
        "EVENT_STREAM_ARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}",
        "ACCOUNT_ID": ACCOUNT,
        "DEFAULT_APPLICATION_ID": APPLICATION,
        "JOURNEY_START_DELAY_SECONDS": "0",
        "NUMBER_VALIDATION_REGION": "us-east-1",
        "SMS_ORIGINATION_IDENTITY": "",
        "SMS_CONFIGURATION_SET": "",
        "SMS_RATES": '{"types": {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 10, "SHORT_CODE": 100, "SENDER_ID": 10}, "numbers": {}}',
        "EMAIL_FROM_ADDRESS": "shop@example.org",
        "EMAIL_CONFIGURATION_SET": "",
        "PUSH_APPLICATION_ID": push_application_id,
        **{
            f"{kind.upper()}_STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{kind}"
            for kind in MACHINES
        },
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_PINPOINT", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        clients.forget_clients()
        _make_tables()
        boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        for kind in MACHINES:
            boto3.client("stepfunctions").create_state_machine(
                name=kind,
                definition='{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
            )
        from handlers.engagement import service
        from handlers.engagement.api.environment import ApiEnvironment
        from handlers.engagement.store.applications import make_application
        from handlers.engagement.store.service_tables import Tables

        service.forget()
        environment = ApiEnvironment.read()
        tables = Tables(environment)
        calls: Counter[str] = Counter()
        tables.endpoints.client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: calls.update([model.name])
        )
        touched: set[tuple[str, str]] = set()
        tables.endpoints.client.meta.events.register(
            "provide-client-params.dynamodb.*",
            lambda params, model, **_: touched.update(touched_by(model.name, params)),
        )
        refuse_what_dynamodb_refuses(tables.endpoints.client)
        make_application(tables, environment, APPLICATION, "shop")
        calls.clear()
        yield World(tables, environment, calls, touched)
        service.forget()
        clients.forget_clients()


@pytest.fixture
def written(world):
    """Kinds of the items that transactions wrote, in order: E endpoint, A owner of an address, U user."""
    kinds = []

    def note(params, model, **_):
        for action in params["TransactItems"]:
            [change] = action.values()
            kinds.append((change.get("Item") or change["Key"])["pk"]["S"][0])

    world.tables.endpoints.client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", note)
    return kinds


def touched_by(operation: str, params: dict[str, Any]) -> set[tuple[str, str]]:
    """Tables, and the operations on them that IAM asks for: of a transaction those of its parts."""
    if operation == "TransactWriteItems":
        return {
            (part["TableName"], kind if kind == "ConditionCheck" else f"{kind}Item")
            for action in params["TransactItems"]
            for kind, part in action.items()
        }
    return {(table, operation) for table in params.get("RequestItems", [params.get("TableName")])}


def refuse_what_dynamodb_refuses(client: Any) -> None:
    """Keys that DynamoDB answers with a ValidationException, in reads too, where moto only finds nothing."""

    def check(params: dict[str, Any], model: Any, **_: Any) -> None:
        for kind, key in _keys(params):
            size, most = len(key.encode("utf-8", "surrogatepass")), 2048 if kind == "pk" else 1024
            try:
                key.encode()
            except UnicodeEncodeError:
                size = 0
            if not 1 <= size <= most:
                message = f"One or more parameter values were invalid: {kind} has {size} bytes"
                raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, model.name)

    client.meta.events.register("provide-client-params.dynamodb", check)


def _keys(value: Any) -> Iterator[tuple[str, str]]:
    """The values of pk and sk anywhere in a request's parameters, and those of a key condition."""
    if isinstance(value, list | tuple):
        for entry in value:
            yield from _keys(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            kind = {":pk": "pk", ":prefix": "sk"}.get(name, name)
            if kind in ("pk", "sk") and isinstance(entry, dict) and isinstance(entry.get("S"), str):
                yield kind, entry["S"]
            else:
                yield from _keys(entry)


def _make_tables() -> None:
    client = boto3.client("dynamodb")
    for name in ("endpoints", "registry", "members", "sends"):
        indexes = {
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "addresses",
                    "KeySchema": [
                        {"AttributeName": "address_key", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ]
        }
        keys = ["pk", "sk", *(["address_key"] if name == "endpoints" else [])]
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
            **(indexes if name == "endpoints" else {}),
        )


def url_event(method: str, url: str, headers: dict[str, str], body: bytes, *, decoded: bool = False) -> dict[str, Any]:
    """A function URL's event (payload format 2.0). `decoded`: the path as the embedded AWS gives it."""
    parts = urlsplit(url)
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": unquote(parts.path) if decoded else parts.path,
        "rawQueryString": parts.query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": parts.path}, "requestId": "request-1"},
        "isBase64Encoded": bool(body),
    }
    if body:
        event["body"] = base64.b64encode(body).decode()
    if parts.query:
        event["queryStringParameters"] = dict(parse_qsl(parts.query))
    return event


class _Raw:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: Any) -> Any:
        yield self.content


def connect(*, decoded: bool = False) -> Any:
    """A Pinpoint client whose requests are answered by the handler, so that botocore reads real answers."""
    from handlers.engagement.api.function import handler

    client = boto3.client(
        "pinpoint",
        endpoint_url="https://engagement.example",  # at AWS's own address moto would take the requests, too
        config=boto3.session.Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        event = url_event(
            request.method, request.url, {k: _text(v) for k, v in request.headers.items()}, body, decoded=decoded
        )
        result = handler(event, None)
        return AWSResponse(request.url, result["statusCode"], result["headers"], _Raw(result["body"].encode()))

    client.meta.events.register_first("before-send.pinpoint", answer)
    return client


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture
def pinpoint(world):
    """The client, on an application that exists (`APPLICATION`)."""
    return connect()


@pytest.fixture
def connected(world):
    """Makes clients: `connected(decoded=True)` is answered as behind a front end that decodes paths."""
    return connect


@pytest.fixture
def send(world):
    """Sends a raw request: `send(method, URL, body, headers)` gives (status, headers, parsed body)."""
    from handlers.engagement.api.function import handler

    def request(
        method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        answer = handler(url_event(method, url, headers or {}, body), None)
        return answer["statusCode"], answer["headers"], json.loads(answer["body"]) if answer["body"] else None

    return request
