"""What became of what was to be loaded: counts by kind, and each problem with its place."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from handlers.shared.records.spreadsheets import inert

COLUMNS = ("file", "line", "id", "reason")
SHOWN = 10
"""Problems that are kept to be shown; the file has all."""


class Place(NamedTuple):
    """Where something stands: file, line (0: the file as a whole), and its id or name."""

    file: str
    line: int = 0
    id: str = ""

    def __str__(self) -> str:
        line = f" line {self.line}" if self.line else ""
        return f"{self.file}{line}{f' ({self.id})' if self.id else ''}"


class Report:
    """Counts outcomes, and writes problems to a CSV file with COLUMNS, which is made with the first one.

    path: that file; it is the caller's alone to read, as reasons and ids may be personal.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: dict[str, Counter[str]] = {
            kind: Counter() for kind in ("endpoints", "segments", "templates", "journeys")
        }
        self.problems = 0
        self.first: list[str] = []
        self._file: Any = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def done(self, kind: str, outcome: str, count: int = 1) -> None:
        """Counts what went well. outcome: `loaded`, `created`, `updated`, `unchanged` or `checked`."""
        self.counts[kind][outcome] += count

    def problem(self, place: Place, reason: str, kind: str = "") -> None:
        """Notes what was not loaded. kind: of which it was one, where that is known."""
        if self._file is None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", newline="", encoding="utf-8")
            csv.writer(self._file).writerow(COLUMNS)
        csv.writer(self._file).writerow((place.file, place.line or "", inert(place.id), reason))
        self.problems += 1
        if kind:
            self.counts[kind]["not loaded"] += 1
        if len(self.first) < SHOWN:
            self.first.append(f"{place}: {reason}")
