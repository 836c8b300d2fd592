"""Casts from JSON and to JSON, as Trino converts: a number with a fraction becomes the text of a double, an object or array no
scalar, a text a JSON text."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from sandbox.repairs import trino_functions as kinds

_ENTRY = "entry"
_FITTING: Mapping[str, tuple[str, ...]] = {
    kinds.TEXT: ("trino_json_text",),
    kinds.TRUTH: ("trino_json_truth",),
    kinds.WHOLE: ("trino_json_whole", "trino_whole_number"),
    kinds.DECIMAL: ("trino_json_plain", "trino_decimal_number"),
    kinds.DOUBLE: ("trino_json_plain", "trino_number"),
}
"""Kind -> macros that make of JSON the text that is cast; NULL where Trino refuses the value."""
NONE_OF_JSON = frozenset((kinds.DAY, kinds.MOMENT, kinds.INSTANT, kinds.SPAN, kinds.BYTES))
"""Kinds to which Trino casts no JSON."""


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a function, the arguments copied."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def from_json(node: exp.Expr) -> exp.Expr | None:
    """What a CAST or TRY_CAST of JSON becomes; None where DuckDB's own does."""
    made = _converted(node.this, node.args["to"])
    if made is None:
        return None
    return exp.Try(this=made) if isinstance(node, exp.TryCast) else made


def _converted(value: exp.Expr, to: exp.DataType) -> exp.Expr | None:
    kind = kinds.TYPES.get(to.this)
    if kind == kinds.ARRAY and to.expressions:
        inner = _converted(exp.to_identifier(_ENTRY), to.expressions[0])
        return inner and call("list_transform", _as(value, "JSON[]"), _each(inner))
    if kind == kinds.MAP and len(to.expressions) == 2:
        inner = _converted(_member("value"), to.expressions[1])
        return inner and _map(value, inner)
    if kind is None or kind not in _FITTING:
        return None
    fitting = value
    for macro in _FITTING[kind]:
        fitting = call(macro, fitting)
    needed = call("trino_needed", fitting, call("trino_json_given", value), exp.Literal.string(kind))
    if kind == kinds.TEXT:
        return call("left", needed, to.expressions[0].this) if to.expressions else needed
    return exp.Cast(this=needed, to=to.copy())


def _map(value: exp.Expr, inner: exp.Expr) -> exp.Expr:
    entry = call(
        "struct_pack",
        exp.PropertyEQ(this=exp.to_identifier("key"), expression=_member("key")),
        exp.PropertyEQ(this=exp.to_identifier("value"), expression=inner),
    )
    entries = call("map_entries", _as(value, "MAP(VARCHAR, JSON)"))
    return call("map_from_entries", call("list_transform", entries, _each(entry)))


def _each(body: exp.Expr) -> exp.Expr:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(_ENTRY)])


def _member(name: str) -> exp.Expr:
    return exp.Dot(this=exp.to_identifier(_ENTRY), expression=exp.to_identifier(name))


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value.copy(), to=exp.DataType.build(kind, dialect="duckdb"))


_TO_JSON: Mapping[str, Callable[[exp.Expr], exp.Expr]] = {
    kinds.TEXT: lambda value: call("to_json", value),
    kinds.DECIMAL: lambda value: _as(_as(value, "VARCHAR"), "JSON"),
}


def to_json(node: exp.Expr, source: str | None) -> exp.Expr | None:
    """What a CAST to JSON becomes. A decimal keeps its zeros."""
    return _TO_JSON[source](node.this) if source is not None and source in _TO_JSON else None
