"""What kind of value an expression of Trino has, and where Trino refuses a combination that DuckDB would convert.

Columns' kinds come from the catalog, by sqlglot's own annotation; the rest from this module's tables. An expression whose
kind cannot be told is None, and is let through.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

TEXT, WHOLE, DECIMAL, DOUBLE, TRUTH = "varchar", "integer", "decimal", "double", "boolean"
DAY, MOMENT, INSTANT, SPAN, JSON = "date", "timestamp", "timestamp with time zone", "interval", "json"
ARRAY, MAP, ROW, BYTES = "array", "map", "row", "varbinary"
NUMBERS = frozenset((WHOLE, DECIMAL, DOUBLE))
TIMES = frozenset((DAY, MOMENT, INSTANT))
TRINO, DUCKDB = "trino", "duckdb"
Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Database -> table -> column -> DuckDB type."""
Kind = str | None
_ID = "kind_id"

TYPES: dict[exp.DType, str] = {
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR, exp.DType.NVARCHAR, exp.DType.NCHAR), TEXT),
    **dict.fromkeys((exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT, exp.DType.INT128), WHOLE),
    exp.DType.DECIMAL: DECIMAL,
    exp.DType.DOUBLE: DOUBLE,
    exp.DType.FLOAT: DOUBLE,
    exp.DType.BOOLEAN: TRUTH,
    exp.DType.DATE: DAY,
    exp.DType.TIMESTAMP: MOMENT,
    exp.DType.TIMESTAMPNTZ: MOMENT,
    exp.DType.TIMESTAMPTZ: INSTANT,
    exp.DType.INTERVAL: SPAN,
    exp.DType.JSON: JSON,
    exp.DType.ARRAY: ARRAY,
    exp.DType.LIST: ARRAY,
    exp.DType.MAP: MAP,
    exp.DType.STRUCT: ROW,
    exp.DType.VARBINARY: BYTES,
}
_BY_NAME: dict[str, str] = {
    **dict.fromkeys(
        [
            "upper",
            "lower",
            "trim",
            "ltrim",
            "rtrim",
            "substr",
            "substring",
            "replace",
            "regexp_replace",
            "regexp_extract",
            "json_extract_scalar",
            "json_format",
            "date_format",
            "format_datetime",
            "split_part",
            "concat_ws",
            "lpad",
            "rpad",
            "chr",
            "translate",
            "array_join",
            "to_hex",
            "typeof",
            "url_extract_host",
            "url_extract_path",
            "url_extract_parameter",
            "url_extract_query",
            "url_encode",
            "url_decode",
            "to_iso8601",
            "listagg",
            "to_base",
            "from_utf8",
            "normalize",
            "word_stem",
            "json_value",
            "json_query",
            "format",
        ],
        TEXT,
    ),
    **dict.fromkeys(
        [
            "count",
            "count_if",
            "length",
            "strpos",
            "position",
            "cardinality",
            "date_diff",
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "week",
            "quarter",
            "day_of_week",
            "dow",
            "day_of_year",
            "doy",
            "day_of_month",
            "year_of_week",
            "yow",
            "approx_distinct",
            "row_number",
            "rank",
            "dense_rank",
            "ntile",
            "json_array_length",
            "json_size",
            "array_position",
            "codepoint",
            "levenshtein_distance",
            "bitwise_and",
            "bitwise_or",
            "regexp_count",
            "from_base",
            "width_bucket",
        ],
        WHOLE,
    ),
    **dict.fromkeys(
        [
            "sqrt",
            "cbrt",
            "ln",
            "log",
            "log2",
            "log10",
            "exp",
            "power",
            "pow",
            "rand",
            "random",
            "nan",
            "infinity",
            "to_unixtime",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "variance",
            "var_pop",
            "var_samp",
            "pi",
            "e",
            "sin",
            "cos",
            "tan",
            "geometric_mean",
            "percent_rank",
            "cume_dist",
            "corr",
        ],
        DOUBLE,
    ),
    **dict.fromkeys(
        [
            "contains",
            "starts_with",
            "regexp_like",
            "any_match",
            "all_match",
            "none_match",
            "is_nan",
            "is_finite",
            "is_infinite",
            "bool_or",
            "bool_and",
            "every",
            "arrays_overlap",
            "json_array_contains",
            "is_json_scalar",
        ],
        TRUTH,
    ),
    **dict.fromkeys(["from_iso8601_date", "current_date", "last_day_of_month", "date"], DAY),
    **dict.fromkeys(["date_parse", "localtimestamp"], MOMENT),
    **dict.fromkeys(
        [
            "from_unixtime",
            "from_iso8601_timestamp",
            "parse_datetime",
            "current_timestamp",
            "now",
            "at_timezone",
            "with_timezone",
        ],
        INSTANT,
    ),
    **dict.fromkeys(["json_parse", "json_extract"], JSON),
    **dict.fromkeys(
        [
            "array_agg",
            "filter",
            "transform",
            "split",
            "regexp_extract_all",
            "regexp_split",
            "map_keys",
            "map_values",
            "map_entries",
            "sequence",
            "slice",
            "array_distinct",
            "array_sort",
            "array_union",
            "array_except",
            "array_intersect",
            "array_remove",
            "flatten",
            "repeat",
            "zip",
        ],
        ARRAY,
    ),
    **dict.fromkeys(
        [
            "map",
            "map_agg",
            "map_concat",
            "map_filter",
            "map_from_entries",
            "transform_values",
            "transform_keys",
            "multimap_agg",
            "histogram",
        ],
        MAP,
    ),
}
_LIKE_ARGUMENT = frozenset(
    [
        "max",
        "min",
        "abs",
        "round",
        "ceil",
        "ceiling",
        "floor",
        "truncate",
        "max_by",
        "min_by",
        "arbitrary",
        "any_value",
        "lag",
        "lead",
        "first_value",
        "last_value",
        "nth_value",
        "greatest",
        "least",
        "nullif",
        "date_trunc",
        "reverse",
        "sign",
        "element_at",
        "mod",
    ]
)
_TEXT_ARGUMENT = frozenset(
    [
        "upper",
        "lower",
        "trim",
        "ltrim",
        "rtrim",
        "substr",
        "substring",
        "replace",
        "regexp_replace",
        "regexp_extract",
        "regexp_like",
        "split",
        "split_part",
        "strpos",
        "lpad",
        "rpad",
        "starts_with",
        "regexp_extract_all",
        "regexp_split",
        "date_parse",
        "from_iso8601_timestamp",
        "from_iso8601_date",
        "parse_datetime",
        "url_extract_host",
        "url_extract_parameter",
        "translate",
    ]
)
_NUMBER_ARGUMENT = frozenset(
    [
        "abs",
        "round",
        "ceil",
        "ceiling",
        "floor",
        "truncate",
        "sqrt",
        "cbrt",
        "ln",
        "log2",
        "log10",
        "exp",
        "power",
        "pow",
        "sum",
        "avg",
        "stddev",
        "variance",
        "from_unixtime",
        "sign",
        "mod",
        "is_nan",
    ]
)
_TIME_ARGUMENT = frozenset(
    [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "week",
        "quarter",
        "day_of_week",
        "dow",
        "day_of_year",
        "doy",
        "date_format",
        "format_datetime",
        "to_unixtime",
    ]
)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


