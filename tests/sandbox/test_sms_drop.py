"""Files of text messages, dropped into the sandbox."""

from __future__ import annotations

import csv
import gzip
import io
import json
import uuid
from collections import Counter
from datetime import datetime

import pytest

from sandbox.world.sms_voice.rates import too_fast

HEADER = ("id_2", "message", "sms_number", "short_code", "message_type", "external_campaign_id", "id_1")
LONG_CODE, TOLL_FREE, SHORT_CODE = "+16045550101", "+18335550102", "555104"
RATES = {LONG_CODE: 1, TOLL_FREE: 3, SHORT_CODE: 100}
WAIT_SECONDS = 120


class Drops:
    """What a person does with the bucket of texts."""

    def __init__(self, sandbox) -> None:
        self.sandbox = sandbox
        self.s3 = sandbox.aws("s3")
        self.bucket = sandbox.exports["smsDropBucketName"]

    def put(self, content: bytes, name: str = "") -> str:
        """Drops a file; returns its name."""
        name = name or f"{uuid.uuid4().hex}.csv"
        self.s3.put_object(Bucket=self.bucket, Key=self.sandbox.exports["smsDropPrefix"] + name, Body=content)
        return name

    def report(self, kind: str, name: str) -> list[dict[str, str]] | None:
        try:
            content = self.s3.get_object(Bucket=self.bucket, Key=f"{kind}/{name}")["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))

    def results(self, name: str) -> list[dict[str, str]]:
        return self.sandbox.wait(lambda: self.report("results", name), WAIT_SECONDS)

    def runs(self, name: str) -> list[dict[str, str]]:
        """The runs for a file, as Step Functions lists them, that have ended."""
        states = self.sandbox.aws("stepfunctions")
        found = states.list_executions(stateMachineArn=self.sandbox.exports["smsDropStateMachineArn"])["executions"]
        return [run for run in found if run["name"].startswith(name[:32]) and run["status"] != "RUNNING"]

    def ended(self, name: str, runs: int = 1) -> list[dict[str, str]]:
        return self.sandbox.wait(lambda: len(found := self.runs(name)) >= runs and found, WAIT_SECONDS)

    def texts(self, campaign: str) -> list[dict]:
        """The outbox's texts whose context names a campaign."""
        return [
            text for text in self.sandbox.outbox() if text.get("context", {}).get("external_campaign_id") == campaign
        ]


@pytest.fixture
def drops(sandbox):
    return Drops(sandbox)


def rows(campaign: str, count: int, origins=(SHORT_CODE,)) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for n in range(count):
        number = f"+1206555{n % (count // 2 + 1):04d}"
        message = f'He said "hi {n}",\nthen 👍 left' if n % 2 else f"Plain {n}"
        writer.writerow(("x", message, number, origins[n % len(origins)], "PROMOTIONAL", campaign, n))
    return text.getvalue().encode("utf-8-sig")


def test_rows_of_three_numbers_are_sent_once_each_no_faster_than_each_number_may(drops):
    campaign = uuid.uuid4().hex
    name = drops.put(rows(campaign, 30, (LONG_CODE, TOLL_FREE, SHORT_CODE)))
    results = drops.results(name)
    assert Counter(result["status"] for result in results) == {"SENT": 30}
    sent = drops.texts(campaign)
    assert Counter(text["context"]["id_1"] for text in sent) == Counter(str(n) for n in range(30))
    assert {result["message_id"] for result in results} == {text["messageId"] for text in sent}
    drops.ended(name)
    assert drops.report("errors", name) is None
    for number, rate in RATES.items():
        times = [(datetime.fromisoformat(t["time"]).timestamp(), t["parts"]) for t in sent if t["from"] == number]
        assert len(times) == 10
        assert too_fast(times, rate) == []


def test_bad_rows_are_reported_and_a_file_dropped_again_is_sent_again_only_if_it_changed(drops):
    campaign = uuid.uuid4().hex
    good = rows(campaign, 3)
    name = drops.put(good + b"x,Hi,not a number,555104,PROMOTIONAL,c,1\r\n")
    assert [result["status"] for result in drops.results(name)] == ["SENT", "SENT", "SENT", "INVALID"]
    errors = drops.sandbox.wait(lambda: drops.report("errors", name), WAIT_SECONDS)
    assert [(error["line"], error["reason"][:10]) for error in errors] == [("6", "sms_number")]
    drops.ended(name)
    drops.put(good + b"x,Hi,not a number,555104,PROMOTIONAL,c,1\r\n", name)
    drops.ended(name, 2)
    assert len(drops.texts(campaign)) == 3
    drops.put(good, name)
    assert {run["status"] for run in drops.ended(name, 3)} == {"SUCCEEDED"}
    assert len(drops.texts(campaign)) == 6
    assert drops.report("errors", name) is None


def test_a_number_that_opted_out_is_reported(drops):
    voice = drops.sandbox.aws("pinpoint-sms-voice-v2")
    number, campaign = "+12065550177", uuid.uuid4().hex
    voice.put_opted_out_number(OptOutListName="Default", OptedOutNumber=number)
    try:
        content = f"sms_number,message,short_code,message_type,external_campaign_id\n{number},Hi,555104,PROMOTIONAL,{campaign}\n"
        (result,) = drops.results(drops.put(content.encode()))
    finally:
        voice.delete_opted_out_number(OptOutListName="Default", OptedOutNumber=number)
    assert result["status"] == "OPTED_OUT"
    assert drops.texts(campaign) == []


def test_a_file_that_is_none_of_ours_fails_and_says_why(drops):
    name = drops.put(b"Monday\nsms_number;message\n+12065550100;Hi\n")
    errors = drops.sandbox.wait(lambda: drops.report("errors", name))
    assert "names its columns in line 2" in errors[0]["reason"]
    (run,) = drops.ended(name)
    assert run["status"] == "FAILED"


def test_the_run_tells_its_topic(drops):
    aws = drops.sandbox.aws
    from sandbox.demos import clients

    topic = drops.sandbox.exports["smsDropTopicArn"]
    queue = clients.subscribe_queue(aws, [topic])
    try:
        name = drops.put(rows(uuid.uuid4().hex, 2))
        seen = []

        def told() -> bool:
            answer = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                envelope = json.loads(message["Body"])
                if name in envelope["Message"]:
                    seen.append((envelope["Subject"], json.loads(envelope["Message"])))
            return len(seen) == 2

        drops.sandbox.wait(told, WAIT_SECONDS)
    finally:
        clients.forget_queue(aws, queue, [topic])
    assert [subject for subject, _ in seen] == [
        "Amazon Pinpoint SMS Drop Started",
        "Amazon Pinpoint SMS Drop Successful",
    ]
    result = seen[1][1]["SmsDropResult"]
    assert (result["Rows"], result["Sent"], result["ErrorsUrl"]) == (2, 2, "")
    assert result["ResultsUrl"] == f"s3://{drops.bucket}/results/{name}"


@pytest.mark.parametrize("name", ["a b+c%20d.csv", "new\nline.csv", "ünï👍.csv", 'quote"&<>.csv', "sub//deep/x.csv"])
def test_a_file_may_have_any_name(drops, name):
    campaign = uuid.uuid4().hex
    name = f"{campaign}/{name}"
    drops.put(rows(campaign, 1), name)
    assert [result["status"] for result in drops.results(name)] == ["SENT"]
    assert len(drops.texts(campaign)) == 1


def test_a_compressed_file_is_refused_and_a_delete_starts_nothing(drops):
    name = drops.put(gzip.compress(rows(uuid.uuid4().hex, 3)))
    [error] = drops.sandbox.wait(lambda: drops.report("errors", name), WAIT_SECONDS)
    assert error["reason"] == "the file is compressed (gzip); allowed is CSV in UTF-8"
    drops.s3.delete_object(Bucket=drops.bucket, Key=drops.sandbox.exports["smsDropPrefix"] + name)
    drops.results(drops.put(rows(uuid.uuid4().hex, 1)))
    assert len(drops.runs(name)) == 1
