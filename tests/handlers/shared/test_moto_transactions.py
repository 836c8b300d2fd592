"""A transaction on moto's DynamoDB leaves what moto's own leaves, refused or not."""

from __future__ import annotations

import copy

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from tests.handlers import moto_transactions

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ONES = [{"pk": {"S": pk}, "sk": {"S": sk}, "n": {"N": "1"}, "l": {"L": [{"S": "x"}]}} for pk in "ab" for sk in "xy"]


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(pk, sk, **more):
    return {"Put": {"TableName": "both", "Item": {**key(pk, sk), "n": {"N": "2"}}, **more}}


def update(pk, sk, **more):
    changed = {"UpdateExpression": "ADD n :n SET l[0] = :l"}
    values = {"ExpressionAttributeValues": {":n": {"N": "5"}, ":l": {"S": "y"}}}
    return {"Update": {"TableName": "both", "Key": key(pk, sk), **changed, **values, **more}}


def delete(pk, sk):
    return {"Delete": {"TableName": "both", "Key": key(pk, sk)}}


def check(pk, sk, condition):
    return {"ConditionCheck": {"TableName": "both", "Key": key(pk, sk), "ConditionExpression": condition}}


def single(pk):
    return {"Put": {"TableName": "single", "Item": {"pk": {"S": pk}, "n": {"N": "2"}}}}


WRITES = [put("a", "x"), put("c", "new"), update("a", "y"), update("d", "new"), delete("b", "x"), single("a")]
REFUSED = check("b", "y", "attribute_not_exists(pk)")
CASES = {
    "taken": [*(one for one in WRITES if one != WRITES[3]), check("b", "y", "attribute_exists(pk)")],
    "refused by its last": [*WRITES, REFUSED],
    "refused by its first": [REFUSED, *WRITES],
    "refused by a condition of a write": [*WRITES[:3], put("b", "y", ConditionExpression="attribute_not_exists(pk)")],
    "an item twice": [*WRITES, update("a", "x")],
    "an item of a table that is not there": [*WRITES[:3], {"Put": {"TableName": "none", "Item": key("a", "x")}}],
    "an item without its key": [*WRITES[:3], {"Put": {"TableName": "both", "Item": {"pk": {"S": "a"}}}}],
}


@pytest.fixture
def dynamodb(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("dynamodb", REGION)
        for table, names in {"both": ["pk", "sk"], "single": ["pk"]}.items():
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
                ],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            )
        for one in ONES:
            client.put_item(TableName="both", Item=one)
        client.put_item(TableName="single", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
        yield client


def held(client):
    """What the tables and their streams hold."""
    return {
        name: (client.scan(TableName=name)["Items"], [_timeless(one) for one in table.stream_shard.items])
        for name, table in dynamodb_backends[ACCOUNT][REGION].tables.items()
    }


def _timeless(record):
    told = record.to_json()["dynamodb"]
    return {name: told.get(name) for name in ("Keys", "SequenceNumber", "OldImage", "NewImage")}


def outcome(client, actions):
    try:
        client.transact_write_items(TransactItems=copy.deepcopy(actions))
    except ClientError as error:
        return error.response["Error"], error.response.get("CancellationReasons")
    return None


@pytest.mark.parametrize("actions", CASES.values(), ids=CASES)
def test_a_transaction_answers_and_leaves_what_motos_own_does(dynamodb, monkeypatch, actions):
    backend = dynamodb_backends[ACCOUNT][REGION]
    before = copy.deepcopy(backend.tables)
    ours = outcome(dynamodb, actions), held(dynamodb)
    backend.tables = before
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", moto_transactions.transact_with_whole_copies)
    monkeypatch.setattr("moto.dynamodb.models.copy", copy)
    assert ours == (outcome(dynamodb, actions), held(dynamodb))


@pytest.mark.parametrize("name", [name for name in CASES if name != "taken"])
def test_a_refused_transaction_leaves_nothing(dynamodb, name):
    before = held(dynamodb)
    assert outcome(dynamodb, CASES[name]) is not None
    assert held(dynamodb) == before


def test_a_transaction_keeps_only_what_it_writes(dynamodb):
    tables = dynamodb_backends[ACCOUNT][REGION].tables
    items = {id(one) for partition in tables["both"].items.values() for one in partition.values()}
    assert outcome(dynamodb, [put("a", "x"), REFUSED]) is not None
    kept = {id(one) for partition in tables["both"].items.values() for one in partition.values()}
    assert len(items & kept) == 2
