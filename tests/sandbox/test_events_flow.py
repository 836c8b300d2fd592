"""All five readers of events on one project, IAM enforced: what goes in comes out, as done, as an error or as a dead letter."""

import base64
import json
import os
import re
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.demos import findings
from tests.sandbox import late_events
from tests.sandbox.campaign_sources import Sources
from tests.sandbox.events import SECONDS, attributes, bounce, event, people, put, rows
from tests.sandbox.faults import Faults
from tests.sandbox.workers import workers

pytestmark = pytest.mark.sandbox

READERS = ["database", "archive", "suppression", "segmentation"]
DATABASE, ARCHIVE, SUPPRESSION, SEGMENTATION = READERS


def lines(sandbox, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """The JSON lines of all objects below a prefix."""
    s3, name = sandbox.aws("s3"), sandbox.exports[bucket]
    found = [s3.get_object(Bucket=name, Key=key)["Body"].read() for key in findings.keys(sandbox.aws, name, prefix)]
    return [json.loads(line) for body in found for line in body.splitlines()]


def dead_letters(sandbox) -> dict[str, int]:
    """How many letters each dead-letter queue has."""
    sqs = sandbox.aws("sqs")
    urls = [url for url in sqs.list_queues()["QueueUrls"] if "dead-letters" in url]
    counts = {}
    for url in urls:
        given = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        counts[url.rsplit("/", 1)[1].rpartition("-")[0]] = int(given["ApproximateNumberOfMessages"])
    return counts


@pytest.fixture
def letters_before(sandbox) -> dict[str, int]:
    return dead_letters(sandbox)


def test_whatever_is_put_on_the_stream_is_done_or_an_error_or_a_dead_letter(sandbox, letters_before):
    tag = f"odd{secrets.token_hex(3)}"
    people(sandbox, [f"{tag}-open"])
    big = "x" * 1_000_000

    def mark(name: str) -> str:
        return f"{tag}-{name}"

    def made(name: str, kind: Any, **more: Any) -> bytes:
        return event(sandbox, kind, mark(name), mark(name), **more)

    sent = {"campaign_id": "0" * 32, "mark": mark("lost")}
    wide = {"campaign_id": "0" * 32, "mark": mark("wide"), "pad": big}
    done, error, dead = "done", "error", "dead"
    everywhere = dict.fromkeys(READERS, error)
    cases: dict[str, tuple[bytes, dict[str, str]]] = {
        "cut": (b'{"event_type": "' + mark("cut").encode(), everywhere),
        "list": (json.dumps([mark("list")]).encode(), everywhere),
        "bytes": (b"\xff\xfe " + mark("bytes").encode(), everywhere),
        "text": (b"!! no base64: " + mark("text").encode(), everywhere),
        "type": (made("type", ["_email.open"]), everywhere),
        "shape": (
            made("shape", "_email.open", attributes=mark("shape")),
            {DATABASE: error, SEGMENTATION: error},
        ),
        "timeless": (
            made("timeless", "_email.open", event_timestamp=None, arrival_timestamp=None),
            {DATABASE: error, SEGMENTATION: error},
        ),
        "nobody": (made("nobody", "_email.open", client={}), {DATABASE: done, SEGMENTATION: error}),
        "unknown": (made("unknown", "nobody.heard.of"), {DATABASE: done}),
        "big": (made("big", "nobody.heard.of", attributes={"mark": mark("big"), "pad": big}), {DATABASE: done}),
        "wide": (made("wide", "_campaign.send", attributes=wide), {DATABASE: done, ARCHIVE: dead}),
        "lost": (made("lost", "_campaign.send", attributes=sent), {DATABASE: done, ARCHIVE: dead}),
        "whose": (made("whose", "_email.hardbounce", facets=bounce()), {DATABASE: done, SUPPRESSION: error}),
        "bounce": (
            made("bounce", "_email.hardbounce", facets=bounce(f"{tag}-bounce@example.org")),
            {DATABASE: done, SUPPRESSION: done},
        ),
        "open": (made("open", "_email.open"), {DATABASE: done, SEGMENTATION: done}),
    }
    put(sandbox, [record for record, _ in cases.values()])
    taken: list[str] = []

    def marks(texts: list[str]) -> list[str]:
        return sorted(name for text in texts for name in cases if f"{tag}-{name}" in text)

    def found() -> dict[str, dict[str, list[str]]]:
        answer = sandbox.aws("sqs").receive_message(
            QueueUrl=sandbox.exports["archiveDeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=600
        )
        taken.extend(message["Body"] for message in answer.get("Messages", ()))
        return {
            DATABASE: {
                done: marks([row["mark"] for row in rows(sandbox, QUERY.format(tag=tag))]),
                error: marks(refused(sandbox, "eventBucketName")),
            },
            ARCHIVE: {error: marks(refused(sandbox, "archiveBucketName")), dead: marks(taken)},
            SUPPRESSION: {
                done: marks([one for one in findings.suppressed(sandbox.aws) if tag in one]),
                error: marks(set_aside_by_suppression(sandbox)),
            },
            SEGMENTATION: {
                done: ["open"] if "opened_email" in attributes(sandbox, mark("open")) else [],
                error: marks(set_aside_by_segmentation(sandbox)),
            },
        }

    wanted = {
        reader: {
            end: sorted(name for name, (_, ends) in cases.items() if ends.get(reader) == end)
            for end in (done, error, dead)
        }
        for reader in READERS
    }
    sandbox.settle(
        lambda: {reader: {end: ends.get(end, []) for end in (done, error, dead)} for reader, ends in found().items()},
        wanted,
        SECONDS,
    )
    after = dead_letters(sandbox)
    others = {name for name in after if name != "message-archiver-dead-letters"}
    assert {name: after[name] for name in others} == {name: letters_before[name] for name in others}


QUERY = """
SELECT regexp_extract(raw, '{tag}-[a-z]+') AS mark FROM all_events WHERE strpos(raw, '{tag}') > 0
"""


def refused(sandbox, bucket: str) -> list[str]:
    """What a transformation refused, decoded; each with its reason and source."""
    found = lines(sandbox, bucket, "errors/refused/")
    assert all(line["reason"] and line["source"]["recordId"] for line in found)
    return [base64.b64decode(line["rawData"]).decode(errors="replace") for line in found]


def set_aside_by_suppression(sandbox) -> list[str]:
    found = lines(sandbox, "suppressionBucketName", "errors/")
    assert all(line["Reason"] and line["Key"].startswith("events/") and line["Line"] for line in found)
    return [_as_it_came(line) for line in found]


def set_aside_by_segmentation(sandbox) -> list[str]:
    found = lines(sandbox, "segmentationErrorsBucketName", "errors/")
    assert all(line["Reason"] and line["Source"]["Sequence"] for line in found)
    return [_as_it_came(line) for line in found]


def _as_it_came(line: dict[str, Any]) -> str:
    return line["Record"] if "Record" in line else base64.b64decode(line["RecordBase64"]).decode(errors="replace")


def test_ses_notifications_by_hand_are_done_or_dead_letters(sandbox, letters_before):
    tag = f"ses{secrets.token_hex(3)}"
    address = f"{tag}@example.org"
    mail = {"messageId": "m", "source": "shop@example.com"}
    good = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}], "feedbackId": "f"}
    documents = [
        '{"notificationType": "Bounce"',
        json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": {**good, "bouncedRecipients": []}}),
        json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": "permanent"}),
        json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": good}),
        json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": good}),
    ]
    for document in documents:
        sandbox.aws("sns").publish(TopicArn=sandbox.exports["sesNotificationTopicArn"], Message=document)
    sandbox.wait(lambda: findings.suppressed(sandbox.aws).get(address) == "BOUNCE", SECONDS)
    queue = "ses-event-processing-notifications-dead-letters"
    sandbox.wait(lambda: dead_letters(sandbox)[queue] == letters_before[queue] + 3, SECONDS)


