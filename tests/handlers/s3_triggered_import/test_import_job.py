from __future__ import annotations

import json

import pytest
from botocore.awsrequest import AWSResponse

from handlers.s3_triggered_import import import_job
from handlers.shared import clients
from tests.handlers.shared.fakes import Context, FakeClient, client_error

JOB = {"Id": "j" * 32, "ApplicationId": "a" * 32, "JobStatus": "CREATED", "Definition": {"SegmentId": "s" * 32}}


@pytest.fixture
def pinpoint(monkeypatch):
    for name, value in {"APPLICATION_ID": "app", "IMPORT_ROLE_ARN": "arn:role", "IMPORT_FORMAT": "CSV"}.items():
        monkeypatch.setenv(name, value)
    import_job._environment.cache_clear()
    client = FakeClient({"create_import_job": {"ImportJobResponse": JOB}})
    monkeypatch.setattr(import_job, "_client", lambda: client)
    yield client
    import_job._environment.cache_clear()


def start(run_input):
    return import_job.handler({"operation": "start", "Input": run_input}, Context())


def test_an_import_registers_the_endpoints_and_defines_a_segment_named_like_the_file(pinpoint):
    assert start({"S3URL": "s3://files/import/2030/a b+ü.csv"}) == {"Status": "RUNNING", "Polls": 0, "Result": JOB}
    assert pinpoint.calls["create_import_job"] == [
        {
            "ApplicationId": "app",
            "ImportJobRequest": {
                "S3Url": "s3://files/import/2030/a b+ü.csv",
                "Format": "CSV",
                "RoleArn": "arn:role",
                "RegisterEndpoints": True,
                "DefineSegment": True,
                "SegmentName": "a b+ü.csv",
            },
        }
    ]


@pytest.mark.parametrize("run_input", [{}, None, [], "s3://b/k", {"S3URL": 5}, {"S3URL": "b/k"}, {"S3URL": "s3://b/"}])
def test_an_input_without_a_file_fails_and_says_what_is_allowed(pinpoint, run_input):
    outcome = start(run_input)
    assert outcome["Status"] == "FAILED"
    assert outcome["Result"]["Error"] == "InvalidInput"
    assert "allowed is" in outcome["Result"]["Cause"]
    assert "s3://BUCKET/KEY" in outcome["Result"]["Cause"]


def test_a_refused_job_fails_with_the_services_words(pinpoint):
    pinpoint.answers["create_import_job"] = client_error("NotFoundException", 404, "no app", "CreateImportJob")
    result = start({"S3URL": "s3://b/k"})["Result"]
    assert result == {"Error": "NotFoundException", "Cause": "CreateImportJob: no app"}


def test_what_may_be_better_next_time_is_thrown(pinpoint):
    pinpoint.answers["create_import_job"] = client_error("InternalServerErrorException", 500)
    with pytest.raises(Exception, match="InternalServerErrorException"):
        start({"S3URL": "s3://b/k"})


@pytest.mark.parametrize(
    ("job_status", "status"),
    [("PROCESSING", "RUNNING"), ("FAILING", "RUNNING"), ("COMPLETED", "SUCCEEDED"), ("FAILED", "FAILED")],
)
def test_polling_counts_and_judges_by_the_jobs_status(pinpoint, job_status, status):
    job = {**JOB, "JobStatus": job_status, "Failures": ["x" * 1000]}
    pinpoint.answers["get_import_job"] = {"ImportJobResponse": job}
    run = {"Status": "RUNNING", "Polls": 4, "Result": JOB}
    outcome = import_job.handler({"operation": "poll", "Run": run}, Context())
    assert (outcome["Status"], outcome["Polls"]) == (status, 5)
    assert outcome["Result"]["Failures"] == ["x" * 500 + "..."]
    assert pinpoint.calls["get_import_job"] == [{"ApplicationId": "app", "JobId": JOB["Id"]}]


def test_rows_that_opt_endpoints_out_are_told_loudly_with_what_they_do_not(monkeypatch):
    for name, value in {
        "APPLICATION_ID": "app",
        "IMPORT_ROLE_ARN": "arn:role",
        "IMPORT_FORMAT": "CSV",
        "ENGAGEMENT_ENDPOINT_URL": "https://api.example",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",  # pragma: allowlist secret
    }.items():
        monkeypatch.setenv(name, value)
    import_job._environment.cache_clear()
    import_job._client.cache_clear()
    clients.forget_clients()
    job = {**JOB, "JobStatus": "COMPLETED", "OptedOutEndpoints": 37}
    answers = [job, {**JOB, "JobStatus": "COMPLETED"}]
    import_job._client().meta.events.register(
        "before-send.pinpoint.GetImportJob",
        lambda **_: AWSResponse(
            "u", 200, {"Content-Type": "application/json"}, _Raw(json.dumps(answers.pop(0)).encode())
        ),
    )
    event = {"operation": "poll", "Run": {"Polls": 0, "Result": JOB}}
    result = import_job.handler(event, Context())["Result"]
    assert result["OptedOutEndpoints"] == 37
    assert result["Notice"].startswith("37 rows opt an endpoint out") and "suppress/" in result["Notice"]
    assert "Notice" not in import_job.handler(event, Context())["Result"]
    import_job._client.cache_clear()
    import_job._environment.cache_clear()
    clients.forget_clients()


class _Raw:
    def __init__(self, content):
        self._content = content

    def stream(self, **_):
        yield self._content
