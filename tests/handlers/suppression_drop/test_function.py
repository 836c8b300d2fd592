"""A dropped file goes onto every list, line by line; what cannot is in a report, and nothing is lost when a call dies."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from handlers.shared.suppression_lists import lists
from handlers.suppression_drop import function
from tests.handlers.shared.fakes import client_error
from tests.handlers.shared.suppression_lists.conftest import account  # noqa: F401

BUCKET = "files"


@pytest.fixture
def drop(account, monkeypatch):  # noqa: F811
    for name, value in {
        "APPLICATION_ID": "a" * 32,
        "SUPPRESS_PREFIX": "suppress/",
        "REPORTS_PREFIX": "suppress-reports/",
        "OPT_OUT_LISTS": "Default,out",
    }.items():
        monkeypatch.setenv(name, value)
    function._environment.cache_clear()
    monkeypatch.setattr(function, "FIRST_PAUSE_SECONDS", 0)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

        def run(body: bytes | None, key: str = "suppress/no more.csv", between=lambda: None):
            if body is not None:
                s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            event = {"operation": "start", "Input": {"S3URL": f"s3://{BUCKET}/{key}"}}
            for _ in range(50):
                answer = function.handler(event, None)
                if answer["Status"] != "RUNNING":
                    return answer
                between()
                event = {"operation": "poll", "Run": answer}
            raise AssertionError("it does not end")

        def reports():
            found = s3.list_objects_v2(Bucket=BUCKET, Prefix="suppress-reports/").get("Contents", [])
            return {
                item["Key"]: s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode() for item in found
            }

        run.account, run.s3, run.reports = account, s3, reports
        yield run
    function._environment.cache_clear()


def test_a_list_is_worked_off_and_bad_lines_are_reported_with_number_and_cause(drop):
    answer = drop(b"Address\nada@example.com\nnobody\n+12065550100\n206 555\n")
    result = answer["Result"]
    assert (answer["Status"], result["Suppressed"], result["NotSuppressed"]) == ("SUCCEEDED", 2, 2)
    assert [text.partition(":")[0] for text in result["Failures"]] == ["line 3", "line 5"]
    [(key, report)] = drop.reports().items()
    assert f"s3://{BUCKET}/{key}".startswith(result["Report"])
    assert [line.partition(",")[0] for line in report.splitlines()] == ["line", "3", "5"]
    assert drop.account.ses == {"ada@example.com": "COMPLAINT"}
    assert {name for name, _ in drop.account.numbers} == {"Default", "out"}
    assert set(drop.account.by_address.values()) == {f"s3://{BUCKET}/suppress/no more.csv"}


def test_a_list_without_trouble_has_no_report(drop):
    result = drop(b"ada@example.com\n")["Result"]
    assert result["Failures"] == [] and "Report" not in result and not drop.reports()


@pytest.mark.parametrize("part", [1, 2, 3, 7])
def test_a_long_list_goes_on_call_by_call_and_takes_every_line_once(drop, monkeypatch, part):
    monkeypatch.setattr(function, "PART", part)
    monkeypatch.setattr(function, "WORK_SECONDS", -1)
    body = "Address\n" + "".join(f"p{at}@example.com\n" if at % 5 else '"no\none"\n' for at in range(30))
    result = drop(body.encode())["Result"]
    assert (result["Suppressed"], result["NotSuppressed"]) == (24, 6)
    assert sorted(drop.account.ses) == sorted(f"p{at}@example.com" for at in range(30) if at % 5)
    lines = [line for report in drop.reports().values() for line in report.splitlines() if line != "line,reason"]
    assert len(lines) == 6 and drop.account.calls["PutSuppressedDestination"] == 24


def test_a_call_that_died_and_is_repeated_changes_nothing(drop):
    first = drop(b"ada@example.com\nnobody\n")
    again = drop(None)
    assert again["Result"] == first["Result"]
    assert len(drop.reports()) == 1


def test_what_fails_for_now_is_tried_again_and_then_told(drop):
    error = client_error("TooManyRequestsException", 429)
    drop.account.refuse = {"slow@example.com": error}
    result = drop(b"slow@example.com\nada@example.com\n")["Result"]
    assert (result["Suppressed"], result["NotSuppressed"]) == (1, 1)
    assert "drop it again" in result["Failures"][0] and "slow" not in result["Failures"][0]
    assert drop.account.calls["PutSuppressedDestination"] == function.TRIES + 1


def test_a_failure_that_passes_is_not_told(drop, monkeypatch):
    calls = []

    def sometimes(address, *, out):
        calls.append(address)
        if len(calls) == 1:
            raise client_error("TooManyRequestsException", 429)

    monkeypatch.setattr(lists, "_set_on_ses", sometimes)
    assert drop(b"ada@example.com\n")["Result"]["Suppressed"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfea\0", "UTF-16"),
        (None, "does not exist"),
        (b'ada@example.com\n"open\nbo@example.com\n', "quote"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_failure_that_says_why(drop, body, words):
    answer = drop(body)
    assert answer["Status"] == "FAILED"
    assert words in answer["Result"]["Cause"]


def test_a_file_that_is_replaced_meanwhile_is_told(drop, monkeypatch):
    monkeypatch.setattr(function, "PART", 1)
    monkeypatch.setattr(function, "WORK_SECONDS", -1)
    body = b"ada@example.com\nbo@example.com\n"
    answer = drop(
        body, between=lambda: drop.s3.put_object(Bucket=BUCKET, Key="suppress/no more.csv", Body=b"x@example.com")
    )
    assert answer["Status"] == "FAILED" and "replaced" in answer["Result"]["Cause"]
    assert answer["Result"]["Suppressed"] == 1


@pytest.mark.parametrize("given", [None, [], {}, {"S3URL": 5}, {"S3URL": "https://x/y"}, {"S3URL": "s3://bucket"}])
def test_an_input_that_names_no_object_is_a_failure(drop, given):
    answer = function.handler({"operation": "start", "Input": given}, None)
    assert answer["Status"] == "FAILED" and "s3://BUCKET/KEY" in answer["Result"]["Cause"]


def test_the_lines_before_the_one_at_which_a_file_cannot_be_read_are_on_the_lists(drop):
    answer = drop(b'Address\nada@example.com\nbo@example.com\n"never closed\n')
    assert (answer["Status"], answer["Result"]["Error"]) == ("FAILED", "FileRefused")
    assert set(drop.account.ses) == {"ada@example.com", "bo@example.com"}
    assert answer["Result"]["Suppressed"] == 2
