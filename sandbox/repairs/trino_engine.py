"""Runs statements of Trino on DuckDB over tables and views that are given as Trino's or DuckDB's SELECTs. Knows no MiniStack."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from sandbox.repairs import trino, trino_kinds, trino_mismatches, trino_rewrite, trino_strictness
from sandbox.repairs.trino_macros import MACROS

ZONED = "TIMESTAMP WITH TIME ZONE"
Name = tuple[str, str]
"""Database and table, in lower case."""


@dataclass(frozen=True)
class Relation:
    """What a table or view is. text: DuckDB's SELECT of a table; statement: Trino's of a view, which reads in `database`."""

    text: str = ""
    statement: exp.Expr | None = None
    database: str = ""


class Engine:
    """A DuckDB in memory that answers as Trino does."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._schema: dict[str, dict[str, dict[str, str]]] = {}
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET default_null_order = 'NULLS LAST'")
        for macro in MACROS:
            name, _, body = macro.partition(" AS ")
            connection.execute(f"CREATE MACRO main.{name} AS {body}")

    def define(self, name: Name, relation: Relation) -> None:
        """Makes a table or view. Raises what says why it cannot be."""
        schema, table = name
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {trino.quoted(schema)}")
        text = relation.text
        if relation.statement is not None:
            statement = trino.qualified(relation.statement, relation.database)
            text = self.translated(statement, relation.database)
        self._connection.execute(f"CREATE VIEW {trino.quoted(schema)}.{trino.quoted(table)} AS {text}")
        described = self._connection.execute(f"DESCRIBE {trino.quoted(schema)}.{trino.quoted(table)}").fetchall()
        self._schema.setdefault(schema, {})[table] = {row[0].lower(): str(row[1]) for row in described}

    def translated(self, statement: exp.Expr, database: str) -> str:
        """The statement for DuckDB. Raises MismatchError, MalformedError or UnsupportedError."""
        schema = tuple(
            (schema, table, tuple(columns.items()))
            for schema, tables in sorted(self._schema.items())
            for table, columns in sorted(tables.items())
            if (schema, table) in trino.tables(statement, database)
        )
        return _translated(statement.sql(dialect="trino"), statement, database, schema)

    def answer(self, statement: exp.Expr, database: str) -> dict[str, Any]:
        """Columns, their types by Athena's names, and rows as Athena writes values."""
        kinds, rows = self._run(statement, database)
        zoned = [kind == ZONED for _, kind in kinds]
        return {
            "columns": [name for name, _ in kinds],
            "column_types": [trino.type_of(kind) for _, kind in kinds],
            "rows": [[trino.written(value, zone) for value, zone in zip(row, zoned, strict=True)] for row in rows],
        }

    def values(self, statement: exp.Expr, database: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names of columns and rows of Python's values; instants are in UTC, without their zone."""
        kinds, rows = self._run(statement, database)
        return [name for name, _ in kinds], rows

    def _run(self, statement: exp.Expr, database: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {trino.quoted(database)}")
        self._connection.execute(f"SET search_path = {trino.literal(trino.quoted(database) + ',main')}")
        query = self.translated(statement, database)
        kinds = [(row[0], str(row[1])) for row in self._connection.execute(f"DESCRIBE {query}").fetchall()]
        # By number: several columns may have one name, as in an import file.
        names = [f"c{place}" for place in range(len(kinds))]
        # DuckDB gives instants to Python only by way of another package: they leave it without their zone, in UTC.
        columns = ", ".join(
            f"{name} AT TIME ZONE 'UTC'" if kind == ZONED else name
            for name, (_, kind) in zip(names, kinds, strict=True)
        )
        try:
            rows = self._connection.execute(
                f"SELECT {columns} FROM ({query}) AS result({', '.join(names)})"  # noqa: S608 the query is the user's
            ).fetchall()
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise _named(error) from error
        return kinds, rows


def _named(error: duckdb.Error) -> Exception:
    """A failed cast or an overflow by Trino's name for it; what a macro says has its name already."""
    if trino.ERROR_NAME.search(str(error)):
        return error
    overflow = isinstance(error, duckdb.OutOfRangeException) or _WHOLE_TO_WHOLE.search(str(error))
    return ValueError(f"{'NUMERIC_VALUE_OUT_OF_RANGE' if overflow else 'INVALID_CAST_ARGUMENT'}: {error}")


_WHOLE_TO_WHOLE = re.compile(r"Type U?INT\d+ with value")
_Schema = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
_known: dict[tuple[str, str, _Schema], str] = {}
_MOST_KNOWN = 256


def _translated(text: str, statement: exp.Expr, database: str, schema: _Schema) -> str:
    """A statement's translation; that of a view is asked for again with each query of it."""
    if (text, database, schema) not in _known:
        nested: dict[str, dict[str, dict[str, str]]] = {}
        for name, table, columns in schema:
            nested.setdefault(name, {})[table] = dict(columns)
        statement = statement.copy()
        kinds = trino_kinds.Kinds(statement, nested, database)
        trino_strictness.refuse(statement)
        trino_mismatches.refuse(statement, kinds)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[text, database, schema] = trino_rewrite.rewritten(statement, kinds).sql(dialect="duckdb")
    return _known[text, database, schema]


@contextmanager
def opened(relations: Mapping[Name, Relation]) -> Iterator[Engine]:
    """An engine with tables and views, each of which stands after what it reads."""
    with duckdb.connect(":memory:") as connection:
        engine = Engine(connection)
        for name, relation in relations.items():
            engine.define(name, relation)
        yield engine
