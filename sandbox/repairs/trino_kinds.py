"""What kind of value an expression of Trino has.

Columns' kinds come from the catalog, by sqlglot's own annotation; the rest from the tables of functions. An expression whose
kind cannot be told is None.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from sandbox.repairs import trino_functions as functions
from sandbox.repairs.trino_functions import (
    ARRAY,
    DECIMAL,
    DOUBLE,
    INSTANT,
    MOMENT,
    NUMBERS,
    SPAN,
    TEXT,
    TIMES,
    TRUTH,
    WHOLE,
    Kind,
)

TRINO, DUCKDB = "trino", "duckdb"
Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Database -> table -> column -> DuckDB type."""
_ID = "kind_id"
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def name_of(node: exp.Expr) -> str:
    """A function's name as the query has it, in lower case; empty for what is no function."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return str(node.meta.get("name", "")).lower() if isinstance(node, exp.Func) else ""


class Kinds:
    """Kinds of a statement's expressions."""

    def __init__(self, statement: exp.Expr, schema: Schema, database: str) -> None:
        self._types: dict[int, exp.DataType] = {}
        for number, node in enumerate(statement.walk()):
            node.meta[_ID] = number
        self._annotate(statement.copy(), schema, database)

    def _annotate(self, statement: exp.Expr, schema: Schema, database: str) -> None:
        typed: Any = {
            db: {
                table: {name: exp.DataType.build(kind, dialect=DUCKDB) for name, kind in columns.items()}
                for table, columns in tables.items()
            }
            for db, tables in schema.items()
        }
        try:
            qualified = qualify(
                statement,
                schema=typed,
                db=database,
                dialect=TRINO,
                validate_qualify_columns=False,
                quote_identifiers=False,
                identify=False,
                expand_stars=True,
            )
            annotated = annotate_types(qualified, schema=typed, dialect=TRINO)
        except (SqlglotError, KeyError, ValueError, AttributeError):
            return
        for node in annotated.walk():
            found = node.type
            if not isinstance(found, exp.DataType) or found.this == exp.DType.UNKNOWN:
                continue
            for known in (node, node.args.get("expression") if isinstance(node, exp.Dot) else node.this):
                if (
                    isinstance(known, exp.Expr)
                    and _ID in known.meta
                    and (known is node or isinstance(node, exp.Column | exp.Dot))
                ):
                    self._types.setdefault(known.meta[_ID], found)

    def type(self, node: exp.Expr | None) -> exp.DataType | None:
        """sqlglot's type of a column, or of what is made of columns alone."""
        if node is None:
            return None
        found = self._types.get(node.meta.get(_ID, -1))
        if found is None and isinstance(node, exp.Column | exp.Dot):
            inner = node.args.get("expression") if isinstance(node, exp.Dot) else node.this
            found = self._types.get(inner.meta.get(_ID, -1)) if isinstance(inner, exp.Expr) else None
        return found

    def __call__(self, node: exp.Expr | None) -> Kind:  # noqa: PLR0911 one for each form of expression
        """The kind of an expression, None where it cannot be told."""
        if node is None or isinstance(node, exp.Null):
            return None
        if isinstance(node, exp.Paren | exp.Alias | exp.Ordered | exp.Filter | exp.Window | exp.Distinct):
            return self(node.this if not isinstance(node, exp.Distinct) else node.expressions[0])
        if isinstance(node, exp.Literal):
            return TEXT if node.is_string else _number(node.name)
        if isinstance(node, exp.Cast | exp.TryCast):
            return functions.TYPES.get(node.to.this)
        if isinstance(node, exp.Boolean | exp.Predicate | exp.And | exp.Or | exp.Not):
            return TRUTH
        if isinstance(node, exp.Interval):
            return SPAN
        if isinstance(node, exp.Neg):
            return self(node.this)
        if isinstance(node, ARITHMETIC):
            return self._arithmetic(node)
        if isinstance(node, exp.DPipe | exp.Concat):
            return self._first(node.flatten() if isinstance(node, exp.DPipe) else node.expressions)
        if isinstance(node, exp.Case | exp.If | exp.Coalesce | exp.Try):
            return self._first(branches_of(node))
        if isinstance(node, exp.Array):
            return ARRAY
        if isinstance(node, exp.Subquery):
            selects = node.selects
            return self(selects[0]) if len(selects) == 1 else None
        return self._function(node)

    def _function(self, node: exp.Expr) -> Kind:
        name = name_of(node)
        if name in functions.RESULTS:
            return functions.RESULTS[name]
        if name in functions.LIKE_ARGUMENT and not isinstance(node, exp.Bracket):
            return self._first(arguments_of(node))
        if name in ("sum", "avg"):
            of = self(arguments_of(node)[0]) if arguments_of(node) else None
            return DOUBLE if name == "avg" and of == WHOLE else of
        found = self.type(node)
        return functions.TYPES.get(found.this) if found else None

    def _first(self, nodes: Iterable[exp.Expr]) -> Kind:
        found = [kind for node in nodes if (kind := self(node))]
        for wider in (DOUBLE, DECIMAL, INSTANT, MOMENT):
            if wider in found and set(found) <= (NUMBERS | TIMES):
                return wider
        return found[0] if found else None

    def _arithmetic(self, node: exp.Binary) -> Kind:
        left, right = self(node.left), self(node.right)
        if left in TIMES and right in TIMES:
            return SPAN
        if left in TIMES or right in TIMES:
            return left if left in TIMES else right
        if SPAN in (left, right):
            return SPAN
        if None in (left, right):
            return None
        return DOUBLE if DOUBLE in (left, right) else DECIMAL if DECIMAL in (left, right) else left


def _number(text: str) -> str:
    return DOUBLE if "e" in text.lower() else DECIMAL if "." in text else WHOLE


def branches_of(node: exp.Expr) -> Iterable[exp.Expr]:
    """The expressions one of which is the value."""
    if isinstance(node, exp.Case):
        found = [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]
    elif isinstance(node, exp.If):
        found = [node.args.get("true"), node.args.get("false")]
    elif isinstance(node, exp.Coalesce):
        found = [node.this, *node.expressions]
    else:
        found = [node.this]
    return [branch for branch in found if isinstance(branch, exp.Expr)]


def arguments_of(node: exp.Expr) -> list[exp.Expr]:
    """A function's arguments, in sqlglot's order, those that are no expression left out."""
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found: list[exp.Expr] = []
    for argument in node.args.values():
        values = argument if isinstance(argument, list) else [argument]
        found += [value for value in values if isinstance(value, exp.Expr) and not isinstance(value, exp.Var)]
    return found
