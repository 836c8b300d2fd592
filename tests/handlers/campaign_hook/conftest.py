"""The hook in process: a table and a bucket on moto, and the project as a fake client."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

REGION = "eu-west-1"
APPLICATION = "a" * 32


@pytest.fixture
def aws(monkeypatch):
    """boto3 against moto, with an empty table `offers` and an empty bucket `templates`."""
    from handlers.shared import clients

    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
        "APPLICATION_ID": APPLICATION,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients.forget_clients()
        boto3.client("dynamodb").create_table(
            TableName="offers",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        )
        boto3.client("s3").create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield boto3
        clients.forget_clients()


class Calls:
    """Counts a client's calls by operation, and does as `faults` say: operation -> function of the request's parameters."""

    def __init__(self, client):
        self.made = []
        self.faults = {}
        client.meta.events.register("provide-client-params", self._called)

    def _called(self, params, model, **_):
        self.made.append(model.name)
        if fault := self.faults.get(model.name):
            fault(params)

    def count(self, operation):
        return self.made.count(operation)


@pytest.fixture
def watch():
    return Calls
