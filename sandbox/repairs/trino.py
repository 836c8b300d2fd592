"""Athena's SQL on DuckDB: Trino through sqlglot, Hive types, Athena's way of writing values. Knows no MiniStack."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sandbox.repairs import hive_lines, projection
from sandbox.repairs.trino_strictness import foreign_token

VIEW = re.compile(r"/\* Presto View: (.*) \*/", re.DOTALL)
OWN_CATALOG = "awsdatacatalog"
VARIABLE = re.compile(r"\$\{(\w+)\}")
SCALARS = {
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
}


ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


ERROR_NAME = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+: ")
"""How Trino's errors begin."""


class MalformedError(ValueError):
    """A text that is no statement of Trino."""


class UnknownTypeError(ValueError):
    """A Hive type that is none."""


def duckdb_type(hive: str) -> str:
    """A Hive type as DuckDB writes it. Raises UnknownTypeError."""
    hive = hive.strip().lower()
    kind, _, rest = hive.partition("<")
    if not rest:
        name, parenthesis, size = kind.partition("(")
        if name == "decimal":
            return f"DECIMAL({size}" if parenthesis else "DECIMAL(10,0)"
        if name not in SCALARS:
            raise UnknownTypeError(f"Hive has no type {hive!r}")
        return SCALARS[name]
    members = hive_lines.members(rest.removesuffix(">"))
    if kind == "array":
        return f"{duckdb_type(members[0])}[]"
    if kind == "map":
        return f"MAP({duckdb_type(members[0])}, {duckdb_type(members[1])})"
    if kind == "struct":
        fields = (member.partition(":") for member in members)
        return f"STRUCT({', '.join(f'{quoted(name.strip())} {duckdb_type(of)}' for name, _, of in fields)})"
    raise UnknownTypeError(f"Hive has no type {hive!r}")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def parsed(sql: str) -> exp.Expr:
    """One statement of Trino, whose unnamed columns get the names that Trino gives them. Raises MalformedError."""
    try:
        if sign := foreign_token(list(sqlglot.tokenize(sql, read="trino"))):
            raise MalformedError(f"SYNTAX_ERROR: mismatched input '{sign}'")
        statement = sqlglot.parse_one(sql, read="trino")
    except SqlglotError as error:
        raise MalformedError(f"SYNTAX_ERROR: {ESCAPES.sub('', str(error))}") from error
    if isinstance(statement, exp.Select):
        for position, column in enumerate(statement.expressions):
            if not isinstance(column, exp.Alias | exp.Column | exp.Dot | exp.Star):
                statement.expressions[position].replace(exp.alias_(column.copy(), f"_col{position}"))
    return statement


