"""What is in a place: how many, the oldest of them, why, and where they came from."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.failures import letters, objects, runs
from commands.failures.clients import Clients
from commands.failures.failure import Failure, iso, told
from commands.failures.places import Place

SAMPLE = 10
"""Messages that are looked at for their reasons."""
LOOKED_INTO = 3
"""Objects and executions, each of which takes a call or two."""


@dataclass
class Overview:
    """oldest: epoch seconds, of what was looked at where `sampled`. reasons: how often each was given in the sample.

    problem: why nobody could look into the place; count is 0 then.
    """

    place: Place
    count: int
    oldest: float | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    sampled: bool = False
    problem: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.place.name,
            "stack": self.place.stack,
            "kind": self.place.kind,
            "what": self.place.what,
            "count": self.count,
            "oldest": None if self.oldest is None else iso(self.oldest),
            "reasons": self.reasons,
            "sources": self.sources,
            "sampled": self.sampled,
            "redrive": self.place.way["by"],
            **({"problem": self.problem} if self.problem else {}),
        }


def overview(place: Place, clients: Clients) -> Overview:
    """Looks into a place. That it cannot be looked into is told as its problem."""
    try:
        return _overview(place, clients)
    except (ClientError, BotoCoreError) as error:
        return Overview(place, 0, problem=told(error))


def _overview(place: Place, clients: Clients) -> Overview:
    if place.kind == "queue":
        return _queue(place, clients)
    count, oldest = _few(place, clients, LOOKED_INTO)
    found = Overview(place, count, sampled=count > len(oldest))
    _note(found, [_looked_into(place, failure, clients) for failure in oldest])
    return found


def shown(place: Place, clients: Clients, most: int) -> list[Failure]:
    """Up to `most` failures of a place with their reasons, the oldest first."""
    if place.kind == "queue":
        return letters.looked_at(clients("sqs"), place.where["queueUrl"], most)
    _, oldest = _few(place, clients, most)
    return [_looked_into(place, failure, clients) for failure in oldest]


def _queue(place: Place, clients: Clients) -> Overview:
    sqs, url = clients("sqs"), place.where["queueUrl"]
    attributes = letters.attributes_of(sqs, url)
    found = Overview(place, letters.count_of(attributes))
    # Looking at a message counts as a receive, after some of which such a queue gives it up.
    if not found.count or "RedrivePolicy" in attributes:
        return found
    sample = letters.looked_at(sqs, url, SAMPLE)
    _note(found, sample)
    found.sampled = found.count > len(sample)
    return found


def _few(place: Place, clients: Clients, most: int) -> tuple[int, list[Failure]]:
    """How many there are, and the oldest of them; memory holds no more than these."""
    count = 0
    kept: list[tuple[float, int, Failure]] = []
    for at, failure in enumerate(_all(place, clients)):
        count = at + 1
        entry = (-failure.since, -at, failure)
        if len(kept) < most:
            heapq.heappush(kept, entry)
        else:
            heapq.heappushpop(kept, entry)
    return count, [failure for _, _, failure in sorted(kept, reverse=True)]


def _all(place: Place, clients: Clients) -> Iterator[Failure]:
    if place.kind == "objects":
        return objects.error_objects(clients("s3"), place.where["bucket"], place.where["prefix"])
    again = place.way["by"] == "input"
    return runs.failed_runs(clients("stepfunctions"), place.where["stateMachineArn"], tried_again=again)


def _looked_into(place: Place, failure: Failure, clients: Clients) -> Failure:
    if place.kind == "objects":
        return objects.looked_into(clients("s3"), place.where["bucket"], failure)
    return runs.looked_into(clients("stepfunctions"), failure)


def _note(found: Overview, sample: list[Failure]) -> None:
    if sample:
        found.oldest = min(failure.since for failure in sample)
        found.reasons = letters.reasons_of(sample)
        found.sources = sorted({failure.source for failure in sample})
