"""The event database as the sandbox's Athena has it: the table over files of lines, its views, and Trino's SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlglot import exp

from components.event_database_views.table import COLUMNS, FORMAT, PARTITION, SERDE_PARAMETERS, TABLE
from components.event_database_views.views import VIEWS
from sandbox.repairs import trino
from sandbox.repairs.trino_engine import Engine, Relation, opened

DATABASE = "due_eventdb"
LOCATION = "s3://events/events/"


def glue_table() -> dict[str, Any]:
    """`all_events` as Glue has it, without projection: what partitions there are the files say."""
    return {
        "StorageDescriptor": {
            "Location": LOCATION,
            "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()],
            "SerdeInfo": {"SerializationLibrary": FORMAT["serde"], "Parameters": SERDE_PARAMETERS},
        },
        "PartitionKeys": [{"Name": PARTITION, "Type": "string"}],
        "Parameters": {"storage.location.template": f"{LOCATION}${{{PARTITION}}}/"},
    }


@contextmanager
def connected(folder: Path, statement: exp.Expr) -> Iterator[Engine]:
    """An engine with what the statement reads: `all_events` over `folder`/YYYY/MM/DD/HH/*, and views."""
    files = [str(file) for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".rows"]
    relations = {(DATABASE, TABLE): Relation(trino.json_relation(glue_table(), files, str(folder)))}
    read = {name for _, name in trino.tables(statement, DATABASE)}
    for view in VIEWS:
        if view.name in read:
            relations[DATABASE, view.name] = Relation(statement=trino.parsed(view.sql()), database=DATABASE)
    with opened(relations) as engine:
        yield engine


def rows(folder: Path, sql: str) -> list[dict[str, Any]]:
    """The result of a query of Trino's over the files below a folder. Instants are in UTC, without their zone."""
    statement = trino.parsed(sql)
    with connected(folder, statement) as engine:
        names, found = engine.values(statement, DATABASE)
    return [dict(zip(names, row, strict=True)) for row in found]
