"""Every dead-letter queue gets letters by the fault that it is for, and is redriven: in = done + errors, twice 0."""

import json
import os
import time

import pytest

from sandbox import servers
from sandbox.demos.email import CONTENT, TEMPLATE
from sandbox.folder import Folder
from tests.sandbox.redrive_cases import CASES, SCHEDULED, World

pytestmark = pytest.mark.sandbox

FILL_SECONDS, DONE_SECONDS = 480, 300


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    before = dict(os.environ)
    home = tmp_path_factory.mktemp("sandbox")
    try:
        yield World(home)
    finally:
        os.environ.clear()
        os.environ.update(before)
        servers.stop(Folder(home))


def alarms(world: World, names: list[str]) -> dict[str, str]:
    """The alarms of these names in the program that are on, and what each says."""
    pages = world.aws("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM")
    found = {alarm["AlarmName"]: alarm["AlarmDescription"] for page in pages for alarm in page["MetricAlarms"]}
    return {name: text for name in names for own, text in found.items() if own.rpartition("-")[0] == name}


def deny_readers(world: World, name: str) -> None:
    """Takes all rights from the functions that read a dead-letter queue, or the queue that it is of."""
    place = world.letters[name]
    queue = place["redrive"]["queueArn"]
    dead = f"{queue.rpartition(':')[0]}:{place['queueUrl'].rpartition('/')[2]}"
    for reader in world.faults.readers(queue) + world.faults.readers(dead):
        world.faults.deny(reader)


def fill(world: World) -> None:
    """Every dead-letter queue has letters when this returns."""
    cases = {f"{name}-dead-letters": case for name, case in CASES.items()}
    # These come to their queues by functions that may nothing more afterwards; there is no template yet.
    first = ["ses-auto-reply-unanswered-dead-letters", "sms-s3-drop-texts-dead-letters"]
    deny_readers(world, "sms-s3-drop-texts-dead-letters")
    for name in first:
        cases.pop(name).inject(world)
    deadline = time.monotonic() + FILL_SECONDS
    while empty := [name for name in first if not world.waiting(name)]:
        assert time.monotonic() < deadline, f"no dead letters in {empty}"
        time.sleep(0.3)
    for name, place in world.letters.items():
        if place["redrive"]["by"] == "queue" and "segmentation" not in name:
            deny_readers(world, name)
    segmentation = world.places["event-based-segmentation-errors"]["redrive"]["functionName"]
    # It cannot reach endpoints, so that updates wait in vain, nor set aside what is no event, so that its batch fails.
    world.faults.deny(segmentation, ["lambda:*", "s3:PutObject"])
    world.faults.deny(world.places["ses-auto-reply-failures-dead-letters"]["redrive"]["functionName"])
    names = [each["Name"] for each in world.aws("scheduler").list_schedules()["Schedules"]]
    for architecture in SCHEDULED:
        [schedule] = [name for name in names if name.startswith(architecture)]
        role = world.aws("scheduler").get_schedule(Name=schedule)["Target"]["RoleArn"].rpartition("/")[2]
        world.faults.deny_role(role, ["states:StartExecution"])
    stream = world.aws("lambda").list_event_source_mappings(EventSourceArn=world.exports["eventStreamArn"])
    for mapping in stream["EventSourceMappings"]:
        world.aws("lambda").update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=1)
    for case in cases.values():
        case.inject(world)
    while empty := [name for name in world.letters if not world.waiting(name)]:
        assert time.monotonic() < deadline, f"no dead letters in {empty}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def filled(world):
    urls = [place["queueUrl"] for place in world.letters.values()]
    with world.faults.one_try(urls):
        fill(world)
        names = [f"{name}-alarm" for name in world.letters]
        world.alarming = {}
        world.sandbox.wait(
            lambda: world.alarming.update(alarms(world, names)) or len(world.alarming) == len(names), 180
        )
    world.listed = {found["name"]: found for found in world.engagement("list")}
    world.scheduled = {}
    for architecture in SCHEDULED:
        [letter] = world.engagement("show", f"{architecture}-schedules-dead-letters", "--limit", "1")
        world.scheduled[architecture] = letter["id"]
    world.sandbox.pinpoint.create_email_template(TemplateName=TEMPLATE, EmailTemplateRequest=CONTENT)
    world.faults.lift()
    return world


def test_every_dead_letter_queues_alarm_is_on_and_people_are_told_what_to_do(filled):
    assert filled.alarming.keys() == {f"{name}-dead-letters-alarm" for name in CASES}
    messages = [json.loads(json.loads(message["Body"])["Message"]) for message in taken(filled)]
    told = [each for each in messages if "AlarmName" in each]  # architectures tell of failed runs there, too
    names = {each["AlarmName"].rpartition("-")[0] for each in told if each["NewStateValue"] == "ALARM"}
    assert filled.alarming.keys() <= names
    assert all(
        "engagement failures redrive" in each["AlarmDescription"] for each in told if "letters" in each["AlarmName"]
    )


