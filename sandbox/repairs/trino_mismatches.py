"""Where Trino refuses a combination of kinds that DuckDB would convert. What has no known kind is let through."""

from collections.abc import Iterable

from sqlglot import exp

from sandbox.repairs.trino_functions import BYTES, JSON, MAP, NUMBERS, ROW, SPAN, TEXT, TIMES, TRUTH, TYPES, Kind
from sandbox.repairs.trino_json import NONE_OF_JSON
from sandbox.repairs.trino_kinds import ARITHMETIC, Kinds, arguments_of, branches_of, name_of

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_TEXT_ARGUMENT = frozenset(
    [
        "upper", "lower", "trim", "ltrim", "rtrim", "substr", "substring", "replace", "regexp_replace",
        "regexp_extract", "regexp_like", "split", "split_part", "strpos", "lpad", "rpad", "starts_with",
        "regexp_extract_all", "regexp_split", "date_parse", "from_iso8601_timestamp", "from_iso8601_date",
        "parse_datetime", "url_extract_host", "url_extract_parameter", "translate",
    ]
)  # fmt: skip
_NUMBER_ARGUMENT = frozenset(
    [
        "abs", "round", "ceil", "ceiling", "floor", "truncate", "sqrt", "cbrt", "ln", "log2", "log10", "exp", "power",
        "pow", "sum", "avg", "stddev", "variance", "from_unixtime", "sign", "mod", "is_nan",
    ]
)  # fmt: skip
_TIME_ARGUMENT = frozenset(
    [
        "year", "month", "day", "hour", "minute", "second", "week", "quarter", "day_of_week", "dow", "day_of_year",
        "doy", "date_format", "format_datetime", "to_unixtime",
    ]
)  # fmt: skip


class MismatchError(ValueError):
    """A combination of types that Trino refuses."""


def refuse(statement: exp.Expr, of: Kinds) -> None:
    """Raises MismatchError for what Trino does not convert by itself."""
    for node in statement.walk():
        _refuse(of, node)


def _refuse(of: Kinds, node: exp.Expr) -> None:
    if isinstance(node, _COMPARISONS):
        _same(of, f"Cannot apply operator: {{}} {_operator(node)} {{}}", [node.left, node.right])
    elif isinstance(node, exp.In):
        _same(of, "IN value and list items must be the same type: {} and {}", [node.this, *node.expressions])
    elif isinstance(node, exp.Between):
        _same(of, "Cannot check if {} is BETWEEN {}", [node.this, node.args["low"], node.args["high"]])
    elif isinstance(node, exp.Coalesce | exp.Case | exp.If):
        _same(of, "all results must be the same type: {} and {}", list(branches_of(node)))
    elif isinstance(node, exp.Cast | exp.TryCast):
        _refuse_cast(of, node)
    elif isinstance(node, exp.Array):
        _same(of, "All ARRAY elements must be the same type: {} and {}", node.expressions)
    elif isinstance(node, exp.Nullif | exp.Greatest | exp.Least):
        _same(of, "Types are not comparable: {} and {}", list(arguments_of(node)))
    elif isinstance(node, exp.SetOperation):
        for left, right in zip(node.left.selects, node.right.selects, strict=False):
            _same(of, "column in UNION query has incompatible types: {}, {}", [left, right])
    elif isinstance(node, exp.Values):
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        for column in zip(*rows, strict=False):
            _same(of, "Values rows have mismatched types: {} and {}", list(column))
    else:
        _refuse_operands(of, node)


def _refuse_cast(of: Kinds, node: exp.Expr) -> None:
    target = TYPES.get(node.args["to"].this)
    if of(node.this) == JSON and target in NONE_OF_JSON:
        raise MismatchError(f"TYPE_MISMATCH: Cannot cast json to {target}")


def _refuse_operands(of: Kinds, node: exp.Expr) -> None:
    if isinstance(node, ARITHMETIC):
        left, right = of(node.left), of(node.right)
        wrong = {TEXT, TRUTH, JSON} & {left, right}
        if wrong or (left in TIMES and right in NUMBERS) or (right in TIMES and left in NUMBERS):
            raise MismatchError(f"TYPE_MISMATCH: Cannot apply operator: {left} {_operator(node)} {right}")
    elif isinstance(node, exp.Neg) and of(node.this) in (TEXT, TRUTH):
        raise MismatchError(f"TYPE_MISMATCH: Cannot negate {of(node.this)}")
    elif isinstance(node, exp.DPipe | exp.Concat):
        parts = list(node.flatten()) if isinstance(node, exp.DPipe) else node.expressions
        kinds = {of(part) for part in parts}
        if TEXT in kinds and kinds & (NUMBERS | TIMES | {TRUTH, JSON, MAP, ROW}):
            raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters for function concat: {_listed(kinds)}")
    elif isinstance(node, exp.And | exp.Or | exp.Not):
        for operand in [node.this] if isinstance(node, exp.Not) else [node.left, node.right]:
            _needs(of, (TRUTH,), operand, "Logical expression term must evaluate to a boolean")
    elif isinstance(node, exp.Where | exp.Having):
        _needs(of, (TRUTH,), node.this, f"{node.key.upper()} clause must evaluate to a boolean")
    elif isinstance(node, exp.Like):
        for side in (node.this, node.expression):
            _needs(of, (TEXT,), side, "LIKE takes texts")
    elif name := name_of(node):
        _refuse_arguments(of, name, list(arguments_of(node)))


def _refuse_arguments(of: Kinds, name: str, arguments: list[exp.Expr]) -> None:
    if not arguments:
        return
    for names, allowed in (
        (_TEXT_ARGUMENT, (TEXT, BYTES)),
        (_NUMBER_ARGUMENT, (*NUMBERS, SPAN)),
        (_TIME_ARGUMENT, (*TIMES, SPAN)),
    ):
        if name in names and of(arguments[0]) not in (None, *allowed):
            raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters ({of(arguments[0])}) for function {name}")
    if name == "length" and of(arguments[0]) in (NUMBERS | TIMES | {TRUTH}):
        raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters ({of(arguments[0])}) for function length")
    if name in ("date_diff", "date_trunc", "date_add"):
        for argument in arguments:
            if (of(argument) == TEXT and name != "date_trunc") or (
                name == "date_trunc" and argument is arguments[0] and of(argument) == TEXT
            ):
                raise MismatchError(f"FUNCTION_NOT_FOUND: Unexpected parameters (varchar) for function {name}")


def _needs(of: Kinds, allowed: tuple[str, ...], node: exp.Expr, message: str) -> None:
    if of(node) not in (None, *allowed):
        raise MismatchError(f"TYPE_MISMATCH: {message} (actual: {of(node)})")


def _same(of: Kinds, message: str, nodes: list[exp.Expr]) -> None:
    kinds = [kind for node in nodes if (kind := of(node))]
    for kind in kinds[1:]:
        if _group(kind) != _group(kinds[0]):
            raise MismatchError("TYPE_MISMATCH: " + message.format(kinds[0], kind))


def _group(kind: str) -> str:
    return "number" if kind in NUMBERS else "time" if kind in TIMES else kind


def _operator(node: exp.Expr) -> str:
    return {
        exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
        exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
    }.get(type(node), "IS DISTINCT FROM")  # fmt: skip


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(sorted(kind for kind in kinds if kind))
