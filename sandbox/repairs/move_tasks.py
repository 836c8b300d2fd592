"""Adds to MiniStack's SQS what moves dead letters: StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask, and
ListDeadLetterSourceQueues.

As AWS has it: only a dead-letter queue of another queue can be moved from; without a destination each letter goes back to
the queue that gave it up (`DeadLetterQueueSourceArn`), and one that a client, a topic or a function sent there has no such
queue and fails the task. A task goes on while letters arrive. Source: the operations' pages in the Amazon SQS API
Reference, "Troubleshoot Amazon SQS dead-letter queue and DLQ redrive issues" in the Developer Guide; answers and errors
word by word as LocalStack recorded them from AWS (tests/aws/services/sqs/test_sqs_move_task.snapshot.json).
"""
# pyright: reportMissingImports=false

import asyncio
import base64
import binascii
import json
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import new_uuid
from ministack.services import sqs

RUNNING, CANCELLING, CANCELLED = "RUNNING", "CANCELLING", "CANCELLED"
COMPLETED, FAILED = "COMPLETED", "FAILED"
KEPT = 10
"""Tasks of a queue that are listed."""
FASTEST = 500
"""Messages a second."""
GONE = "AWS.SimpleQueueService.NonExistentQueue"
NO_SOURCE = "CouldNotDetermineMessageSource"
_running: set[asyncio.Task[None]] = set()


@dataclass
class MoveTask:
    """One task. rate: messages a second that the caller asked for."""

    source: str
    destination: str
    rate: int | None
    to_move: int
    id: str = field(default_factory=new_uuid)
    status: str = RUNNING
    moved: int = 0
    reason: str = ""
    started: int = field(default_factory=lambda: int(time.time() * 1000))

    @property
    def handle(self) -> str:
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source}).encode()).decode()

    def described(self) -> dict[str, Any]:
        """As ListMessageMoveTasks answers: a handle while it runs, a reason where it failed, nothing that was not given."""
        answer: dict[str, Any] = {
            "SourceArn": self.source,
            "Status": self.status,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.started,
        }
        more = {
            "TaskHandle": self.handle if self.status == RUNNING else "",
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "FailureReason": self.reason,
        }
        return answer | {name: value for name, value in more.items() if value}


_tasks: dict[str, list[MoveTask]] = {}


def install() -> None:
    """Adds the operations, and tells what queue they are about to the judge of rights."""
    sqs._HANDLERS.update(
        {
            "StartMessageMoveTask": _start,
            "ListMessageMoveTasks": _list,
            "CancelMessageMoveTask": _cancel,
            "ListDeadLetterSourceQueues": _sources,
        }
    )
    inner = iam_actions.extract_resource_arn

    def extract(service: str, method: str, path: str, headers: Any, body: Any, *more: Any, **named: Any) -> str:
        found = inner(service, method, path, headers, body, *more, **named)
        return _subject(body) or found if service == "sqs" and found == "*" else found

    iam_actions.extract_resource_arn = extract


def _subject(body: bytes) -> str:
    """The queue that a move task's request is about: it names it by ARN, or within the task's handle."""
    try:
        document = json.loads(body or b"{}")
        return str(document.get("SourceArn") or _handle(document["TaskHandle"])["sourceArn"])
    except (ValueError, KeyError, TypeError, AttributeError, sqs._Err):
        return ""


def _queue(arn: str, name: str) -> dict[str, Any]:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        reason = f"The resource that you specified for the {name} parameter doesn't exist."
        raise sqs._Err("ResourceNotFoundException", reason, 404)
    return queue


def _invalid(reason: str) -> Exception:
    return sqs._Err("InvalidParameterValue", reason)


def _sources_of(arn: str) -> list[str]:
    """The URLs of the queues whose dead letters go to a queue."""
    return [
        url
        for url, queue in sqs._queues.items()
        if json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn") == arn
    ]


