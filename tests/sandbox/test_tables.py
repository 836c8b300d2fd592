"""What a deployment makes of a table's changed indexes and keys. Without any server."""

import boto3
import pytest
from moto import mock_aws

from sandbox.deployer.resources.dynamodb import Table

STATE = {"name": "by-state", "hashKey": "state", "projectionType": "KEYS_ONLY"}
OWNER = {"name": "by-owner", "keySchemas": [{"attributeName": "owner", "keyType": "HASH"}], "projectionType": "ALL"}


def inputs(*indexes, **types):
    """A table with indexes and the types of its attributes."""
    attributes = [{"name": name, "type": kind} for name, kind in types.items()]
    return {"name": "orders", "hashKey": "pk", "attributes": attributes, "globalSecondaryIndexes": list(indexes)}


class Deployed:
    """A table that was made, and its description."""

    def __init__(self, given):
        self.given, self.made = given, Table().create(self.aws, given)

    def aws(self, service):
        return boto3.client(service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")

    def update(self, given):
        Table().update(self.aws, self.made.id, self.given, given, self.made.outputs)

    @property
    def described(self):
        return self.aws("dynamodb").describe_table(TableName="orders")["Table"]

    @property
    def indexes(self):
        """Index -> its key's first attribute and what it holds."""
        return {
            found["IndexName"]: (found["KeySchema"][0]["AttributeName"], found["Projection"]["ProjectionType"])
            for found in self.described.get("GlobalSecondaryIndexes", ())
        }


@pytest.fixture
def deployed():
    with mock_aws():
        yield Deployed(inputs(STATE, pk="S", state="S"))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            inputs(STATE, OWNER, pk="S", state="S", owner="S"),
            {"by-state": ("state", "KEYS_ONLY"), "by-owner": ("owner", "ALL")},
        ),
        (inputs(pk="S"), {}),
        (inputs(OWNER, pk="S", owner="S"), {"by-owner": ("owner", "ALL")}),
        (inputs({**STATE, "projectionType": "ALL"}, pk="S", state="S"), {"by-state": ("state", "ALL")}),
        (
            inputs({**STATE, "projectionType": "ALL"}, pk="S", state="N"),
            {"by-state": ("state", "ALL")},
        ),
        (inputs({**STATE, "hashKey": "status"}, pk="S", status="N"), {"by-state": ("status", "KEYS_ONLY")}),
    ],
    ids=["one more", "none left", "another one", "another projection", "another projection and type", "another key"],
)
def test_indexes_come_go_and_are_made_anew(deployed, given, wanted):
    deployed.update(given)
    assert deployed.indexes == wanted
    types = {found["AttributeName"]: found["AttributeType"] for found in deployed.described["AttributeDefinitions"]}
    assert types == {found["name"]: found["type"] for found in given["attributes"]}


def test_an_index_that_stays_is_left_alone(deployed, monkeypatch):
    changes = []
    dynamodb = deployed.aws("dynamodb")
    monkeypatch.setattr(dynamodb, "update_table", lambda **given: changes.extend(given["GlobalSecondaryIndexUpdates"]))
    monkeypatch.setattr(deployed, "aws", lambda service: dynamodb)
    deployed.update(inputs(STATE, OWNER, pk="S", state="S", owner="S"))
    assert [list(change) for change in changes] == [["Create"]]


@pytest.mark.parametrize(("name", "types"), [("pk", {"pk": "N", "state": "S"}), ("state", {"pk": "S", "state": "N"})])
def test_another_type_of_a_key_that_stays_is_refused_as_the_provider_would_leave_it(deployed, name, types):
    before = deployed.described
    with pytest.raises(ValueError, match=f"type of key '{name}'"):
        deployed.update({**inputs(STATE, **types), "deletionProtectionEnabled": True})
    assert deployed.described == before


@pytest.mark.parametrize("change", [{"hashKey": "id"}, {"rangeKey": "sk"}])
def test_another_key_is_another_table(change):
    before = inputs(pk="S", id="S", sk="S")
    assert Table().difference(before, {**before, **change}).replacing == frozenset(change)
