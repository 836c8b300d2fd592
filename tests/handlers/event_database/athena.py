"""Athena on DuckDB: the table as Glue has it over files of lines, its views, and Trino SQL through sqlglot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlglot

from components.event_database_views.table import COLUMNS, PARTITION, TABLE
from components.event_database_views.views import VIEWS
from handlers.event_database.hive_types import split_members

SCALARS = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN"}


def duckdb_type(hive: str) -> str:
    if hive in SCALARS:
        return SCALARS[hive]
    kind, _, rest = hive.partition("<")
    members = split_members(rest[:-1])
    if kind == "array":
        return f"{duckdb_type(members[0])}[]"
    if kind == "map":
        return f"MAP({duckdb_type(members[0])}, {duckdb_type(members[1])})"
    fields = ", ".join(f'"{name}" {duckdb_type(of)}' for name, _, of in (member.partition(":") for member in members))
    return f"STRUCT({fields})"


def connect(folder: Path) -> Any:
    """A DuckDB connection with `all_events` over `folder`/YYYY/MM/DD/HH/* and all views."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f"'{name}': '{duckdb_type(kind)}'" for name, kind in COLUMNS.items())
    connection.execute(
        f"CREATE VIEW {TABLE} AS SELECT * EXCLUDE (filename), regexp_extract(filename, "
        f"'([0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/[0-9]{{2}})/[^/]+$', 1) AS {PARTITION} FROM "
        f"read_json('{folder}/**/*', format='newline_delimited', columns={{{columns}}}, filename=true, "
        "maximum_object_size=33554432)"
    )
    for view in VIEWS:
        connection.execute(f"CREATE VIEW {view.name} AS {translated(view.sql())}")
    return connection


def translated(sql: str) -> str:
    return sqlglot.transpile(sql, read="trino", write="duckdb")[0]


def rows(connection: Any, sql: str) -> list[dict[str, Any]]:
    """The result of a Trino query. Instants are in UTC without a zone, for which DuckDB would need another package."""
    query = translated(sql)
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    columns = ", ".join(
        f'"{name}" AT TIME ZONE \'UTC\' AS "{name}"' if kind == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
        for name, kind in types.items()
    )
    found = connection.execute(f"SELECT {columns} FROM ({query})").fetchall()
    return [dict(zip(types, row, strict=True)) for row in found]
