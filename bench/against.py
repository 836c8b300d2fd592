"""Today's handlers beside those of another git revision, both driven by today's rows: `python -m bench --against REV`."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from bench.kind import Kind
from bench.processes import ROOT, RowError, run_row

RUNS = 2
"""Of each side, in turn: what else the machine does meanwhile falls on both."""
MEASURES = {
    "calls": "API calls",
    "write_units": "write units",
    "read_units": "read units",
    "cpu_seconds": "CPU s",
    "seconds": "seconds",
    "peak_megabytes": "peak MB",
}


class RevisionError(ValueError):
    """There is no such revision, or it has no handlers; the text is git's."""


@contextmanager
def revision_folder(revision: str) -> Iterator[Path]:
    """A folder with the `handlers` of a revision, for as long as it is needed.

    Raises:
        RevisionError: there is no such revision, or it has no handlers.
    """
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit, "handlers"))) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def beside(kind: Kind, items: int, folder: Path) -> dict[str, Any]:
    """One row of both sides, medians, and today's share of the revision's.

    Returns `{"name", "title", "items", "today", "then", "ratios"}`, each by measure; where the revision's handlers cannot do
    the work, `{"name", "title", "items", "today", "cannot_run"}`, which is the last line of what they said.

    Raises:
        RowError: today's cannot.
    """
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    row = {"name": kind.name, "title": kind.title, "items": items}
    for _ in range(RUNS):
        ours.append(run_row(kind, items))
        try:
            theirs.append(run_row(kind, items, folder))
        except RowError as error:
            return {**row, "today": _medians(ours), "cannot_run": str(error).rpartition("\n")[2]}
    today, then = _medians(ours), _medians(theirs)
    ratios = {name: today[name] / then[name] for name in today if then.get(name)}
    return {**row, "today": today, "then": then, "ratios": ratios}


def table(rows: Sequence[Mapping[str, Any]], revision: str) -> Table:
    """The rows for people: today's share, and both figures."""
    result = Table(title=f"Today's handlers / those of {revision}, medians of {RUNS}", title_justify="left")
    for heading in ("work", "items"):
        result.add_column(heading)
    for heading in MEASURES.values():
        result.add_column(heading, justify="right")
    for row in rows:
        result.add_row(row["title"], f"{row['items']:,}", *(_cell(row, name) for name in MEASURES))
        if "cannot_run" in row:
            result.add_row(f"  cannot run there: {row['cannot_run']}")
    return result


def _cell(row: Mapping[str, Any], name: str) -> str:
    if name not in row.get("ratios", {}):
        return "-"
    return f"{row['ratios'][name]:.2f}\n{row['today'][name]:,.6g} / {row['then'][name]:,.6g}"


def _medians(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {name: median(row[name] for row in rows) for name in MEASURES if name in rows[0]}


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise RevisionError(done.stderr.decode().strip())
    return done.stdout
