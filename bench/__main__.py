"""`python -m bench [--only NAME ...] [--items N] [--against REV] [--json]`: the table of docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import against
from bench.cold_start import cold_start
from bench.fakes.wire import LATENCY_SECONDS
from bench.kind import Kind, all_kinds
from bench.processes import RowError, run_row

Measure = Callable[[Kind, int], dict[str, Any]]


def main(arguments: list[str] | None = None) -> int:
    """Measures row by row. Returns the exit status: 1 if a row failed."""
    known = all_kinds()
    parser = argparse.ArgumentParser(prog="python -m bench", description="API calls, time, memory and cold start.")
    parser.add_argument("--only", action="append", choices=sorted(known), help="this row only (may be repeated)")
    parser.add_argument("--items", type=int, help="so many items instead of each row's own number")
    parser.add_argument("--against", metavar="REV", help="beside the handlers of a git revision, as ratios")
    parser.add_argument("--json", action="store_true", help="one JSON list instead of a table")
    options = parser.parse_args(arguments)
    if options.items is not None and options.items < 1:
        parser.error(f"--items is {options.items}; allowed is 1 or more")
    chosen = [kind for name, kind in known.items() if not options.only or name in options.only]
    if options.against is None:
        return _shown(chosen, options, measured, table)
    try:
        with against.revision_folder(options.against) as folder:
            return _shown(
                chosen,
                options,
                lambda kind, items: against.beside(kind, items, folder),
                lambda rows: against.table(rows, options.against),
            )
    except against.RevisionError as error:
        parser.error(f"--against {options.against}: {error}")


def _shown(
    chosen: list[Kind], options: argparse.Namespace, measure: Measure, as_table: Callable[[list[dict[str, Any]]], Table]
) -> int:
    rows, failed = [], []
    errors = Console(stderr=True)
    for kind in chosen:
        if not options.json:
            errors.print(f"measuring: {kind.title} ...", style="dim")
        try:
            rows.append(measure(kind, options.items or kind.items))
        except RowError as error:
            failed.append(kind.name)
            errors.print(f"{kind.name} failed:\n{error}", markup=False)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else 160).print(as_table(rows))
    return 1 if failed else 0


def measured(kind: Kind, items: int) -> dict[str, Any]:
    """One row, measured in processes of its own."""
    row = run_row(kind, items)
    start = cold_start(kind.handler)
    row |= {
        "cold_start_milliseconds": start.whole,
        "cold_start_own_milliseconds": start.own,
        "cold_start_with_client_milliseconds": start.with_client,
        "import_boto3_milliseconds": start.boto3,
    }
    if kind.reference and items == kind.items:
        row["reference"] = dict(kind.reference)
    return row


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows for people."""
    result = Table(title=f"The handlers at {LATENCY_SECONDS * 1000:.0f} ms a call", title_justify="left")
    result.add_column("work")
    headings = ("items", "API calls", "floor", "ratio", "write units", "read units", "seconds", "CPU s", "peak MB")
    for heading in (*headings, "cold start ms", "without boto3 ms", "with client / boto3"):
        result.add_column(heading, justify="right")
    for row in rows:
        result.add_row(
            row["title"],
            f"{row['items']:,}",
            f"{row['calls']:,}",
            f"{row['floor']:,}",
            f"{row['calls'] / row['floor']:.3f}" if row["floor"] else "-",
            _units(row, "write"),
            _units(row, "read"),
            _seconds(row["seconds"]),
            _seconds(row["cpu_seconds"]),
            f"{row['peak_megabytes']:.0f}",
            f"{row['cold_start_milliseconds']:.0f}",
            f"{row['cold_start_own_milliseconds']:.0f}",
            f"{row['cold_start_with_client_milliseconds'] / row['import_boto3_milliseconds']:.2f}",
        )
        if "beside" in row:
            outsider = row["beside"]
            result.add_row(
                f"  {outsider['title']}", f"{row['items']:,}", *("",) * 5, _seconds(outsider["seconds"]), *("",) * 5
            )
        if "reference" in row:
            figures = row["reference"]
            result.add_row(
                "  the reference's code, for comparison",
                f"{row['items']:,}",
                f"{figures['calls']:,.0f}",
                f"{row['floor']:,}",
                f"{figures['calls'] / row['floor']:.3f}" if row["floor"] else "-",
                *("",) * 2,
                f"{figures['seconds']:.1f}" if "seconds" in figures else "-",
                *("",) * 5,
            )
    return result


def _units(row: dict[str, Any], kind: str) -> str:
    return f"{row[f'{kind}_units']:,.0f}" if f"{kind}_units" in row else "-"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.3f}"


if __name__ == "__main__":
    sys.exit(main())
