"""Mends MiniStack's Athena: SQL is Trino's, views are expanded, JSON tables have the catalog's types and partitions,
results lie where the execution says, as Athena writes them.

MiniStack hands the text to DuckDB as it is, knows no views, guesses the types of JSON, and puts a result below a folder
that is called like the object.
"""
# pyright: reportMissingImports=false

import asyncio
import shutil
from typing import Any
from urllib.parse import urlsplit

import duckdb
from ministack.services import athena, glue, s3
from sqlglot import exp

from sandbox.repairs import trino


def install() -> None:
    """Replaces the way in which a query that is no DDL runs, and where its result goes."""
    athena._run_duckdb = run
    athena._save_query_results = save


async def run(query: str, database: str, catalog: str | None = None) -> dict[str, Any]:
    """Runs a query. Raises what says why it cannot run."""
    statement = trino.of_own_catalog(trino.parsed(query.strip().rstrip(";")))
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
        kinds = [(row[0], str(row[1])) for row in connection.execute(f"DESCRIBE {query}").fetchall()]
        zoned = [kind == "TIMESTAMP WITH TIME ZONE" for _, kind in kinds]
        # By number: several columns may have one name, as in an import file.
        names = [f"c{place}" for place in range(len(kinds))]
        # DuckDB gives instants to Python only by way of another package: they leave it without their zone, in UTC.
        columns = ", ".join(
            f"{name} AT TIME ZONE 'UTC'" if zone else name for name, zone in zip(names, zoned, strict=True)
        )
        rows = connection.execute(
            f"SELECT {columns} FROM ({query}) AS result({', '.join(names)})"  # noqa: S608 the query is the user's
        ).fetchall()
    return {
        "columns": [name for name, _ in kinds],
        "column_types": [trino.type_of(kind) for _, kind in kinds],
        "rows": [[trino.written(value, zone) for value, zone in zip(row, zoned, strict=True)] for row in rows],
    }


async def save(query_id: str) -> None:
    """Writes a query's result to its OutputLocation, and what columns it has beside it. Raises where S3 refuses it."""
    execution = athena._executions[query_id]
    results, kinds = execution["_results"], execution["_column_types"]
    location = urlsplit(execution["ResultConfiguration"]["OutputLocation"])
    key = location.path.lstrip("/")
    content = await asyncio.to_thread(trino.result_file, results["columns"], results["rows"])
    described = ",".join(results["columns"]) + "\n" + ",".join(kinds)
    for name, data in ((key, content), (f"{key}.metadata", described.encode())):
        status, _, body = s3._put_object(location.netloc, name, data, {"content-length": str(len(data))})
        if status >= 300:
            raise OSError(f"the result could not be written to {location.geturl()}: {body.decode()[:300]}")
