"""`engagement project load` as a person runs it, into the hosted service of the sandbox."""

import csv
import json

import pytest

from sandbox.folder import REPOSITORY
from tests.sandbox.engagement_command import engagement

pytestmark = pytest.mark.sandbox

EXPORT = REPOSITORY / "docs" / "examples" / "pinpoint-export"


@pytest.fixture
def load(sandbox, tmp_path):
    options = ["--application", sandbox.application_id, "--endpoint-url", sandbox.exports["endpointUrl"], "--json"]

    def run(*arguments, code=0):
        return json.loads(engagement(sandbox, tmp_path, "project", "load", *arguments, *options, code=code))

    return run


def test_an_export_is_loaded_serves_and_is_the_same_after_a_second_time(sandbox, load):
    said = load(str(EXPORT), "--ids", "ids.json")
    assert (said["endpoints"], said["problems"]) == ({"loaded": 4}, 0)
    application = {"ApplicationId": sandbox.application_id}
    found = sandbox.pinpoint.get_endpoint(**application, EndpointId="ben-phone")["EndpointResponse"]
    assert (found["OptOut"], found["User"]["UserId"]) == ("ALL", "ben")
    again = load(str(EXPORT), "--ids", "ids.json")
    assert again["segments"] == {"unchanged": 2} and again["templates"] == {"unchanged": 2}


def test_thousands_of_rows_of_s3_are_loaded_and_the_broken_ones_reported(sandbox, load, tmp_path):
    bucket = sandbox.exports["importBucketName"]
    rows = [{"Id": f"load-{n}", "ChannelType": "EMAIL", "Address": f"load{n}@example.org"} for n in range(2000)]
    lines = [json.dumps(row) for row in rows]
    lines[700:700] = ["{", json.dumps({"Id": "load-x", "ChannelType": "PIGEON"})]
    sandbox.aws("s3").put_object(Bucket=bucket, Key="exports/part-0", Body="\n".join(lines).encode())
    said = load(f"s3://{bucket}/exports/", code=1)
    assert said["endpoints"] == {"loaded": 2000, "not loaded": 2}
    with (tmp_path / "load-errors.csv").open(newline="", encoding="utf-8") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["701", "702"]
    for identifier in ("load-0", "load-1999"):
        sandbox.pinpoint.get_endpoint(ApplicationId=sandbox.application_id, EndpointId=identifier)
    sandbox.aws("s3").delete_object(Bucket=bucket, Key="exports/part-0")
