"""`engagement failures` against SQS, S3, Kinesis and Step Functions of moto, and a Lambda that answers as it is told."""

from __future__ import annotations

import base64
import gzip
import io
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from commands.command import run
from commands.failures import clients, delivery, events, letters, overview
from commands.failures.events import NotPossibleError
from commands.failures.failure import age, withheld
from commands.failures.places import Place
from handlers.shared.stream_records import BadRecord, events_of

REGION = "eu-west-1"
Answer = Callable[[dict[str, Any]], Any]


class Lambda:
    """Answers a call by `answer`; an exception is the function's."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answer: Answer = lambda _: {}

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        event = json.loads(Payload)
        self.calls.append(event)
        try:
            return {"Payload": io.BytesIO(json.dumps(self.answer(event)).encode())}
        except RuntimeError as error:
            body = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"Payload": io.BytesIO(json.dumps(body).encode()), "FunctionError": "Unhandled"}


class World:
    """The account, and the outputs of its one stack."""

    def __init__(self, path: Any) -> None:
        self.path = path
        self.sqs, self.s3 = boto3.client("sqs", REGION), boto3.client("s3", REGION)
        self.functions = Lambda()
        self.s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.url = self.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]

    def places(self, *places: dict[str, Any]) -> None:
        self.path.write_text(json.dumps({"failurePlaces": list(places)}))

    def queue(self, by: str, **way: Any) -> None:
        self.places({"name": "q", "what": "W.", "queueUrl": self.url, "redrive": {"by": by, **way}})

    def objects(self, by: str, **way: Any) -> None:
        where = {"bucket": "bucket", "prefix": "errors/"}
        self.places({"name": "q", "what": "W.", **where, "redrive": {"by": by, "functionName": "f", **way}})

    def send(self, body: Any, reason: str = "") -> str:
        attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
        text = body if isinstance(body, str) else json.dumps(body)
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=text, MessageAttributes=attributes)["MessageId"]

    def waiting(self) -> int:
        names = ["ApproximateNumberOfMessages"]
        return int(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"][names[0]])

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="bucket").get("Contents", ())]

    def put(self, key: str, *lines: dict[str, Any]) -> None:
        self.s3.put_object(Bucket="bucket", Key=key, Body="".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def world(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("ENGAGEMENT_OUTPUTS", str(tmp_path / "outputs.json"))
    monkeypatch.chdir(tmp_path)
    with mock_aws():
        made = World(tmp_path / "outputs.json")
        monkeypatch.setattr(clients, "_functions", lambda: made.functions)
        yield made


def call(capsys, *arguments: str, code: int = 0) -> Any:
    assert run(["failures", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_list_tells_what_is_there_without_addresses(world, capsys):
    world.queue("invocation", functionName="f")
    for number in range(3):
        world.send("x", f"SES refused ana@example.org, then +1 (206) 555-0100, {number > 1}")
    [found] = call(capsys, "list")
    assert (found["count"], found["sampled"], found["redrive"]) == (3, False, "invocation")
    assert sum(found["reasons"].values()) == 3
    assert set(found["reasons"]) == {f"SES refused (address), then (number), {last}" for last in (True, False)}
    assert world.waiting() == 3
    assert run(["failures", "list"]) == 0
    assert "ana@" not in capsys.readouterr().out


def test_what_a_failure_holds_is_shown_only_where_it_is_asked_for(world, capsys):
    world.queue("invocation", functionName="f")
    world.send({"to": "ana@example.org"}, "no template for ana@example.org")
    [hidden] = call(capsys, "show", "q")
    assert "ana@" not in json.dumps(hidden) and hidden["reason"] == "no template for (address)"
    [shown] = call(capsys, "show", "q", "--with-data")
    assert json.loads(shown["data"]) == {"to": "ana@example.org"}
    assert run(["failures", "show", "q"]) == 0
    assert "ana@" not in capsys.readouterr().out


def test_a_failed_call_is_made_again_with_its_payload_and_deleted_only_when_it_went_well(world, capsys):
    world.queue("invocation", functionName="f")
    for name in ("good", "bad"):
        world.send({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"name": name}})
    world.send("no record")

    def answer(event):
        if event["name"] == "bad":
            raise RuntimeError("ana@example.org")
        return {}

    world.functions.answer = answer
    told = call(capsys, "redrive", "q", code=1)
    assert (told["tried"], told["done"]) == (3, 1)
    assert told["kept"] == {"the function failed: RuntimeError": 1, "the letter is not JSON": 1}
    assert sorted(event["name"] for event in world.functions.calls) == ["bad", "good"]
    assert world.waiting() == 2
    world.functions.answer = lambda _: {}
    assert call(capsys, "redrive", "q", code=1)["done"] == 1
    assert world.waiting() == 1


def test_mail_of_which_nobody_knows_whether_it_was_answered_stays(world, capsys):
    world.queue("records", functionName="f")
    world.send({"mail": "known"}, "it is not known whether the reply was sent")
    world.functions.answer = lambda _: {"Outcomes": [{"Status": "NO_REPLY", "Detail": "already-answered"}]}
    told = call(capsys, "redrive", "q", code=1)
    assert world.functions.calls == [{"Records": [{"mail": "known"}]}]
    assert (told["done"], world.waiting()) == (0, 1)
    world.functions.answer = lambda _: {"Outcomes": [{"Status": "REPLIED", "Detail": "id"}]}
    assert call(capsys, "redrive", "q")["done"] == 1
    assert world.waiting() == 0


def test_letters_that_arrive_meanwhile_wait_for_the_next_time(world, capsys):
    world.queue("records", functionName="f")
    world.send({"n": 1})
    world.functions.answer = lambda event: world.send({"n": event["Records"][0]["n"] + 1}) and {}
    assert call(capsys, "redrive", "q")["tried"] == 1
    assert (len(world.functions.calls), world.waiting()) == (1, 1)


def test_more_than_a_batch_is_done_and_each_once(world, capsys):
    world.queue("records", functionName="f")
    for number in range(25):
        world.send({"n": number})
    time.sleep(0.01)
    assert call(capsys, "redrive", "q")["done"] == 25
    assert sorted(event["Records"][0]["n"] for event in world.functions.calls) == list(range(25))


def test_an_event_is_seen_again_on_its_line_and_leaves_where_it_is_taken(world, capsys):
    world.objects("streamRecord")
    source = {"Stream": "s", "Shard": "shardId-1", "Sequence": "7", "Line": 3}
    world.put("errors/shardId-1/7-3.json", {"Reason": "r", "Source": source, "Record": '{"a": 1}'})
    assert call(capsys, "redrive", "q") == {"name": "q", "tried": 1, "done": 1, "kept": {}}
    [event] = world.functions.calls
    [(where, found)] = [found for found in events_of(event["Records"]) if not isinstance(found, BadRecord)]
    assert (where.stream, where.shard, where.sequence, where.line, found) == ("s", "shardId-1", "7", 3, {"a": 1})
    assert world.keys() == []


def test_an_object_that_the_function_writes_anew_is_refused_again(world, capsys):
    world.objects("object")
    line = {"Bucket": "bucket", "Key": "events/a", "Line": 1, "Reason": "no JSON", "Record": "x"}
    world.put("errors/a.ndjson", line)
    world.functions.answer = lambda _: world.put("errors/a.ndjson", line) or {"batchItemFailures": []}
    assert call(capsys, "redrive", "q", code=1)["kept"] == {"refused again": 1}
    [event] = world.functions.calls
    detail = json.loads(event["Records"][0]["body"])["detail"]
    assert detail == {"bucket": {"name": "bucket"}, "object": {"key": "events/a"}}
    assert world.keys() == ["errors/a.ndjson"]
    world.functions.answer = lambda _: {"batchItemFailures": [{"itemIdentifier": "events/a"}]}
    assert call(capsys, "redrive", "q", code=1)["done"] == 0
    assert world.keys() == ["errors/a.ndjson"]


@pytest.mark.parametrize("compressed", [True, False])
def test_what_a_transformation_lets_through_by_now_is_delivered_once(world, capsys, compressed):
    world.objects("delivery", deliverTo="events/", compressed=compressed)
    data = base64.b64encode(b'{"a": 1}').decode()
    key = "errors/refused/2026/11/28/09/x.json"
    world.put(key, {"reason": "r", "source": {"recordId": "1"}, "rawData": data}, {"errorCode": "c", "rawData": data})
    world.functions.answer = lambda event: {
        "records": [{"recordId": one["recordId"], "result": "Ok", "data": one["data"]} for one in event["records"]]
    }
    assert call(capsys, "redrive", "q")["done"] == 1
    [made] = world.keys()
    assert made.startswith("events/2026/11/28/09/again-")
    body = world.s3.get_object(Bucket="bucket", Key=made)["Body"].read()
    assert (gzip.decompress(body) if compressed else body) == b'{"a": 1}' * 2
    world.put(key, {"rawData": data}, {"rawData": data})
    call(capsys, "redrive", "q")
    assert world.keys() == [made]


def test_records_are_handed_over_a_megabyte_at_a_time():
    records = [{"recordId": str(n), "data": "x" * 400_000} for n in range(5)]
    assert [len(chunk) for chunk in delivery._chunks(records)] == [2, 2, 1]


def test_the_batch_that_a_letter_points_to_is_read_from_the_stream(world):
    kinesis = boto3.client("kinesis", REGION)
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="s")["StreamDescription"]["StreamARN"]
    put = [kinesis.put_record(StreamName="s", Data=f"{n}".encode(), PartitionKey="k") for n in range(4)]
    info = {"shardId": put[0]["ShardId"], "streamArn": arn, "startSequenceNumber": put[1]["SequenceNumber"]}
    letter = {"KinesisBatchInfo": {**info, "endSequenceNumber": put[2]["SequenceNumber"]}}
    records = events.batch_of(json.dumps(letter), kinesis)["Records"]
    assert [base64.b64decode(record["kinesis"]["data"]) for record in records] == [b"1", b"2"]
    assert [record["eventID"] for record in records] == [
        f"{put[n]['ShardId']}:{put[n]['SequenceNumber']}" for n in (1, 2)
    ]
    gone = {"KinesisBatchInfo": {**info, "startSequenceNumber": "5", "endSequenceNumber": "6"}}
    with pytest.raises(NotPossibleError, match="the stream has forgotten"):
        events.batch_of(json.dumps(gone), kinesis)
    with pytest.raises(NotPossibleError, match="no KinesisBatchInfo"):
        events.batch_of("{}", kinesis)


def test_what_a_schedule_could_not_start_starts_once(world, capsys):
    states = boto3.client("stepfunctions", REGION)
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    role = "arn:aws:iam::123456789012:role/r"
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    world.queue("run", stateMachineArn=machine)
    world.send({"Query": "SELECT 1"})
    assert call(capsys, "redrive", "q")["done"] == 1
    assert call(capsys, "redrive", "q")["tried"] == 0
    [run_] = states.list_executions(stateMachineArn=machine)["executions"]
    assert json.loads(states.describe_execution(executionArn=run_["executionArn"])["input"]) == {"Query": "SELECT 1"}


def test_a_place_without_a_way_back_says_what_to_do(world, capsys):
    world.queue("none", why="mend the rows")
    assert run(["failures", "redrive", "q"]) == 1
    assert capsys.readouterr().err == "error: nothing in q is tried again by itself: mend the rows\n"


def test_what_is_discarded_is_written_down_before_it_is_deleted(world, capsys, tmp_path):
    world.queue("records", functionName="f")
    kept, gone = world.send("a", "one"), world.send("b", "two")
    told = call(capsys, "discard", "q", "--id", gone, "--yes")
    assert told == {"name": "q", "discarded": 1, "record": "discarded-q.jsonl"}
    line = json.loads((tmp_path / "discarded-q.jsonl").read_text())
    assert (line["id"], line["data"], line["reason"], line["place"]) == (gone, "b", "two", "q")
    assert line["by"].startswith("arn:aws:") and line["at"]
    assert (tmp_path / "discarded-q.jsonl").stat().st_mode & 0o077 == 0
    [left] = call(capsys, "show", "q")
    assert left["id"] == kept
    assert call(capsys, "discard", "q", "--id", "none", "--yes", code=1)["discarded"] == 0
    assert call(capsys, "discard", "q", "--yes", "--record", "s3://bucket/kept")["discarded"] == 1
    [key] = world.keys()
    assert key.startswith("kept/q/")


def test_nothing_is_discarded_where_it_cannot_be_written_down(world, capsys):
    world.queue("records", functionName="f")
    world.send("a")
    assert run(["failures", "discard", "q", "--yes", "--record", "s3://nowhere/kept"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err
    assert world.waiting() == 1


def test_error_objects_are_discarded_whole(world, capsys, tmp_path):
    world.objects("streamRecord")
    for number in range(12):
        world.put(f"errors/{number}", {"Reason": "r", "n": number})
    assert call(capsys, "discard", "q", "--yes")["discarded"] == 12
    lines = (tmp_path / "discarded-q.jsonl").read_text().splitlines()
    assert sorted(json.loads(json.loads(line)["data"])["n"] for line in lines) == list(range(12))
    assert world.keys() == []


def test_a_place_that_cannot_be_looked_into_does_not_hide_the_others(world, capsys):
    lost = {"name": "lost", "what": "W.", "queueUrl": f"{world.url}-gone", "redrive": {"by": "none", "why": "w"}}
    good = {"name": "q", "what": "W.", "queueUrl": world.url, "redrive": {"by": "none", "why": "w"}}
    world.places(lost, good)
    world.send("a", "one")
    found = call(capsys, "list", code=1)
    assert "NonExistentQueue" in found[0]["problem"] or "QueueDoesNotExist" in found[0]["problem"]
    assert found[1]["count"] == 1


def test_looking_at_the_list_does_not_give_a_message_to_its_queues_dead_letters(world, capsys):
    arn = world.sqs.get_queue_attributes(QueueUrl=world.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    refused = world.sqs.create_queue(QueueName="refused", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    way = {"by": "none", "why": "w"}
    world.places({"name": "refused", "what": "W.", "queueUrl": refused, "redrive": way})
    world.sqs.send_message(QueueUrl=refused, MessageBody="{}")
    for _ in range(3):
        [found] = call(capsys, "list")
        assert (found["count"], found["reasons"]) == (1, {})
    assert len(world.sqs.receive_message(QueueUrl=refused)["Messages"]) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "is a JSON list"),
        ("{}", "no stack exports failurePlaces"),
    ],
)
def test_outputs_that_are_none_are_refused(world, capsys, content, says):
    world.path.write_text(content)
    assert run(["failures", "list"]) == 1
    assert says in capsys.readouterr().err


def test_without_stacks_and_outputs_it_says_how_to_name_them(monkeypatch, capsys):
    monkeypatch.delenv("ENGAGEMENT_OUTPUTS", raising=False)
    assert run(["failures", "list"]) == 1
    assert "--stack NAME" in capsys.readouterr().err
    assert run(["failures", "list", "--outputs", "/nowhere.json"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_name_that_is_none_or_in_two_stacks_is_refused(world, capsys, tmp_path):
    world.queue("none", why="w")
    assert run(["failures", "show", "p"]) == 1
    assert "there is no place 'p'; there are q" in capsys.readouterr().err
    other = tmp_path / "prod.json"
    other.write_text(json.dumps({"outputs": json.loads(world.path.read_text())}))
    assert run(["failures", "show", "q", "--outputs", str(world.path), "--outputs", str(other)]) == 1
    assert "several stacks, outputs, prod" in capsys.readouterr().err


def test_a_way_of_a_newer_stack_is_named(world, capsys):
    world.queue("magic")
    assert run(["failures", "redrive", "q"]) == 1
    assert "does not know the way 'magic'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("for <ana.b+c@mail.example.org>: no", "for <(address)>: no"),
        ("to +12065550100", "to (number)"),
        ("given +49 30 1234567 twice", "given (number) twice"),
        ("30 times in 3600 s, id 2065550100-1", "30 times in 3600 s, id 2065550100-1"),
    ],
)
def test_addresses_and_numbers_are_withheld_and_counts_are_not(text, shown):
    assert withheld(text) == shown


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (90000, "1 d")])
def test_an_age_is_told_in_its_largest_unit(seconds, text):
    assert age(seconds) == text


def test_a_place_knows_its_kind():
    where = ({"queueUrl": "u"}, {"bucket": "b", "prefix": "p"}, {"stateMachineArn": "a"})
    assert [Place("s", "n", "w", each, {}).kind for each in where] == ["queue", "objects", "runs"]


def test_a_place_that_does_not_answer_is_told_beside_the_others(world, capsys, monkeypatch):
    world.queue("none", why="no way")
    world.places(
        {"name": "q", "what": "W.", "queueUrl": world.url, "redrive": {"by": "none", "why": "no way"}},
        {
            "name": "far",
            "what": "W.",
            "queueUrl": "https://127.0.0.1:1/1/q",
            "redrive": {"by": "none", "why": "no way"},
        },
    )

    def refuse(*_, **__):
        raise EndpointConnectionError(endpoint_url="https://127.0.0.1:1")

    inner = letters.attributes_of
    monkeypatch.setattr(
        overview.letters, "attributes_of", lambda sqs, url: inner(sqs, url) if url == world.url else refuse()
    )
    told = {place["name"]: place.get("problem", "") for place in call(capsys, "list", code=1)}
    assert told == {"q": "", "far": "EndpointConnectionError"}