def taken(world):
    """What the alert topic told."""
    found = []
    receive = world.aws("sqs").receive_message
    while messages := receive(QueueUrl=world.alerts, MaxNumberOfMessages=10).get("Messages"):
        found += messages
    return found


def test_every_dead_letter_queue_has_a_case(world):
    assert world.letters.keys() == {f"{name}-dead-letters" for name in CASES}


def test_the_list_tells_how_many_since_when_why_and_from_where(filled):
    for name in filled.letters:
        found = filled.listed[name]
        assert found["count"] >= 1, found
        if name != "sms-s3-drop-texts-dead-letters":  # which are in the hands of their function
            assert found["oldest"] and found["sources"], found
            assert found["reasons"] and "not told" not in found["reasons"], found
    assert "example.org" not in json.dumps(filled.listed)
    imports = filled.listed["s3-triggered-import-files-dead-letters"]["reasons"]
    assert "not an S3 event, of (address)" in imports
    schedules = filled.listed["federated-segmentation-schedules-dead-letters"]
    assert "states:StartExecution" in next(iter(schedules["reasons"])), schedules


@pytest.fixture(scope="module")
def redriven(filled):
    """Redrives every queue, and waits until all is done that can be; `left` is what came back."""
    filled.told = {name: filled.engagement("redrive", name, codes=(0, 1)) for name in filled.letters}
    deadline = time.monotonic() + DONE_SECONDS
    wanted = {name: case.left for name, case in CASES.items()}
    while True:
        filled.done = {name: case.done(filled) for name, case in CASES.items()}
        filled.left = {name: filled.waiting(f"{name}-dead-letters") for name in CASES}
        waits = any(min(counts) < 1 for counts in filled.done.values()) or filled.left != wanted
        if not waits or time.monotonic() > deadline:
            return filled
        time.sleep(1)


@pytest.fixture(scope="module")
def redriven_twice(redriven):
    """Redrives every queue once more, which holds only what is refused by now."""
    for name in redriven.letters:
        redriven.engagement("redrive", name, codes=(0, 1))
    time.sleep(5)
    return redriven


@pytest.mark.parametrize("name", CASES)
def test_a_dead_letter_queue_is_redriven_and_what_it_held_is_done_once(redriven, name):
    told = redriven.told[f"{name}-dead-letters"]
    if name != "sms-s3-drop-texts":  # whose letters may be in the hands of their function
        assert told["tried"] >= 1 and (told["done"], told["kept"]) == (told["tried"], {}), told
    assert set(redriven.done[name]) == {1}
    assert redriven.left[name] == CASES[name].left


@pytest.mark.parametrize("name", CASES)
def test_redriving_once_more_does_nothing_more(redriven_twice, name):
    assert set(CASES[name].done(redriven_twice)) == {1}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.left])
def test_what_is_refused_again_is_there_with_its_reason(redriven_twice, name):
    [letter] = redriven_twice.engagement("show", f"{name}-dead-letters")
    assert letter["reason"] and letter["source"] == "the function that read it"


def test_an_event_that_is_none_is_refused_again_and_kept(redriven_twice):
    filled = redriven_twice
    told = filled.engagement("redrive", "event-based-segmentation-errors", codes=(1,))
    assert told == {"name": told["name"], "tried": 1, "done": 0, "kept": {"refused again": 1}}
    [found] = filled.engagement("show", "event-based-segmentation-errors")
    assert found["reason"] and "data" not in found


def test_what_is_discarded_is_written_down_first(redriven_twice, tmp_path):
    filled = redriven_twice
    record = tmp_path / "record.jsonl"
    name = "connect-channel-calls-dead-letters"
    url = filled.letters[name]["queueUrl"]
    reason = {"reason": {"DataType": "String", "StringValue": "not a call"}}
    filled.aws("sqs").send_message(QueueUrl=url, MessageBody="no call", MessageAttributes=reason)
    told = filled.engagement("discard", name, "--yes", "--record", str(record))
    assert told["discarded"] == 1 and filled.waiting(name) == 0
    line = json.loads(record.read_text())
    assert (line["place"], line["by"][:12]) == (name, "arn:aws:iam:")
    assert (line["data"], line["reason"]) == ("no call", "not a call")
    bucket = filled.exports["suppressionBucketName"]
    told = filled.engagement("discard", "pinpoint-event-processing-errors", "--yes", "--record", f"s3://{bucket}/kept")
    assert told["discarded"] == 2  # the object that was put, and that of the stream
    [kept] = filled.aws("s3").list_objects_v2(Bucket=bucket, Prefix="kept/")["Contents"]
    body = filled.aws("s3").get_object(Bucket=bucket, Key=kept["Key"])["Body"].read()
    assert all("no event" in json.loads(line)["data"] for line in body.splitlines())
