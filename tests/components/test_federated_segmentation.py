from __future__ import annotations

import json

import pydantic
import pytest

from components.federated_segmentation import (
    FederatedSegmentation,
    FederatedSegmentationArgs,
    FederatedSegmentationConfig,
)
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "federated-segmentation"
RESULTS = f"arn:aws:s3:::{NAME}-results-bucket"
DIRECT = {"name": "renewals", "expression": "rate(1 day)", "type": "direct", "query": "SELECT 1", "segmentName": "s"}
CONFIG = {
    "databases": ["lake", "web"],
    "buckets": [{"name": "example-lake", "prefix": "tables/"}],
    "catalogs": [
        {
            "name": "shop",
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop",
            "spillBucket": "example-spill",
            "spillPrefix": "spill/",
        }
    ],
    "schedules": [DIRECT],
}


def built(platform="hosted", **config):
    def program():
        read = FederatedSegmentationConfig.model_validate({"enabled": True, **config})
        FederatedSegmentation(NAME, FederatedSegmentationArgs(read, projects.project(platform)))

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built(**CONFIG)


def read_of(recorder):
    """What the state machine's role may read beside results."""
    granted = projects.grants(recorder, NAME)
    return [
        (action, resource)
        for statement in granted
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith(("glue:", "s3:Get", "lambda:", "athena:GetDataCatalog")) and RESULTS not in resource
    ]


def test_queries_read_what_config_names_and_nothing_else(recorder):
    found = read_of(recorder)
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
    tables = {resource for action, resource in found if action == "glue:GetTable"}
    assert tables == {f"{glue}catalog", *(f"{glue}{kind}" for kind in ("database/lake", "database/web"))} | {
        f"{glue}table/lake/*",
        f"{glue}table/web/*",
    }
    objects = {resource for action, resource in found if action == "s3:GetObject"}
    assert objects == {"arn:aws:s3:::example-lake/tables/*", "arn:aws:s3:::example-spill/spill/*"}
    assert ("lambda:InvokeFunction", CONFIG["catalogs"][0]["functionArn"]) in found
    catalogs = {resource.rpartition("/")[2] for action, resource in found if action == "athena:GetDataCatalog"}
    assert catalogs == {"AwsDataCatalog", "shop"}


def test_a_source_beside_glue_needs_the_database_default_and_its_spill_bucket_as_athenas_guide_says():
    granted = projects.grants(built(catalogs=CONFIG["catalogs"]), NAME)
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
    assert allow(["glue:GetDatabase"], [f"{glue}catalog", f"{glue}database/default"]) in granted
    spilled = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    assert allow(spilled, "arn:aws:s3:::example-spill/spill/*") in granted


def test_without_config_queries_read_nothing_and_nothing_runs_by_itself():
    plain = built()
    assert [pair for pair in read_of(plain) if not pair[0].startswith("lambda:")] == []
    assert plain.of("Schedule") == []


def test_the_task_function_reads_results_and_writes_reports(recorder):
    assert projects.grants(recorder, f"{NAME}-tasks") == [
        *projects.CALLS_API,
        allow(["s3:GetObject"], f"{RESULTS}/results/*"),
        allow(["s3:PutObject"], f"{RESULTS}/reports/*"),
    ]
    written = projects.environment(recorder, f"{NAME}-tasks") - {"ENGAGEMENT_ENDPOINT_URL"}
    assert written == projects.read_by("federated_segmentation", "SegmentationEnvironment")


def test_results_expire_and_the_workgroup_holds_queries_to_them(recorder):
    configuration = recorder.one("Workgroup").inputs["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["resultConfiguration"]["outputLocation"] == f"s3://{NAME}-results-bucket/results/"
    rules = json.dumps(recorder.one("BucketLifecycleConfiguration").inputs)
    assert "results/" in rules and "reports/" in rules


def test_a_schedule_starts_the_state_machine_and_keeps_what_it_could_not_start(recorder):
    target = recorder.one("Schedule").inputs["target"]
    assert json.loads(target["input"]) == {"Query": "SELECT 1", "Type": "direct", "SegmentName": "s"}
    assert projects.grants(recorder, f"{NAME}-schedules") == [
        allow(["states:StartExecution"], target["arn"]),
        allow(["sqs:SendMessage"], target["deadLetterConfig"]["arn"]),
    ]


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"databases": ["*"]}, "a database's name holds none of"),
        ({"schedules": [DIRECT, DIRECT]}, "several schedules are called renewals"),
        ({"schedules": [{**DIRECT, "segmentName": None}]}, "has no segmentName"),
        ({"schedules": [{**DIRECT, "type": "mutate"}]}, "type mutate has a segmentName"),
        ({"pollSeconds": 3, "timeoutMinutes": 60, "queryTimeoutMinutes": 60}, "2400 looks"),
        ({"buckets": [{"name": "b*d"}]}, "name"),
    ],
)
def test_config_that_cannot_work_is_refused(config, what):
    with pytest.raises(pydantic.ValidationError, match=what):
        FederatedSegmentationConfig.model_validate({"enabled": True, **config})