class MismatchError(ValueError):
    """A combination of types that Trino refuses."""


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
            return TYPES.get(node.to.this)
        if isinstance(node, exp.Boolean | exp.Predicate | exp.And | exp.Or | exp.Not):
            return TRUTH
        if isinstance(node, exp.Interval):
            return SPAN
        if isinstance(node, exp.Neg):
            return self(node.this)
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic(node)
        if isinstance(node, exp.DPipe | exp.Concat):
            return self._first(node.flatten() if isinstance(node, exp.DPipe) else node.expressions)
        if isinstance(node, exp.Case | exp.If | exp.Coalesce | exp.Try):
            return self._first(_branches(node))
        if isinstance(node, exp.Array):
            return ARRAY
        if isinstance(node, exp.Subquery):
            selects = node.selects
            return self(selects[0]) if len(selects) == 1 else None
        return self._function(node)

    def _function(self, node: exp.Expr) -> Kind:
        name = name_of(node)
        if name in _BY_NAME:
            return _BY_NAME[name]
        if name in _LIKE_ARGUMENT and not isinstance(node, exp.Bracket):
            return self._first(arguments_of(node))
        if name in ("sum", "avg"):
            of = self(arguments_of(node)[0]) if arguments_of(node) else None
            return DOUBLE if name == "avg" and of == WHOLE else of
        found = self.type(node)
        return TYPES.get(found.this) if found else None

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

    def refuse(self, statement: exp.Expr) -> None:
        """Raises MismatchError for what Trino does not convert by itself."""
        for node in statement.walk():
            self._refuse(node)

    def _refuse(self, node: exp.Expr) -> None:
        if isinstance(node, _COMPARISONS):
            self._same(f"Cannot apply operator: {{}} {_operator(node)} {{}}", [node.left, node.right])
        elif isinstance(node, exp.In):
            self._same("IN value and list items must be the same type: {} and {}", [node.this, *node.expressions])
        elif isinstance(node, exp.Between):
            self._same("Cannot check if {} is BETWEEN {}", [node.this, node.args["low"], node.args["high"]])
        elif isinstance(node, exp.Coalesce | exp.Case | exp.If):
            self._same("all results must be the same type: {} and {}", list(_branches(node)))
        elif isinstance(node, exp.Array):
            self._same("All ARRAY elements must be the same type: {} and {}", node.expressions)
        elif isinstance(node, exp.Nullif | exp.Greatest | exp.Least):
            self._same("Types are not comparable: {} and {}", list(arguments_of(node)))
        elif isinstance(node, exp.SetOperation):
            for left, right in zip(node.left.selects, node.right.selects, strict=False):
                self._same("column in UNION query has incompatible types: {}, {}", [left, right])
        elif isinstance(node, exp.Values):
            rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
            for column in zip(*rows, strict=False):
                self._same("Values rows have mismatched types: {} and {}", list(column))
        else:
            self._refuse_operands(node)

    def _refuse_operands(self, node: exp.Expr) -> None:
        if isinstance(node, _ARITHMETIC):
            left, right = self(node.left), self(node.right)
            wrong = {TEXT, TRUTH, JSON} & {left, right}
            if wrong or (left in TIMES and right in NUMBERS) or (right in TIMES and left in NUMBERS):
                raise MismatchError(f"TYPE_MISMATCH: Cannot apply operator: {left} {_operator(node)} {right}")
        elif isinstance(node, exp.Neg) and self(node.this) in (TEXT, TRUTH):
            raise MismatchError(f"TYPE_MISMATCH: Cannot negate {self(node.this)}")
        elif isinstance(node, exp.DPipe | exp.Concat):
            parts = list(node.flatten()) if isinstance(node, exp.DPipe) else node.expressions
            kinds = {self(part) for part in parts}
            if TEXT in kinds and kinds & (NUMBERS | TIMES | {TRUTH, JSON, MAP, ROW}):
                raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters for function concat: {_listed(kinds)}")
        elif isinstance(node, exp.And | exp.Or | exp.Not):
            for operand in [node.this] if isinstance(node, exp.Not) else [node.left, node.right]:
                self._needs((TRUTH,), operand, "Logical expression term must evaluate to a boolean")
        elif isinstance(node, exp.Where | exp.Having):
            self._needs((TRUTH,), node.this, f"{node.key.upper()} clause must evaluate to a boolean")
        elif isinstance(node, exp.Like):
            for side in (node.this, node.expression):
                self._needs((TEXT,), side, "LIKE takes texts")
        elif name := name_of(node):
            self._refuse_arguments(name, list(arguments_of(node)))

    def _refuse_arguments(self, name: str, arguments: list[exp.Expr]) -> None:
        if not arguments:
            return
        for names, allowed in (
            (_TEXT_ARGUMENT, (TEXT, BYTES)),
            (_NUMBER_ARGUMENT, (*NUMBERS, SPAN)),
            (_TIME_ARGUMENT, (*TIMES, SPAN)),
        ):
            if name in names and self(arguments[0]) not in (None, *allowed):
                raise MismatchError(
                    f"FUNCTION_NOT_FOUND: Unexpected parameters ({self(arguments[0])}) for function {name}"
                )
        if name == "length" and self(arguments[0]) in (NUMBERS | TIMES | {TRUTH}):
            raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters ({self(arguments[0])}) for function length")
        if name in ("date_diff", "date_trunc", "date_add"):
            for argument in arguments:
                if (self(argument) == TEXT and name != "date_trunc") or (
                    name == "date_trunc" and argument is arguments[0] and self(argument) == TEXT
                ):
                    raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters (varchar) for function {name}")

    def _needs(self, allowed: tuple[str, ...], node: exp.Expr, message: str) -> None:
        if self(node) not in (None, *allowed):
            raise MismatchError(f"TYPE_MISMATCH: {message} (actual: {self(node)})")

    def _same(self, message: str, nodes: list[exp.Expr]) -> None:
        kinds = [kind for node in nodes if (kind := self(node))]
        for kind in kinds[1:]:
            if _group(kind) != _group(kinds[0]):
                raise MismatchError("TYPE_MISMATCH: " + message.format(kinds[0], kind))


def _group(kind: str) -> str:
    return "number" if kind in NUMBERS else "time" if kind in TIMES else kind


def _number(text: str) -> str:
    return DOUBLE if "e" in text.lower() else DECIMAL if "." in text else WHOLE


def _operator(node: exp.Expr) -> str:
    return {
        exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
        exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
    }.get(type(node), "IS DISTINCT FROM")  # fmt: skip


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(sorted(kind for kind in kinds if kind))


def _branches(node: exp.Expr) -> Iterable[exp.Expr]:
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


Lookup = Callable[[exp.Expr | None], Kind]