def _start(data: dict[str, Any], _url: str) -> dict[str, Any]:
    arn, destination = data.get("SourceArn") or "", data.get("DestinationArn") or ""
    rate = data.get("MaxNumberOfMessagesPerSecond")
    if not arn:
        raise sqs._Err("MissingParameter", "The request must contain the parameter SourceArn.")
    source = _queue(arn, "SourceArn")
    if not _sources_of(arn):
        raise _invalid("Source queue must be configured as a Dead Letter Queue.")
    if destination:
        if destination == arn:
            raise _invalid("Source queue arn and destination queue arn cannot be the same.")
        if _queue(destination, "DestinationArn")["is_fifo"] != source["is_fifo"]:
            raise _invalid("The source queue and destination queue must be of the same queue type.")
    if rate is not None and not 1 <= int(rate) <= FASTEST:
        raise _invalid(
            f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and {FASTEST}."
        )
    known = _tasks.setdefault(arn, [])
    if any(task.status in (RUNNING, CANCELLING) for task in known):
        raise _invalid(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    sqs._refresh_counts(source)
    task = MoveTask(arn, destination, rate, int(source["attributes"]["ApproximateNumberOfMessages"]))
    known.insert(0, task)
    del known[KEPT:]
    running = asyncio.get_running_loop().create_task(_run(task))
    _running.add(running)
    running.add_done_callback(_running.discard)
    return {"TaskHandle": task.handle}


async def _run(task: MoveTask) -> None:
    pause = 1 / (task.rate or FASTEST)
    while task.status == RUNNING:
        await asyncio.sleep(pause)
        if task.status == RUNNING:
            _move_one(task)
    if task.status == CANCELLING:
        task.status = CANCELLED


def _move_one(task: MoveTask) -> None:
    source = sqs._queue_by_arn(task.source)
    if source is None:
        task.status, task.reason = FAILED, GONE
        return
    sqs._expire_retained(source)
    found = sqs._collect_msgs(source, 1, 30)
    if not found:
        task.status = COMPLETED
        return
    letter = found[0]
    arn = task.destination or letter["sys"].get("DeadLetterQueueSourceArn", "")
    destination = sqs._queue_by_arn(arn) if arn else None
    if destination is None:
        letter["visible_at"] = time.time()
        task.status, task.reason = FAILED, GONE if arn else NO_SOURCE
        return
    destination["messages"].append(_anew(letter, destination))
    source["messages"] = [kept for kept in source["messages"] if kept is not letter]
    sqs.esm_wake.set()
    task.moved += 1


def _anew(letter: dict[str, Any], destination: dict[str, Any]) -> dict[str, Any]:
    """The letter as a new message: id, time and number of receives begin anew, its source is told no more.

    A FIFO queue's letter has its first message's id for its deduplication id, so that no queue takes it for a repetition.
    """
    now = time.time()
    kept = {name: value for name, value in letter["sys"].items() if name != "DeadLetterQueueSourceArn"}
    made = {
        **letter,
        "id": new_uuid(),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(destination),
        "receive_count": 0,
        "first_receive_at": None,
        "sys": {**kept, "SentTimestamp": str(int(now * 1000))},
    }
    made.pop("enqueued_at", None)
    if destination["is_fifo"]:
        destination["fifo_seq"] += 1
        made |= {"seq": str(destination["fifo_seq"]).zfill(20), "dedup_id": letter["id"]}
    return made


def _list(data: dict[str, Any], _url: str) -> dict[str, Any]:
    arn, most = data.get("SourceArn") or "", data.get("MaxResults")
    _queue(arn, "SourceArn")
    if most is not None and not 1 <= int(most) <= KEPT:
        raise _invalid(f"Value {most} for parameter MaxResults is invalid. Reason: Must be between 1 and {KEPT}.")
    return {"Results": [task.described() for task in _tasks.get(arn, ())[: int(most or 1)]]}


def _cancel(data: dict[str, Any], _url: str) -> dict[str, Any]:
    named = _handle(data.get("TaskHandle") or "")
    _queue(named["sourceArn"], "SourceArn")
    task = next((task for task in _tasks.get(named["sourceArn"], ()) if task.id == named["taskId"]), None)
    if task is None:
        raise sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)
    if task.status != RUNNING:
        raise sqs._Err("UnsupportedOperation", "A message movement can only be cancelled when its status is RUNNING.")
    task.status = CANCELLING
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def _handle(text: str) -> dict[str, str]:
    try:
        named = json.loads(base64.b64decode(text, validate=True))
        return {"taskId": str(named["taskId"]), "sourceArn": str(named["sourceArn"])}
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise _invalid("Value for parameter TaskHandle is invalid.") from error


def _sources(data: dict[str, Any], url: str) -> dict[str, Any]:
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:ListDeadLetterSourceQueues")
    return {"queueUrls": [sqs._externalize_url(found) for found in _sources_of(queue["attributes"]["QueueArn"])]}
