"""Rows as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from commands.errors import CommandError

CsvOption = Annotated[bool, typer.Option("--csv", help="CSV instead of text.")]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def check(*, as_json: bool, as_csv: bool) -> None:
    """Raises CommandError for both at once."""
    if as_json and as_csv:
        raise CommandError("--json and --csv exclude each other")


def print_rows(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], what: str, *, as_json: bool, as_csv: bool
) -> None:
    """A listing. names: its columns, but of JSON, which has all members. what: of which there are none where there is no row."""
    if as_json:
        print_json(rows)
    elif as_csv:
        print_csv(rows, names)
    elif rows:
        print_table(rows, names)
    else:
        print(f"there are no {what}")


def print_json(value: Any) -> None:
    """One JSON value."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """RFC 4180, with a header; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in rows])


def print_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """A table with these columns; rates in percent."""
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if any(isinstance(row.get(name), str) for row in rows) else "right")
    for row in rows:
        table.add_row(*(shown(name, row.get(name)) for name in names))
    Console(width=220, markup=False, highlight=False).print(table)


def shown(name: str, value: Any) -> str:
    """A figure as people read it."""
    if value is None:
        return "-"
    if name.endswith("Rate"):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
