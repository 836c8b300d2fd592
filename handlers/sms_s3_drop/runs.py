"""The state of a run: one content of one key, however often it is dropped, delivered or started.

It is kept in the ledger rather than in the state machine, so that whatever starts a run of the same content goes on where
the last one stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

from handlers.shared.records.dialect import START, Place
from handlers.shared.tables import Table

READING = "READING"
SENDING = "SENDING"
CLOSING = "CLOSING"
REPORTING = "REPORTING"
DONE = "DONE"
REFUSED = "REFUSED"
"""The file could not be read; a later run of the same content tries it again."""


@dataclass(frozen=True)
class Source:
    """The object that a run reads. version: "" where the bucket has none."""

    bucket: str
    key: str
    etag: str
    version: str
    size: int

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Run:
    """phase: what is done next. place, row: where reading stands. columns: as columns.Columns has them, once known.

    settled: blocks of rows, from the first, that are known to be settled. started: epoch seconds. report: how far the
    reports are. problem: why not all of the file could be read.
    """

    id: str
    source: Source
    phase: str
    started: int
    place: Place = START
    row: int = 0
    rows: int = 0
    settled: int = 0
    columns: dict[str, Any] | None = None
    report: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def run_id(bucket: str, key: str, content_digest: str) -> str:
    """The id of the run of this content of this key."""
    return hashlib.sha256(json.dumps([bucket, key, content_digest]).encode()).hexdigest()[:32]


class Runs:
    """The runs in the ledger's table."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, identifier: str) -> Run | None:
        item = self.table.get(_pk(identifier), "RUN")
        return None if item is None else _run(json.loads(item["state"]))

    def put(self, run: Run) -> Run:
        """Stores the state; returns it."""
        item = {"pk": _pk(run.id), "sk": "RUN", "state": json.dumps(_state(run))}
        # What senders count beside the state stays: an update, not a put.
        self.table.update(item["pk"], item["sk"], "SET #state = :state", {":state": item["state"]}, names=_NAMES)
        return run

    def open(self, identifier: str, source: Source) -> tuple[Run, bool]:
        """The run of this content, new or as far as it is. The second value: whether it was done before."""
        known = self.get(identifier)
        if known is None or known.phase == REFUSED:
            return self.put(Run(identifier, source, READING, int(time.time()))), False
        if known.phase == DONE:
            return known, True
        # The same content may have been written anew: what was there before cannot be read any more.
        return self.put(replace(known, source=source)), False

    def count_settled(self, identifier: str, rows: int) -> None:
        """Adds to the number of rows that have a result: a hint how far sending is, not a proof."""
        self.table.update(_pk(identifier), "RUN", "ADD settled_hint :rows", {":rows": rows})

    def settled_hint(self, identifier: str) -> int:
        item = self.table.get(_pk(identifier), "RUN")
        return 0 if item is None else item.get("settled_hint", 0)


_NAMES = {"#state": "state"}


def _pk(identifier: str) -> str:
    return f"RUN#{identifier}"


def _state(run: Run) -> dict[str, Any]:
    return {**run.__dict__, "source": run.source.__dict__, "place": list(run.place)}


def _run(state: dict[str, Any]) -> Run:
    return Run(**{**state, "source": Source(**state["source"]), "place": Place(*state["place"])})
