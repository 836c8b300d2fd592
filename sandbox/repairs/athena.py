"""Mends MiniStack's Athena: SQL is Trino's, views are expanded, JSON tables have the catalog's types and partitions.

MiniStack hands the text to DuckDB as it is, knows no views, and guesses the types of JSON.
"""
# pyright: reportMissingImports=false

import asyncio
import shutil
from typing import Any

import duckdb
from ministack.services import athena, glue
from sqlglot import exp

from sandbox.repairs import trino


def install() -> None:
    """Replaces the way in which a query that is no DDL runs."""
    athena._run_duckdb = run


async def run(query: str, database: str, catalog: str | None = None) -> dict[str, Any]:
    """Runs a query. Raises what says why it cannot run."""
    statement = trino.parsed(query.strip().rstrip(";"))
    folders: list[str] = []
    definitions: dict[tuple[str, str], str] = {}
    try:
        _define(statement, database or "default", definitions, folders)
        return await asyncio.to_thread(_execute, trino.translated(statement), database or "default", definitions)
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _define(statement: exp.Expr, database: str, definitions: dict[tuple[str, str], str], folders: list[str]) -> None:
    """Adds what the statement reads, each after what it reads itself."""
    for name in sorted(trino.tables(statement, database)):
        if name in definitions:
            continue
        found = glue._tables.get("/".join(name))
        if found is None:
            raise LookupError(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{name[0]}.{name[1]}' does not exist")
        view = trino.view_of(found.get("ViewOriginalText") or "")
        if view:
            inner = trino.parsed(view[0])
            _define(inner, view[1] or name[0], definitions, folders)
            definitions[name] = _qualified(inner, view[1] or name[0])
        else:
            definitions[name] = _table(found, folders)


def _qualified(statement: exp.Expr, database: str) -> str:
    """A view's statement for DuckDB, its tables named with their database: another one may be current."""
    own = {cte.alias_or_name.lower() for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        if table.name and not table.db and table.name.lower() not in own:
            table.set("db", exp.to_identifier(database, quoted=True))
    return trino.translated(statement)


def _table(found: dict[str, Any], folders: list[str]) -> str:
    location = (found.get("StorageDescriptor") or {}).get("Location") or ""
    before = len(folders)
    files = athena._materialize_table_files(location, folders) if location else []
    root = folders[before] if len(folders) > before else ""
    if athena._data_format(found) == "json":
        return trino.json_relation(found, files, root)
    return f"SELECT * FROM {athena._table_relation(found, files) if files else athena._empty_relation(found)}"  # noqa: S608


def _execute(query: str, database: str, definitions: dict[tuple[str, str], str]) -> dict[str, Any]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for schema in sorted({database, *(name[0] for name in definitions)}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {trino.quoted(schema)}")
        for (schema, name), definition in definitions.items():
            connection.execute(f"CREATE VIEW {trino.quoted(schema)}.{trino.quoted(name)} AS {definition}")
        connection.execute(f"USE {trino.quoted(database)}")
        kinds = {row[0]: str(row[1]) for row in connection.execute(f"DESCRIBE {query}").fetchall()}
        # DuckDB gives instants to Python only by way of another package: they leave it without their zone, in UTC.
        columns = ", ".join(
            f"{trino.quoted(name)} AT TIME ZONE 'UTC' AS {trino.quoted(name)}"
            if kind == "TIMESTAMP WITH TIME ZONE"
            else trino.quoted(name)
            for name, kind in kinds.items()
        )
        rows = connection.execute(f"SELECT {columns} FROM ({query})").fetchall()  # noqa: S608 the query is the user's
    zoned = [kind == "TIMESTAMP WITH TIME ZONE" for kind in kinds.values()]
    return {
        "columns": list(kinds),
        "column_types": [trino.type_of(kind) for kind in kinds.values()],
        "rows": [[trino.written(value, zone) for value, zone in zip(row, zoned, strict=True)] for row in rows],
    }
