from __future__ import annotations

import base64
import json

import pydantic
import pytest

from components.building_blocks.bucket import BucketConfig
from components.event_database import EventDatabase, EventDatabaseArgs, EventDatabaseConfig
from components.event_database_views.table import COLUMNS, EVENT_COLUMNS
from components.event_database_views.views import VIEWS
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "event-database"
BUCKET = f"arn:aws:s3:::{NAME}-bucket"
RESULTS = f"arn:aws:s3:::{NAME}-results-bucket"


def built(archive_prefix="", **config):
    def program():
        component = EventDatabase(
            NAME,
            EventDatabaseArgs(EventDatabaseConfig(enabled=True, **config), projects.project(), archive_prefix),
        )
        return {
            "database": component.database_name,
            "table": component.table_name,
            "bucket": component.bucket_name,
            "results": component.results_bucket_name,
        }

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def table(recorder, name="all_events"):
    return next(found.inputs for found in recorder.of("CatalogTable") if found.inputs["name"] == name)


def test_the_delivery_reads_the_projects_stream_and_writes_below_two_prefixes(recorder):
    stream = recorder.one("FirehoseDeliveryStream").inputs
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == projects.project().event_stream_arn
    s3 = stream["extendedS3Configuration"]
    assert s3["bucketArn"] == BUCKET
    assert s3["prefix"] == "events/!{timestamp:yyyy/MM/dd/HH}/"
    assert s3["errorOutputPrefix"] == "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"
    assert s3["compressionFormat"] == "GZIP"
    assert s3["cloudwatchLoggingOptions"]["enabled"] is True
    (processor,) = s3["processingConfiguration"]["processors"]
    parameters = {found["parameterName"]: found["parameterValue"] for found in processor["parameters"]}
    assert parameters["LambdaArn"].endswith(f"function:{NAME}-transformation-function:$LATEST")


def test_the_delivery_may_do_what_it_does_and_no_more(recorder):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-transformation-function:$LATEST"
    assert projects.grants(recorder, f"{NAME}-delivery") == [
        allow(
            ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
            str(projects.project().event_stream_arn),
        ),
        allow(["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], function),
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], BUCKET),
        allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], [f"{BUCKET}/events/*", f"{BUCKET}/errors/*"]
        ),
    ]
    policy = next(found for found in recorder.of("RolePolicy") if found.name == f"{NAME}-delivery-grants")
    logs = [s for s in json.loads(policy.inputs["policy"])["Statement"] if s["Action"][0].startswith("logs:")]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}-delivery-logs"
    assert logs == [allow(["logs:PutLogEvents"], f"{group}:log-stream:delivery")]
    role = recorder.one("Role", f"{NAME}-delivery-role")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": ACCOUNT}}


def test_each_function_may_do_what_it_does_and_no_more(recorder):
    assert projects.grants(recorder, f"{NAME}-transformation") == [allow(["s3:PutObject"], f"{BUCKET}/errors/*")]
    objects = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    assert projects.grants(recorder, f"{NAME}-erasure") == [
        allow(["s3:ListBucketVersions"], BUCKET, StringLike={"s3:prefix": ["events/*", "errors/*"]}),
        allow(objects, [f"{BUCKET}/events/*", f"{BUCKET}/errors/*"]),
        allow(["s3:ListBucketVersions"], RESULTS, StringLike={"s3:prefix": ["results/*"]}),
        allow(objects, f"{RESULTS}/results/*"),
    ]


def test_the_functions_get_exactly_the_variables_that_they_read(recorder):
    for function, model in (("transformation", "TransformationEnvironment"), ("erasure", "ErasureEnvironment")):
        assert projects.environment(recorder, f"{NAME}-{function}") == projects.read_by("event_database", model)
    variables = recorder.one("Function", f"{NAME}-transformation-function").inputs["environment"]["variables"]
    assert json.loads(variables["TABLE_COLUMNS"]) == EVENT_COLUMNS
    assert sum(len(name) + len(value) for name, value in variables.items()) < 4096, "Lambda's limit"


def test_the_table_knows_its_partitions_by_the_clock(recorder):
    found = table(recorder)
    assert found["partitionKeys"] == [{"name": "ingest_hour", "type": "string"}]
    assert found["storageDescriptor"]["location"] == f"s3://{NAME}-bucket/events/"
    assert {column["name"]: column["type"] for column in found["storageDescriptor"]["columns"]} == COLUMNS
    parameters = found["parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.ingest_hour.range"] == "2026/10/30/00,NOW"
    assert parameters["storage.location.template"] == f"s3://{NAME}-bucket/events/${{ingest_hour}}/"


