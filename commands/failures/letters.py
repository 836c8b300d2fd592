"""Queues with what could not be handled. Looking hides a message from others for a moment, and gives it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from commands.errors import CommandError
from commands.failures.failure import Failure, withheld

AT_ONCE = 10
HIDDEN_SECONDS = 960
"""Longer than a function runs, which is asked to handle a letter. One that comes again meanwhile is not handled twice."""
LOOKED_AT_SECONDS = 30
_REASONS = ("reason", "ErrorMessage", "ERROR_MESSAGE")
_SOURCES = ("RULE_ARN", "SCHEDULE_ARN")


def attributes_of(sqs: Any, url: str) -> dict[str, str]:
    """All attributes of a queue."""
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def count_of(attributes: dict[str, str]) -> int:
    """How many messages a queue has, those included that somebody looks at now."""
    kinds = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    return sum(int(attributes.get(kind, 0)) for kind in kinds)


class Letters:
    """The messages of a queue, each once, the oldest about first; what is not deleted comes back when the work ends.

    Args:
        seconds: How long a message is hidden from others.
        before: Epoch seconds; messages that were sent later are left alone.
    """

    def __init__(self, sqs: Any, url: str, *, seconds: int = HIDDEN_SECONDS, before: float | None = None) -> None:
        self._sqs, self._url, self._seconds, self._before = sqs, url, seconds, before
        self._held: dict[str, str] = {}

    @contextmanager
    def batches(self) -> Iterator[Iterator[list[Failure]]]:
        """Batches of up to ten."""
        try:
            yield self._batches()
        finally:
            self._release()

    def delete(self, letters: Sequence[Failure]) -> None:
        """Deletes messages, ten a call. Raises CommandError for those that the queue keeps."""
        for chunk in _chunks(letters):
            entries = [{"Id": str(at), "ReceiptHandle": letter.handle} for at, letter in enumerate(chunk)]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            for entry in answer.get("Successful", ()):
                self._held.pop(chunk[int(entry["Id"])].id, None)
            if answer.get("Failed"):
                raise CommandError(
                    f"{len(answer['Failed'])} messages were not deleted: {answer['Failed'][0].get('Code')}"
                )

    def _batches(self) -> Iterator[list[Failure]]:
        seen: set[str] = set()
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE,
                VisibilityTimeout=self._seconds,
                WaitTimeSeconds=1,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", ())
            new = [failure for failure in map(letter_of, messages) if failure.id not in seen]
            self._held |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            if not messages:
                return
            seen |= {failure.id for failure in new}
            wanted = [failure for failure in new if self._before is None or failure.since < self._before]
            if wanted:
                yield wanted

    def _release(self) -> None:
        for chunk in _chunks(list(self._held.values())):
            entries = [
                {"Id": str(at), "ReceiptHandle": handle, "VisibilityTimeout": 0} for at, handle in enumerate(chunk)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        self._held.clear()


def looked_at(sqs: Any, url: str, most: int) -> list[Failure]:
    """Some of a queue's messages."""
    found: list[Failure] = []
    with Letters(sqs, url, seconds=LOOKED_AT_SECONDS).batches() as batches:
        for batch in batches:
            found += batch
            if len(found) >= most:
                break
    return sorted(found, key=lambda failure: failure.since)[:most]


def letter_of(message: dict[str, Any]) -> Failure:
    """A message as a failure."""
    system, given = message.get("Attributes", {}), message.get("MessageAttributes", {})
    texts = {name: attribute.get("StringValue", "") for name, attribute in given.items()}
    document = _object(message["Body"])
    return Failure(
        id=message["MessageId"],
        since=int(system.get("SentTimestamp", 0)) / 1000,
        reason=_reason(texts, system, document),
        source=_source(texts, system, document),
        data=message["Body"],
        handle=message["ReceiptHandle"],
    )


def _reason(texts: dict[str, str], system: dict[str, str], document: dict[str, Any]) -> str:
    for name in _REASONS:
        if texts.get(name):
            return texts[name]
    context = document.get("requestContext")
    if isinstance(context, dict) and context.get("condition"):
        payload = document.get("responsePayload")
        kind = payload.get("errorType") if isinstance(payload, dict) else ""
        return f"{context['condition']}: {kind}" if kind else str(context["condition"])
    if isinstance(document.get("Reason"), str):
        return f"{document['Status']}: {document['Reason']}" if document.get("Status") else document["Reason"]
    if "DeadLetterQueueSourceArn" in system:
        return "was received as often as its queue allows, and not handled"
    return "not told"


def _source(texts: dict[str, str], system: dict[str, str], document: dict[str, Any]) -> str:
    if arn := system.get("DeadLetterQueueSourceArn"):
        return f"queue {arn.rpartition(':')[2]}"
    for name in _SOURCES:
        if texts.get(name):
            return f"{name.partition('_')[0].lower()} {texts[name].rpartition('/')[2]}"
    context = document.get("requestContext")
    if isinstance(context, dict) and context.get("functionArn"):
        return f"function {context['functionArn'].partition(':function:')[2]}"
    if texts.get("ErrorMessage") and document.get("TopicArn"):
        return f"topic {document['TopicArn'].rpartition(':')[2]}"
    return "the function that read it" if texts.get("reason") else "a client"


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def reasons_of(failures: Iterable[Failure]) -> dict[str, int]:
    """How often each reason is given, without personal data."""
    found: dict[str, int] = {}
    for failure in failures:
        reason = withheld(failure.reason)
        found[reason] = found.get(reason, 0) + 1
    return found
