"""The way back from a place, for whatever kind it is. What was not done stays where it is, with the reason.

A letter is deleted after what it asks for was done, never before: it may be done twice if this is stopped in between, and
each of these ways leads to work that changes nothing the second time (claims, ledgers, names of runs).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.errors import CommandError
from commands.failures import delivery, events, runs
from commands.failures.clients import Clients
from commands.failures.events import NotPossibleError
from commands.failures.failure import Failure, told, withheld
from commands.failures.letters import Letters, attributes_of, count_of
from commands.failures.objects import content, error_objects
from commands.failures.places import Place
from handlers.ses_auto_reply.ledger import ANSWERED
from handlers.ses_auto_reply.responder import NO_REPLY
from handlers.shared.aws_errors import code_of

POLL_SECONDS = 0.5
LONGEST_TASK_SECONDS = 36 * 3600
"""After which SQS itself ends a task."""


@dataclass
class Outcome:
    """tried: how many were. done: how many of them are in the place no more. kept: why the others are, and how often."""

    tried: int = 0
    done: int = 0
    kept: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        return {"tried": self.tried, "done": self.done, "kept": dict(self.kept)}


def redrive(place: Place, clients: Clients, tell: Callable[[int], None] = lambda _: None) -> Outcome:
    """Tries everything in a place again. tell: is called with how many are done so far.

    Raises CommandError for a place from which nothing is tried again by itself, and what AWS answers.
    """
    by = place.way["by"]
    if by == "none":
        raise CommandError(f"nothing in {place.name} is tried again by itself: {place.way['why']}")
    ways: dict[str, Callable[[Place, Clients], Iterator[str]]] = {
        "invocation": _letters,
        "records": _letters,
        "stream": _letters,
        "run": _letters,
        "input": _runs,
        "streamRecord": _objects,
        "object": _objects,
        "delivery": _objects,
    }
    outcome = Outcome()
    if by == "queue":
        return _moved(place, clients, outcome, tell)
    if by not in ways:
        raise CommandError(f"{place.name}: this command does not know the way {by!r}; it is older than the stack")
    for problem in ways[by](place, clients):
        outcome.tried += 1
        if problem:
            outcome.kept[withheld(problem)] += 1
        else:
            outcome.done += 1
        tell(outcome.done)
    return outcome


def _moved(place: Place, clients: Clients, outcome: Outcome, tell: Callable[[int], None]) -> Outcome:
    """Moves a queue's dead letters back, also those that a topic, a rule, a function or a client sent: to one destination.

    A task goes on while letters arrive, and what the queue's function rejects again arrives at once: the task is ended
    when as many are moved as there were.
    """
    sqs = clients("sqs")
    attributes = attributes_of(sqs, place.where["queueUrl"])
    source, outcome.tried = attributes["QueueArn"], count_of(attributes)
    if not outcome.tried:
        return outcome
    handle = sqs.start_message_move_task(SourceArn=source, DestinationArn=place.way["queueArn"])["TaskHandle"]
    deadline = time.monotonic() + LONGEST_TASK_SECONDS
    while True:
        task = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"][0]
        moved = task.get("ApproximateNumberOfMessagesMoved", 0)
        outcome.done = min(outcome.tried, moved)
        tell(outcome.done)
        if task["Status"] in ("COMPLETED", "CANCELLED", "FAILED"):
            break
        if task["Status"] == "RUNNING" and moved >= outcome.tried:
            _end(sqs, handle)
        if time.monotonic() > deadline:
            raise CommandError(f"the task still moves messages of {place.name}: aws sqs list-message-move-tasks")
        time.sleep(POLL_SECONDS)
    if task["Status"] == "FAILED":
        raise CommandError(
            f"{place.name}: {moved} moved, then SQS gave up: {task.get('FailureReason', 'no reason given')}"
        )
    if outcome.done < outcome.tried:
        outcome.kept["in other hands: somebody looks at it"] = outcome.tried - outcome.done
    return outcome


def _end(sqs: Any, handle: str) -> None:
    try:
        sqs.cancel_message_move_task(TaskHandle=handle)
    except ClientError as error:
        code = code_of(error).rpartition(".")[2]
        if code not in ("UnsupportedOperation", "ResourceNotFoundException"):  # it ended by itself meanwhile
            raise


def _letters(place: Place, clients: Clients) -> Iterator[str]:
    """Does what each letter asks for. Letters that arrive meanwhile wait for the next time."""
    letters = Letters(clients("sqs"), place.where["queueUrl"], before=time.time())
    with letters.batches() as batches:
        for batch in batches:
            for letter in batch:
                problem = _attempted(lambda letter=letter: _do(place, letter, clients))
                if not problem:
                    letters.delete([letter])
                yield problem


def _attempted(work: Callable[[], None]) -> str:
    """Why it was not done, or ""."""
    try:
        work()
    except NotPossibleError as error:
        return str(error)
    except (ClientError, BotoCoreError) as error:
        return told(error)
    return ""


def _do(place: Place, letter: Failure, clients: Clients) -> None:
    way = place.way
    match way["by"]:
        case "invocation":
            clients.invoke(way["functionName"], events.payload_of(letter.data))
        case "records":
            _as_record(way["functionName"], letter, clients)
        case "stream":
            clients.invoke(way["functionName"], events.batch_of(letter.data, clients("kinesis")))
        case "run":
            start(clients("stepfunctions"), way["stateMachineArn"], letter.id, letter.data)


def _as_record(function: str, letter: Failure, clients: Clients) -> None:
    answer = clients.invoke(function, events.of_record(letter.data))
    for outcome in answer.get("Outcomes", ()):
        if outcome.get("Status") == NO_REPLY and outcome.get("Detail") == ANSWERED:
            raise NotPossibleError("it was answered, or nobody knows whether it was: it is not answered again")


def start(states: Any, machine: str, identity: str, run_input: str) -> None:
    """Starts the one run that tries something again."""
    try:
        states.start_execution(stateMachineArn=machine, name=runs.name_of_the_next(identity), input=run_input)
    except ClientError as error:
        if code_of(error) != "ExecutionAlreadyExists":
            raise


def _runs(place: Place, clients: Clients) -> Iterator[str]:
    states, machine = clients("stepfunctions"), place.where["stateMachineArn"]
    for run in list(runs.failed_runs(states, machine, tried_again=True)):
        run_input = states.describe_execution(executionArn=run.id).get("input", "{}")
        yield _attempted(lambda run=run, given=run_input: start(states, machine, run.id, given))


def _objects(place: Place, clients: Clients) -> Iterator[str]:
    s3, bucket = clients("s3"), place.where["bucket"]
    started = time.time()
    for failure in error_objects(s3, bucket, place.where["prefix"]):
        if failure.since < started:
            yield _attempted(lambda failure=failure: _one_object(place, failure, clients))


def _one_object(place: Place, failure: Failure, clients: Clients) -> None:
    """Hands on what an error object is about. The function writes the object anew where it refuses it again."""
    s3, bucket, key = clients("s3"), place.where["bucket"], failure.id
    # S3 tells times to the second: what is written from now on must be later than what is there.
    time.sleep(max(0.0, failure.since + 1 - time.time()))
    text = content(s3, bucket, key)
    function = place.way["functionName"]
    match place.way["by"]:
        case "streamRecord":
            clients.invoke(function, events.of_error_object(text))
        case "object":
            answer = clients.invoke(function, events.object_created(text))
            if answer.get("batchItemFailures"):
                raise NotPossibleError("some recipients could not be suppressed now")
        case "delivery":
            delivery.deliver(place, key, text, clients)
    if s3.head_object(Bucket=bucket, Key=key)["LastModified"].timestamp() > failure.since:
        raise NotPossibleError("refused again")
    s3.delete_object(Bucket=bucket, Key=key)