@pytest.fixture(scope="module")
def demo(sandbox) -> str:
    """What the demo of events says."""
    return sandbox.run("demo", "events").stdout


def _campaign(demo: str) -> str:
    return re.findall(r"campaign (\w{32})", demo)[0]


def test_a_campaign_ends_as_the_demo_says_and_events_that_come_again_change_nothing(sandbox, demo):
    assert "400 messages, each readable" in demo and "both queries add up" in demo
    campaign = _campaign(demo)
    chosen = rows(
        sandbox,
        f"SELECT raw FROM all_events WHERE element_at(attributes, 'campaign_id') = '{campaign}' AND event_type IN "
        "('_campaign.send', '_email.hardbounce', '_email.complaint', '_email.open') ORDER BY event_id LIMIT 60",
    )
    count = f"SELECT count(*) AS n FROM all_events WHERE element_at(attributes, 'campaign_id') = '{campaign}'"
    before = int(rows(sandbox, count)[0]["n"])

    def state() -> list[Any]:
        archive = findings.keys(sandbox.aws, sandbox.exports["archiveBucketName"], sandbox.exports["archivePrefix"])
        return [sorted(archive), findings.suppressed(sandbox.aws)]

    unchanged = state()
    put(sandbox, [row["raw"].encode() for row in chosen])
    sandbox.wait(lambda: int(rows(sandbox, count)[0]["n"]) == before + len(chosen), SECONDS)
    sandbox.wait(lambda: _empty(sandbox, "message-archiver-queue", "pinpoint-event-processing-objects-queue"), SECONDS)
    assert len(chosen) == 60 and state() == unchanged


