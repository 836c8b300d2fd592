"""Rows of a result become updates of endpoints that exist, 100 a call; what no endpoint took is reported row by row."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, field
from typing import Any

from handlers.shared.project_endpoints import ProjectEndpoints
from handlers.shared.records.endpoint_columns import Columns
from handlers.shared.records.errors import RowError
from handlers.shared.records.reading import Record
from handlers.shared.records.spreadsheets import inert

UNKNOWN = "no endpoint has this Id"
ROWS_PER_BATCH = 3200
"""32 calls of 100 endpoints that overlap."""
BYTES_PER_BATCH = 8 * 1024 * 1024


class UpdateFailedError(Exception):
    """The project did not take updates that it may take later."""


@dataclass
class Counts:
    """Rows, by what became of them: the endpoint has it, no endpoint has the Id, or the project refused it."""

    updated: int = 0
    unknown: int = 0
    refused: int = 0

    def add(self, other: dict[str, int]) -> None:
        """Adds counts as `as_dict` gives them."""
        self.updated += other["updated"]
        self.unknown += other["unknown"]
        self.refused += other["refused"]

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass
class Batch:
    """Rows that are updated together, in the order of the result; rows with one Id become one update.

    problems: (id, reason) of each row that changed nothing.
    """

    columns: Columns
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    taken: int = 0
    size: int = 0

    @property
    def full(self) -> bool:
        return self.taken >= ROWS_PER_BATCH or self.size >= BYTES_PER_BATCH

    def take(self, record: Record) -> None:
        """Adds a row. One that is no endpoint update is a problem and stops no other."""
        self.taken += 1
        self.size += record.end.offset - record.start.offset
        if record.problem:
            self._refuse("", f"the row {record.problem}")
            return
        identifier = dict(zip(self.columns.names, record.values, strict=False)).get("Id", "")
        try:
            item = self.columns.endpoint(record.values)
        except RowError as error:
            self._refuse(identifier, f"the row {error}")
            return
        if not identifier:
            self._refuse("", "the row has no Id")
            return
        key = identifier.lower()
        self.rows[key] = self.rows.get(key, 0) + 1
        self.items[key] = merged(self.items[key], item) if key in self.items else item

    def write(self, endpoints: ProjectEndpoints) -> None:
        """Updates the endpoints. Raises UpdateFailedError, ClientError or BotoCoreError where trying again may help."""
        updates = endpoints.update(list(self.items.values()))
        if updates.failed:
            reason = next(iter(updates.failed.values()))
            raise UpdateFailedError(f"{len(updates.failed)} endpoints could not be updated: {reason}")
        for key, item in self.items.items():
            identifier, rows = item["Id"], self.rows[key]
            if identifier in updates.unknown:
                self.counts.unknown += rows
                self.problems.append((identifier, UNKNOWN))
            elif identifier in updates.refused:
                self.counts.refused += rows
                self.problems.append((identifier, updates.refused[identifier]))
            else:
                self.counts.updated += rows

    def report(self) -> bytes:
        """The problems as CSV with the columns Id and Reason."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["Id", "Reason"])
        writer.writerows((inert(identifier), reason) for identifier, reason in self.problems)
        return text.getvalue().encode()

    def _refuse(self, identifier: str, reason: str) -> None:
        self.counts.refused += 1
        self.problems.append((identifier, reason))


def merged(former: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """One update with the effect of two: the later one's values where both have them."""
    both = {**former, **later}
    for name, value in later.items():
        if isinstance(value, dict) and isinstance(former.get(name), dict):
            both[name] = merged(former[name], value)
    return both