def qualified(statement: exp.Expr, database: str) -> exp.Expr:
    """A view's statement, its tables named with their database: another one may be current."""
    statement = statement.copy()
    own = {cte.alias_or_name.lower() for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        if table.name and not table.db and table.name.lower() not in own:
            table.set("db", exp.to_identifier(database, quoted=True))
    return statement


def tables(statement: exp.Expr, database: str) -> set[tuple[str, str]]:
    """Database and name of each table that the statement reads; names of its own WITH are none."""
    own = {cte.alias_or_name.lower() for cte in statement.find_all(exp.CTE)}
    return {
        ((table.db or database).lower(), table.name.lower())
        for table in statement.find_all(exp.Table)
        if table.name and (table.db or table.name.lower() not in own)
    }


def of_own_catalog(statement: exp.Expr) -> exp.Expr:
    """The statement without the name of Glue's catalog before its tables. Raises LookupError for any other catalog's."""
    for table in statement.find_all(exp.Table):
        if table.catalog and table.catalog.lower() != OWN_CATALOG:
            raise LookupError(f"CATALOG_NOT_FOUND: Catalog '{table.catalog}' does not exist in the sandbox")
        table.set("catalog", None)
    return statement


def result_file(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A query's result as Athena writes it: a header, every value in quotes, nothing at all for NULL."""
    lines = [",".join(_csv(name) for name in columns)]
    lines += [",".join("" if value is None else _csv(str(value)) for value in row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def view_of(text: str) -> tuple[str, str] | None:
    """A view's statement and the database in which it reads, from Glue's ViewOriginalText; None for no view."""
    match = VIEW.fullmatch(text.strip())
    if not match:
        return None
    definition = json.loads(base64.b64decode(match[1]))
    return definition["originalSql"], definition.get("schema", "")


NO_SERDE = "HIVE_METASTORE_ERROR: Table storage descriptor is missing SerDe info"


def refuse_without_serde(table: dict[str, Any]) -> None:
    """Raises LookupError for a table or view whose storage has no SerDe. Source: trinodb/trino, GlueConverter."""
    if (table.get("StorageDescriptor") or {}).get("SerdeInfo") is None:
        raise LookupError(NO_SERDE)


def json_relation(table: dict[str, Any], files: list[str], root: str) -> str:
    """A SELECT over files of JSON lines with the columns and partition keys that Glue has.

    root: the folder below which the files lie as objects lie below the table's location; what its SerDe makes of each
    file is written beside it. Raises BadLineError for a line that the SerDe refuses, ValueError for a projection that
    Athena refuses.
    """
    listed = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    columns = [(name, duckdb_type(kind)) for name, kind in listed.items()]
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    pattern, order = _partition_pattern(table, root, keys)
    files = [file for file in files if projection.includes(table, _partition_of(file, pattern, order))]
    if not files:
        kinds = [*columns, *((key["Name"], duckdb_type(key["Type"])) for key in table.get("PartitionKeys") or [])]
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in kinds)
        return f"SELECT {empty} WHERE FALSE"
    types = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns)
    parts = [
        f"regexp_extract(filename, {literal(pattern)}, {order.index(key) + 1}) AS {quoted(key)}"
        for key in keys
        if key in order
    ]
    read = [_as_rows(Path(file), listed, table["StorageDescriptor"].get("SerdeInfo") or {}) for file in files]
    paths = "[" + ", ".join(literal(file) for file in read) + "]"
    selected = ", ".join(["* EXCLUDE (filename)", *parts])
    return (
        f"SELECT {selected} FROM read_json({paths}, format = 'newline_delimited', "  # noqa: S608 as above
        f"columns = {{{types}}}, filename = true, hive_partitioning = false, maximum_object_size = 268435456)"
    )


def _as_rows(file: Path, columns: dict[str, str], serde: dict[str, Any]) -> str:
    """Writes what the SerDe reads of a file, by the columns' own names; returns its path, in the file's own folder."""
    own = {name.lower(): name for name in columns}
    target = file.with_name(f"{file.name}.rows")
    with target.open("w", encoding="utf-8") as lines:
        for row in hive_lines.rows(file, columns, serde):
            named = {own[name]: value for name, value in row.items()}
            lines.write(json.dumps(named or dict.fromkeys(own.values()), ensure_ascii=False) + "\n")
    return str(target)


def _partition_of(file: str, pattern: str, order: list[str]) -> dict[str, str]:
    match = re.match(pattern, file)
    return dict(zip(order, match.groups(), strict=True)) if match else {}


def _partition_pattern(table: dict[str, Any], root: str, keys: list[str]) -> tuple[str, list[str]]:
    """What finds the partition keys in a file's path, and the keys in the order of its groups."""
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    template = (table.get("Parameters") or {}).get("storage.location.template", "")
    below = template.removeprefix(location) if template else "/".join(f"{key}=${{{key}}}" for key in keys)
    order = VARIABLE.findall(below)
    parts = [re.escape(part) for part in VARIABLE.split(below)[::2]]
    return re.escape(root.rstrip("/") + "/") + "(.+)".join(parts).rstrip("/") + r"/[^/]+$", order


def type_of(kind: str) -> str:
    """How Athena calls the type of a column of a DuckDB result."""
    kind = kind.upper()
    for start, name in (
        ("STRUCT", "row"),
        ("MAP", "map"),
        ("DECIMAL", "decimal"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ("TIMESTAMP", "timestamp"),
    ):
        if kind.startswith(start) and not kind.endswith("]"):
            return name
    if kind.endswith("]"):
        return "array"
    return {
        "HUGEINT": "bigint",
        "BIGINT": "bigint",
        "INTEGER": "integer",
        "DOUBLE": "double",
        "BOOLEAN": "boolean",
    }.get(kind, {"FLOAT": "float", "DATE": "date"}.get(kind, "varchar"))


def written(value: Any, zoned: bool = False) -> Any:
    """A value as Athena writes it into its results. zoned: it is an instant, in UTC."""
    match value:
        case bool():
            text: Any = "true" if value else "false"
        case None | str() | int() | float():
            text = value
        case datetime():
            text = value.isoformat(" ", timespec="milliseconds") + (" UTC" if zoned else "")
        case list() | tuple():
            text = "[" + ", ".join(_inside(item) for item in value) + "]"
        case dict():
            text = "{" + ", ".join(f"{name}={_inside(item)}" for name, item in value.items()) + "}"
        case _:
            text = str(value)
    return text


def _inside(value: Any) -> str:
    return "null" if value is None else str(written(value))