def _empty(sandbox, *queues: str) -> bool:
    sqs = sandbox.aws("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    urls = [url for url in sqs.list_queues()["QueueUrls"] if url.rsplit("/", 1)[1].startswith(queues)]
    assert len(urls) == len(queues)
    given = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
    return not any(int(counts[name]) for counts in given for name in names)


RULES = [
    {"eventType": "_email.open", "attribute": "opened_email", "values": ["true"]},
    {"eventType": "cart.left", "attribute": "cart", "values": ["left"]},
    {"eventType": "cart.bought", "attribute": "cart", "values": ["bought"]},
    {"eventType": "cart.emptied", "attribute": "cart", "action": "remove"},
]


@pytest.fixture
def without_archiver(sandbox):
    """The archiver off, and rules that contradict each other."""
    rules = json.dumps({"enabled": True, "rules": RULES})
    sandbox.run("up", "-c", "messageArchiver.enabled=false", "-c", f"eventBasedSegmentation={rules}")
    yield sandbox
    sandbox.run("up")
    sandbox.exports = json.loads(sandbox.run("outputs", "everything").stdout)


def test_with_one_off_the_others_go_on_and_the_newest_event_wins_in_any_order(without_archiver):
    sandbox = without_archiver
    assert not [
        one for one in sandbox.aws("firehose").list_delivery_streams()["DeliveryStreamNames"] if "archiver" in one
    ]
    tag = f"cart{secrets.token_hex(3)}"
    names = [f"{tag}-{number}" for number in range(20)]
    people(sandbox, names)
    now = int(time.time() * 1000) - 60_000
    story = [("cart.left", 1), ("cart.emptied", 2), ("cart.bought", 4), ("cart.left", 3)]
    orders = [story, story[::-1], [story[2], *story, story[0]], [story[3], story[2], story[1], story[1]]]
    records = [
        event(sandbox, kind, name, tag, event_timestamp=now + moment * 1000)
        for number, name in enumerate(names)
        for kind, moment in orders[number % len(orders)]
    ]
    gone = event(sandbox, "_email.hardbounce", names[0], tag, facets=bounce(f"{names[0]}@example.org"))
    put(sandbox, [b"poison", *records, event(sandbox, "_email.open", names[1], tag), gone])
    sandbox.wait(lambda: attributes(sandbox, names[1]).get("opened_email") == ["true"], SECONDS)
    bought = {name: ["bought"] for name in names}
    sandbox.settle(lambda: {name: attributes(sandbox, name).get("cart") for name in names}, bought, SECONDS)
    sandbox.wait(lambda: f"{names[0]}@example.org" in findings.suppressed(sandbox.aws), SECONDS)
    count = f"SELECT count(*) AS n FROM all_events WHERE strpos(raw, '{tag}') > 0"
    sandbox.wait(lambda: rows(sandbox, count)[0]["n"] == str(len(records) + 2), SECONDS)


@pytest.fixture
def translation(sandbox) -> Iterator[tuple[str, str, str]]:
    """Topic, queue and function of the delivery events; the queue gives out again soon what its function leaves behind."""
    sqs, ours = sandbox.aws("sqs"), "delivery-events"
    [url] = [each for each in sqs.list_queues()["QueueUrls"] if ours in each and "dead-letters" not in each]
    [topic] = [each["TopicArn"] for each in sandbox.aws("sns").list_topics()["Topics"] if ours in each["TopicArn"]]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    [function] = [each.rpartition(":")[2] for each in Faults(sandbox.aws).readers(arn)]
    with late_events.tried_soon_and_often(sandbox, url):
        yield topic, url, function


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes by /proc")
def test_sql_results_report_and_metrics_are_one_also_with_repetitions_late_events_and_killed_readers(
    sandbox, demo, translation, tmp_path
):
    topic, url, function = translation
    sources = Sources(sandbox, _campaign(demo), tmp_path)
    assert sources.disagreements() == {}
    before = sources.sql()
    told, suppressed = late_events.documents(sandbox, sources.campaign, seed=1129)
    wanted = {**before, **{name: (before[name] or 0) + more for name, more in late_events.CHANGE.items()}}
    third = len(told) // 3
    faults = Faults(sandbox.aws)
    faults.deny(function, ["dynamodb:*"])
    try:  # whoever reads now writes to the stream, and does not live to count
        late_events.publish(sandbox, topic, told[:third])
        sandbox.wait(lambda: sources.sql()["clicks"] != before["clicks"], SECONDS)
        assert sources.results()["Clicked"] == before["clicked"]
    finally:
        faults.lift()
    late_events.publish(sandbox, topic, told[third:])
    deadline = time.monotonic() + SECONDS
    while not (victims := workers(sandbox.home, function)):
        assert time.monotonic() < deadline, "nobody reads the delivery events"
    for victim in victims:
        os.kill(victim, signal.SIGKILL)

    def seen() -> dict[str, Any]:
        sql = sources.sql()
        return {"all read": _empty(sandbox, url.rsplit("/", 1)[1]), **{name: sql[name] for name in late_events.CHANGE}}

    sandbox.settle(seen, {"all read": True, **{name: wanted[name] for name in late_events.CHANGE}}, 2 * SECONDS)
    assert sources.disagreements() == {}
    sandbox.wait(lambda: set(suppressed) <= findings.suppressed(sandbox.aws).keys(), SECONDS)
