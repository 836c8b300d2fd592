"""Queries on a data lake of a million rows become segments and attributes, from outside."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import servers
from sandbox.demos import clients
from sandbox.folder import Folder
from tests.sandbox import lake
from tests.sandbox.conftest import Sandbox

pytestmark = pytest.mark.sandbox

CONFIG = {
    "enabled": True,
    "databases": [lake.DATABASE],
    "buckets": [{"name": lake.BUCKET, "prefix": "tables/"}],
    "pollSeconds": 1,
    "timeoutMinutes": 10,
    "queryTimeoutMinutes": 10,
    "schedules": [
        {
            "name": "nightly",
            "expression": "rate(1 day)",
            "type": "direct",
            "segmentName": "nightly",
            "query": "SELECT endpoint_id AS Id FROM customers",
        },
        {
            "name": "each-minute",
            "expression": "rate(1 minute)",
            "type": "direct",
            "segmentName": "scheduled",
            "query": "SELECT endpoint_id AS Id FROM customers WHERE customer_id < 5",
        },
    ],
}
ENDPOINTS = 1000
RENEWALS = "SELECT d.endpoint_id AS Id\r\nFROM customers d WHERE d.stage = 'Renewal' AND d.customer_id < 1000"


class Runs:
    """Runs of the state machine, and their notifications."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.aws = servers.running(Folder(sandbox.home)).clients()
        outputs = {}
        for stack in ("foundation", "audience"):
            outputs |= json.loads(sandbox.run("outputs", stack).stdout)
        self.machine = outputs["federatedSegmentationStateMachineArn"]
        self.application = outputs["applicationId"]
        running = servers.running(Folder(sandbox.home))
        self.pinpoint = clients.engagement_client(running, outputs["endpointUrl"])
        self.queue = clients.subscribe_queue(self.aws, [outputs["federatedSegmentationTopicArn"]])
        self.notes: list[tuple[str, str, dict[str, Any]]] = []

    def start(self, **run_input: Any) -> str:
        started = self.aws("stepfunctions").start_execution(
            stateMachineArn=self.machine, name=uuid.uuid4().hex, input=json.dumps(run_input)
        )
        return started["executionArn"]

    def ended(self, seconds: float = 120, **run_input: Any) -> tuple[str, dict[str, Any]]:
        """Runs; returns the type and the content of the last notification."""
        run, before = self.start(**run_input), len(self.notes)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.poll()
            mine = [note for note in self.notes[before:] if note[2].get("Input") == run_input]
            if len(mine) == 2:
                assert mine[0][:2] == ("started", "Amazon Pinpoint Federated Segmentation Started")
                status = {"success": "SUCCEEDED", "failure": "FAILED"}[mine[1][0]]
                while (found := self.aws("stepfunctions").describe_execution(executionArn=run))["status"] == "RUNNING":
                    assert time.monotonic() < deadline
                assert found["status"] == status
                return mine[1][0], mine[1][2]
        history = self.aws("stepfunctions").get_execution_history(executionArn=run, reverseOrder=True, maxResults=5)
        raise AssertionError(f"not ended within {seconds} s: {json.dumps(history['events'], default=str)[:3000]}")

    def poll(self) -> None:
        sqs = self.aws("sqs")
        answer = sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            envelope = json.loads(message["Body"])
            kind = envelope["MessageAttributes"]["notification_type"]["Value"]
            self.notes.append((kind, envelope["Subject"], json.loads(envelope["Message"])))
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def segment(self, identifier: str) -> dict[str, Any]:
        return self.pinpoint.get_segment(ApplicationId=self.application, SegmentId=identifier)["SegmentResponse"]

    def endpoint(self, identifier: str) -> dict[str, Any]:
        answer = self.pinpoint.get_endpoint(ApplicationId=self.application, EndpointId=identifier)
        return answer["EndpointResponse"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Foundation and audience with this architecture alone, the lake, and the endpoints of the first 1,000 customers."""
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    try:
        sandbox.run("up", "foundation")
        others = ("s3TriggeredImport", "phoneNumberValidate")
        off = [part for key in others for part in ("-c", f"{key}.enabled=false")]
        sandbox.run("up", "audience", *off, "-c", f"federatedSegmentation={json.dumps(CONFIG)}")
        made = Runs(sandbox)
        lake.fill(made.aws, tmp_path_factory.mktemp("lake"))
        for start in range(0, ENDPOINTS, 100):
            items = [
                {"Id": f"e{n}", "ChannelType": "EMAIL", "Address": f"e{n}@example.org"}
                for n in range(start, start + 100)
            ]
            made.pinpoint.update_endpoints_batch(ApplicationId=made.application, EndpointBatchRequest={"Item": items})
        yield made
    finally:
        sandbox.run("down", check=False)


def test_a_direct_query_makes_a_segment_and_with_its_id_a_new_version_of_it(runs):
    kind, content = runs.ended(Query=RENEWALS, Type="direct", SegmentName="Renewals")
    assert (kind, content["Message"]) == ("success", "Federated Segmentation Successful"), content
    identifier = content["SegmentationResult"]["Definition"]["SegmentId"]
    segment = runs.segment(identifier)
    assert (segment["Name"], segment["Version"], segment["SegmentType"]) == ("Renewals", 1, "IMPORT")
    assert (segment["ImportDefinition"]["Size"], segment["ImportDefinition"]["ChannelCounts"]) == (100, {"EMAIL": 100})
    kind, content = runs.ended(
        Query=RENEWALS + " AND d.value = 'High' AND d.region = 'north'",
        Type="direct",
        SegmentName="Renewals",
        SegmentId=identifier,
    )
    assert kind == "success", content
    segment = runs.segment(identifier)
    assert (segment["Version"], segment["ImportDefinition"]["Size"]) == (2, 50)


def test_a_mutate_query_over_parquet_and_csv_sets_attributes_and_counts_unknown_ids(runs):
    query = """SELECT c.endpoint_id AS Id, 'True' AS "Attributes.RedShoes", CAST(count(*) AS varchar) AS "Metrics.Bought"
               FROM "AwsDataCatalog".lake.customers c LEFT JOIN actions a
               ON a.customer_id = c.customer_id AND a.kind = 'purchase' AND a.color = 'red' AND a.days_ago < 90
               WHERE c.customer_id < 1200 GROUP BY c.endpoint_id"""
    kind, content = runs.ended(Query=query, Type="mutate")
    assert kind == "success", content
    result = content["SegmentationResult"]
    assert (result["UpdatedEndpoints"], result["UnknownEndpoints"], result["RefusedRows"]) == (ENDPOINTS, 200, 0)
    bucket, _, prefix = result["Report"].removeprefix("s3://").partition("/")
    [report] = runs.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    body = runs.aws("s3").get_object(Bucket=bucket, Key=report["Key"])["Body"].read().decode()
    assert len(body.splitlines()) == 201 and "e1100,no endpoint has this Id" in body
    endpoint = runs.endpoint("e15")
    assert endpoint["Attributes"]["RedShoes"] == ["True"] and endpoint["Metrics"]["Bought"] >= 1
    with pytest.raises(runs.pinpoint.exceptions.NotFoundException):
        runs.endpoint("e1100")


@pytest.mark.parametrize(
    ("query", "kind", "error", "what"),
    [
        ("SELEC 1", "direct", "QueryFailed", "SYNTAX_ERROR"),
        ("SELECT endpoint_id AS Id FROM nowhere", "direct", "QueryFailed", "TABLE_NOT_FOUND"),
        ("SELECT endpoint_id AS Id FROM customers WHERE stage = 'Gone'", "direct", "NoRows", "returned no rows"),
        ("SELECT endpoint_id FROM customers LIMIT 3", "direct", "WrongColumns", "unknown column 'endpoint_id'"),
        ("SELECT endpoint_id AS Id FROM customers LIMIT 3", "mutate", "WrongColumns", "at least one more column"),
        ("SELECT 'x' AS Id, '1' AS \"Attributes.a\"", "mutate", "NoEndpointUpdated", "name no endpoint"),
        ("SELECT 1", "other", "InvalidInput", "allowed are direct, mutate"),
    ],
)
def test_what_cannot_be_done_ends_in_a_failure_that_says_why(runs, query, kind, error, what):
    run_input = {"Query": query, "Type": kind, **({"SegmentName": "s"} if kind == "direct" else {})}
    ending, content = runs.ended(**run_input)
    assert (ending, content["Message"]) == ("failure", "Federated Segmentation Failed")
    assert content["SegmentationResult"]["Error"] == error, content
    assert what in content["SegmentationResult"]["Cause"]


def test_a_schedule_starts_a_run_with_the_configs_query(runs):
    schedules = {
        schedule["Name"]: runs.aws("scheduler").get_schedule(Name=schedule["Name"])
        for schedule in runs.aws("scheduler").list_schedules()["Schedules"]
    }
    [nightly] = [found for name, found in schedules.items() if "nightly" in name]
    assert nightly["ScheduleExpression"] == "rate(1 day)" and nightly["Target"]["DeadLetterConfig"]["Arn"]
    assert json.loads(nightly["Target"]["Input"])["SegmentName"] == "nightly"
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        runs.poll()
        done = [note for note in runs.notes if note[2].get("Input", {}).get("SegmentName") == "scheduled"]
        if "success" in [note[0] for note in done]:
            return
    raise AssertionError(f"no scheduled run ended: {[note[:2] for note in runs.notes]}")
