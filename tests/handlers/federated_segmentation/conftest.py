"""A result in moto's S3, and an engagement project that remembers what it is asked."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from handlers.shared import clients, project_endpoints
from tests.handlers.shared.fakes import FakeClient

BUCKET = "results"
KEY = "results/query.csv"
URL = f"s3://{BUCKET}/{KEY}"


class World:
    """known: ids that endpoints have. updates: batches that the project took."""

    def __init__(self):
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.known = set()
        self.updates = []
        self.project = FakeClient({"update_endpoints_batch": self._update})

    def _update(self, ApplicationId, EndpointBatchRequest):
        items = EndpointBatchRequest["Item"]
        assert 1 <= len(items) <= 100
        self.updates.append(items)
        return {"Unknown": [item["Id"] for item in items if item["Id"] not in self.known]}

    @property
    def updated(self):
        return {item["Id"]: item for items in self.updates for item in items if item["Id"] in self.known}

    def put(self, body, key=KEY):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def reports(self):
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/").get("Contents", [])
        return {
            item["Key"]: self.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode() for item in found
        }


@pytest.fixture
def world(monkeypatch):
    for name, value in {
        "APPLICATION_ID": "app",
        "IMPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/engagement/import",
        "RESULTS_BUCKET": BUCKET,
        "MAX_CHUNKS": "4",
        "ENGAGEMENT_ENDPOINT_URL": "https://api.example/",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    from handlers.federated_segmentation import function

    clients.forget_clients()
    function._environment.cache_clear()
    with mock_aws():
        made = World()
        monkeypatch.setattr(project_endpoints, "_client", lambda: made.project)
        monkeypatch.setattr(function, "engagement_client", lambda: made.project)
        yield made
    function._environment.cache_clear()
    clients.forget_clients()
