"""Discarding with a record: what is deleted is written down first, in a file or in S3, with who did it and when."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from commands.errors import CommandError
from commands.failures.clients import Clients
from commands.failures.failure import Failure, iso
from commands.failures.letters import Letters
from commands.failures.objects import content, error_objects
from commands.failures.places import Place

_OBJECTS_AT_ONCE = 10


class Record:
    """JSON lines about what is discarded. target: a file, which is added to, or `s3://BUCKET/PREFIX`.

    The lines hold personal data where what is discarded does: the file is its owner's alone.
    """

    def __init__(self, target: str, place: Place, clients: Clients) -> None:
        self.target, self._place, self._clients = target, place, clients
        self._who, self._when, self._parts = clients.caller(), iso(time.time()), 0
        self._stamp = f"{self._when.replace(':', '')}-{os.getpid()}"

    def write(self, failures: Sequence[Failure]) -> None:
        """Returns when the lines are kept for good."""
        about = {"place": self._place.name, "stack": self._place.stack, "by": self._who, "at": self._when}
        lines = "".join(json.dumps({**about, **failure.told(with_data=True)}) + "\n" for failure in failures)
        if self.target.startswith("s3://"):
            bucket, _, prefix = self.target.removeprefix("s3://").partition("/")
            self._parts += 1
            key = f"{prefix.rstrip('/')}/{self._place.name}/{self._stamp}-{self._parts:06}.jsonl".lstrip("/")
            self._clients("s3").put_object(
                Bucket=bucket, Key=key, Body=lines.encode(), ContentType="application/x-ndjson"
            )
            return
        descriptor = os.open(Path(self.target), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


def discard(place: Place, clients: Clients, record: Record, ids: Collection[str]) -> int:
    """Deletes what has one of these ids, or all where none is given. Returns how many.

    Raises CommandError for executions, which nobody can delete.
    """
    if place.kind == "runs":
        raise CommandError(
            f"{place.name}: Step Functions keeps failed executions for 90 days, and nobody can delete one; they leave "
            "the list after 14 days"
        )
    batches = _letters(place, clients, ids) if place.kind == "queue" else _objects(place, clients, ids)
    done = 0
    for failures, delete in batches:
        record.write(failures)
        delete(failures)
        done += len(failures)
    return done


def _letters(place: Place, clients: Clients, ids: Collection[str]) -> Iterator[tuple[list[Failure], Any]]:
    letters = Letters(clients("sqs"), place.where["queueUrl"], before=time.time())
    missing = set(ids)
    with letters.batches() as batches:
        for batch in batches:
            wanted = [letter for letter in batch if not ids or letter.id in ids]
            missing -= {letter.id for letter in wanted}
            if wanted:
                yield wanted, letters.delete
            if ids and not missing:
                return


def _objects(place: Place, clients: Clients, ids: Collection[str]) -> Iterator[tuple[list[Failure], Any]]:
    s3, bucket = clients("s3"), place.where["bucket"]

    def delete(failures: Sequence[Failure]) -> None:
        for failure in failures:
            s3.delete_object(Bucket=bucket, Key=failure.id)

    waiting: list[Failure] = []
    for failure in error_objects(s3, bucket, place.where["prefix"]):
        if ids and failure.id not in ids:
            continue
        failure.data = content(s3, bucket, failure.id)
        waiting.append(failure)
        if len(waiting) == _OBJECTS_AT_ONCE:
            yield waiting, delete
            waiting = []
    if waiting:
        yield waiting, delete
