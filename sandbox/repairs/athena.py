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

from ministack.services import athena, glue, s3
from sqlglot import exp

from sandbox.repairs import projection, trino
from sandbox.repairs.trino_engine import Name, Relation, opened


def install() -> None:
    """Replaces the way in which a query that is no DDL runs, and where its result goes."""
    athena._run_duckdb = run
    athena._save_query_results = save


async def run(query: str, database: str, catalog: str | None = None) -> dict[str, Any]:
    """Runs a query. Raises what says why it cannot run."""
    statement = trino.of_own_catalog(trino.parsed(query.strip().rstrip(";")))
    folders: list[str] = []
    relations: dict[Name, Relation] = {}
    try:
        _define(statement, database or "default", relations, folders)
        return await asyncio.to_thread(_answer, statement, database or "default", relations)
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _answer(statement: exp.Expr, database: str, relations: dict[Name, Relation]) -> dict[str, Any]:
    with opened(relations) as engine:
        return engine.answer(statement, database)


def _define(statement: exp.Expr, database: str, relations: dict[Name, Relation], folders: list[str]) -> None:
    """Adds what the statement reads, each after what it reads itself."""
    for name in sorted(trino.tables(statement, database)):
        if name in relations:
            continue
        found = glue._tables.get("/".join(name))
        if found is None:
            raise LookupError(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{name[0]}.{name[1]}' does not exist")
        trino.refuse_without_serde(found)
        view = trino.view_of(found.get("ViewOriginalText") or "")
        if view:
            inner = trino.parsed(view[0])
            _define(inner, view[1] or name[0], relations, folders)
            relations[name] = Relation(statement=inner, database=view[1] or name[0])
        else:
            relations[name] = Relation(_table(found, folders))


def _table(found: dict[str, Any], folders: list[str]) -> str:
    projection.check(found)
    location = (found.get("StorageDescriptor") or {}).get("Location") or ""
    before = len(folders)
    files = athena._materialize_table_files(location, folders) if location else []
    root = folders[before] if len(folders) > before else ""
    if athena._data_format(found) == "json":
        return trino.json_relation(found, files, root)
    return f"SELECT * FROM {athena._table_relation(found, files) if files else athena._empty_relation(found)}"  # noqa: S608


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
