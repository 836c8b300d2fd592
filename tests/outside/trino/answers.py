"""Answers of Athena and of Trino in one form: names of columns, and rows as Athena writes values."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.repairs import trino as writing
from tests.outside.trino.engine import QueryError, Trino

SECONDS = 240
Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Answer:
    """error: empty where there are rows."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    error: str = ""

    def unordered(self) -> tuple[tuple[str, ...], list[Row]]:
        """Columns and rows, for a query without ORDER BY; entries of maps, which have no order either, in the order of texts."""
        rows = [tuple(_sorted(cell) for cell in row) for row in self.rows]
        return self.columns, sorted(rows, key=repr)


def _sorted(cell: str | None) -> str | None:
    if cell is None or not (cell.startswith("{") and cell.endswith("}")) or cell.startswith('{"'):
        return cell
    return "{" + ", ".join(sorted(cell[1:-1].split(", "))) + "}"


def of_athena(client: Any, sql: str, database: str) -> Answer:
    """What the sandbox's Athena answers."""
    workgroups = [found["Name"] for found in client.list_work_groups()["WorkGroups"] if found["Name"] != "primary"]
    started = client.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": database}, WorkGroup=workgroups[0]
    )
    identifier = started["QueryExecutionId"]
    deadline = time.monotonic() + SECONDS
    while True:
        status = client.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]
        if status["State"] == "FAILED":
            return Answer(error=status["StateChangeReason"])
        if status["State"] == "SUCCEEDED":
            break
        assert time.monotonic() < deadline, f"no answer within {SECONDS} s: {sql}"
        time.sleep(0.02)
    lines: list[Row] = []
    columns: tuple[str, ...] = ()
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=identifier):
        lines += [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"]]
        columns = tuple(column["Name"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"])
    return Answer(columns, tuple(lines[1:]))


def of_trino(trino: Trino, sql: str, database: str) -> Answer:
    """What Trino answers."""
    try:
        found = trino.query(sql, database)
    except QueryError as error:
        return Answer(error=str(error))
    return Answer(tuple(found.names), tuple(tuple(text(cell) for cell in row) for row in found.rows))


def text(cell: Any) -> str | None:
    """A value of Trino's as Athena writes it."""
    if cell is None:
        return None
    zoned = isinstance(cell, datetime) and cell.tzinfo is not None
    return str(writing.written(cell.replace(tzinfo=None) if zoned else cell, zoned))