def test_what_expires_is_not_among_the_partitions():
    recorder = built(retention_days=90, error_days=5)
    assert table(recorder)["parameters"]["projection.ingest_hour.range"] == "NOW-90DAYS,NOW"
    rules = recorder.one("BucketLifecycleConfiguration", f"{NAME}-lifecycle").inputs["rules"]
    days = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule}
    assert days == {"events/": 90, "errors/": 5}


def test_every_view_is_in_the_catalog_as_athena_reads_it(recorder):
    assert recorder.one("CatalogDatabase").inputs["name"] == "due_eventdb"
    views = {
        found.inputs["name"]: found.inputs
        for found in recorder.of("CatalogTable")
        if "viewOriginalText" in found.inputs
    }
    assert set(views) == {view.name for view in VIEWS}
    for view in VIEWS:
        found = views[view.name]
        assert (found["tableType"], found["viewExpandedText"]) == ("VIRTUAL_VIEW", "/* Presto View */")
        assert found["parameters"] == {"presto_view": "true", "comment": "Presto View"}
        assert (found["owner"], "description" in found) == ("hadoop", False)
        assert found["storageDescriptor"]["serDeInfo"] == {"name": "-", "serializationLibrary": "-"}
        text = found["viewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
        assert json.loads(base64.b64decode(text))["schema"] == "due_eventdb"
        assert [c["name"] for c in found["storageDescriptor"]["columns"]] == [c.name for c in view.columns]


def test_query_results_are_encrypted_and_expire_in_a_place_of_their_own(recorder):
    configuration = recorder.one("Workgroup").inputs["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["resultConfiguration"] == {
        "outputLocation": f"s3://{NAME}-results-bucket/results/",
        "encryptionConfiguration": {"encryptionOption": "SSE_S3"},
    }
    rules = recorder.one("BucketLifecycleConfiguration", "results").inputs["rules"]
    assert [rule["expiration"]["days"] for rule in rules if "expiration" in rule] == [7]


def test_sends_name_their_archived_message_where_there_is_an_archive(recorder):
    def prefix(of):
        return of.one("Function", "transformation").inputs["environment"]["variables"]["ARCHIVE_PREFIX"]

    assert prefix(recorder) == ""
    assert prefix(built("archive/")) == "archive/"


def test_an_existing_bucket_is_used_and_left_as_it_is():
    recorder = built(bucket=BucketConfig(existing="their-events"))
    assert recorder.outputs["bucket"] == "their-events"
    assert [found.name for found in recorder.of("Bucket")] == [f"{NAME}-results-bucket"]
    assert (
        recorder.one("FirehoseDeliveryStream").inputs["extendedS3Configuration"]["bucketArn"]
        == "arn:aws:s3:::their-events"
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"database_name": "Due-DB"}, "pattern"),
        ({"first_day": "yesterday"}, "YYYY-MM-DD"),
        ({"first_day": "2026-13-40"}, "month must be"),
        ({"first_day": "2999-01-01"}, "in the future"),
        ({"bucket": BucketConfig(existing="abc"), "retention_days": 3}, "existing bucket"),
        ({"buffer_seconds": 5}, "greater than or equal to 60"),
        ({"result_days": 0}, "greater than or equal to 1"),
    ],
)
def test_config_that_cannot_work_is_refused(config, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        EventDatabaseConfig(**config)


@pytest.mark.parametrize(
    ("stack", "name"),
    [("events", "due_eventdb"), ("events-prod", "due_eventdb_prod"), ("everything-EU-1", "due_eventdb_eu_1")],
)
def test_without_a_name_the_database_is_its_environments(stack, name):
    def program():
        EventDatabase(NAME, EventDatabaseArgs(EventDatabaseConfig(enabled=True), projects.project()))

    recorder = record(program, stack=stack)
    assert recorder.one("CatalogDatabase").inputs["name"] == name
    views = [
        found.inputs["viewOriginalText"] for found in recorder.of("CatalogTable") if "viewOriginalText" in found.inputs
    ]
    texts = [view.removeprefix("/* Presto View: ").removesuffix(" */") for view in views]
    assert {json.loads(base64.b64decode(text))["schema"] for text in texts} == {name}
