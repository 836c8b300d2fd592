"""A statement of Trino made to mean the same on DuckDB, beyond what sqlglot translates.

Each rewriting is of one node; `repairs.trino_macros` has the functions that they call.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from sandbox.repairs import trino_functions as kinds
from sandbox.repairs import trino_json
from sandbox.repairs.trino_json import call
from sandbox.repairs.trino_kinds import Kinds, arguments_of, name_of

JODA = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "y": "%Y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g",
    "EEEE": "%A", "EEE": "%a", "E": "%a", "a": "%p", "DDD": "%j", "ZZ": "+00:00", "Z": "+0000",
}  # fmt: skip
_PATTERN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_REFERENCE = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}")


class UnsupportedError(ValueError):
    """What is good SQL of Athena and cannot be run here."""


def rewritten(statement: exp.Expr, of: Kinds) -> exp.Expr:
    """The statement for sqlglot to write as DuckDB's. of: kinds of this very statement's expressions."""
    for node in reversed(list(statement.walk())):
        replacement = _replacement(node, of)
        if replacement is not None and replacement is not node:
            if node is statement:
                return replacement
            node.replace(replacement)
    return statement


def _replacement(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    name = name_of(node)
    if name in _BY_NAME:
        return _BY_NAME[name](node, of)
    for kind, rewrite in _BY_TYPE.items():
        if type(node) is kind:
            return rewrite(node, of)
    return None


def _divide(node: Any, of: Kinds) -> exp.Expr | None:
    left, right = of(node.left), of(node.right)
    if kinds.DOUBLE in (left, right):
        return exp.Div(
            this=exp.Cast(this=node.left.copy(), to=exp.DataType.build("double")), expression=node.right.copy()
        )
    if kinds.DECIMAL in (left, right):
        return call("trino_decimal_divide", node.left, node.right)
    return exp.IntDiv(this=node.left.copy(), expression=node.right.copy())


def _subscript(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        return None
    safe = bool(node.args.get("safe"))
    key = node.expressions[0].copy()
    if not safe and isinstance(key, exp.Literal) and not key.is_string:
        key = exp.Literal.number(int(key.name) + 1)  # sqlglot counts from 0
    is_map = of(node.this) == kinds.MAP or (
        of(node.this) is None and of(node.expressions[0]) not in (kinds.WHOLE, None)
    )
    if is_map:
        return call(
            "trino_map_subscript" if not safe else "map_extract_value",
            node.this,
            node.expressions[0] if safe or of(node.expressions[0]) != kinds.WHOLE else key,
        )
    if of(node.this) is None and of(node.expressions[0]) is None:
        return None
    return call("trino_list_at" if safe else "trino_list_subscript", node.this, key)


def _cast(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """Numbers and texts are converted as Trino converts them. A typed literal (DATE '...') reads as a cast, too."""
    source, target = of(node.this), kinds.TYPES.get(node.args["to"].this)
    if isinstance(node.this, exp.Anonymous) and node.this.name in _JSON:
        source = kinds.JSON
    if source == kinds.JSON:
        return trino_json.from_json(node)
    if target == kinds.JSON:
        return trino_json.to_json(node, source)
    if source is None and isinstance(node.this, exp.Bracket | exp.Anonymous) and target in (kinds.DOUBLE, kinds.WHOLE):
        # A map's value, of a kind that cannot be told: nearly always a text.
        node = _with(node, exp.Cast(this=node.this.copy(), to=exp.DataType.build("varchar")))
        source = kinds.TEXT
    if source == kinds.TEXT and target in _FROM_TEXT:
        return _from_text(node, target, isinstance(node, exp.TryCast))
    if target == kinds.WHOLE and source in (kinds.DOUBLE, kinds.DECIMAL):
        return _with(node, call("trino_half_up", node.this))
    if target == kinds.DECIMAL and source == kinds.DOUBLE:
        # Trino rounds the number as it is written, not the binary one: 0.285 is 0.29.
        return _with(node, exp.Cast(this=node.this.copy(), to=exp.DataType.build("varchar")))
    return _to_text(node, source) if target == kinds.TEXT else None


_JSON = frozenset(("trino_json_parse", "trino_json_extract"))
"""What has taken the place of a function of Trino whose value is JSON."""
_FROM_TEXT = {
    kinds.WHOLE: "trino_whole_number",
    kinds.DECIMAL: "trino_decimal_number",
    kinds.DOUBLE: "trino_number",
    kinds.TRUTH: "trino_truth",
    kinds.DAY: "trino_day",
    kinds.MOMENT: "trino_moment",
}


def _from_text(node: exp.Expr, target: str, attempt: bool) -> exp.Expr:
    fitting = call(_FROM_TEXT[target], node.this)
    if attempt:
        return _with(node, fitting)
    return _with(node, call("trino_needed", fitting, node.this, exp.Literal.string(target)))


def _with(node: exp.Expr, inner: exp.Expr) -> exp.Expr:
    made = node.copy()
    made.set("this", inner)
    return made


def _to_text(node: exp.Expr, source: str | None) -> exp.Expr | None:
    length = node.args["to"].expressions
    if source == kinds.DOUBLE:
        made: exp.Expr = call("trino_double_text", exp.Cast(this=node.this.copy(), to=exp.DataType.build("double")))
    elif length:
        made = exp.Cast(this=node.this.copy(), to=exp.DataType.build("varchar"))
    else:
        return None
    return call("left", made, length[0].this) if length else made


def _regexp_replace(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    given = node.args.get("replacement") or exp.Literal.string("")
    if not (isinstance(given, exp.Literal) and given.is_string):
        raise UnsupportedError("regexp_replace with a replacement that is no literal does not run in the sandbox")

    def reference(match: re.Match[str]) -> str:
        escaped, number, named = match.groups()
        if named:
            raise UnsupportedError("regexp_replace with a named group does not run in the sandbox")
        return f"\\{number}" if number else escaped.replace("\\", "\\\\")

    made = node.copy()
    made.set("replacement", exp.Literal.string(_REFERENCE.sub(reference, given.name)))
    return made


def _format(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    moment, pattern = node.expressions
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise UnsupportedError("format_datetime with a pattern that is no literal does not run in the sandbox")
    parts = []
    for match in _PATTERN.finditer(pattern.name):
        text = match[0]
        if text.startswith("'"):
            parts.append((match[1].replace("''", "'") or "'").replace("%", "%%"))
        elif text[0].isalpha():
            if text not in JODA:
                raise UnsupportedError(f"format_datetime's {text!r} is not known in the sandbox")
            parts.append(JODA[text])
        else:
            parts.append(text.replace("%", "%%"))
    return call("strftime", _moment(moment, of), exp.Literal.string("".join(parts)))


def _moment(node: exp.Expr, of: Kinds) -> exp.Expr:
    """DuckDB writes an instant in its own zone only with another package; all is in UTC."""
    if of(node) == kinds.INSTANT:
        return exp.AtTimeZone(this=node.copy(), zone=exp.Literal.string("UTC"))
    return node.copy()


def _entries(function: str, node: exp.Expr) -> exp.Expr:
    """map_filter, transform_values and transform_keys, by way of the map's entries."""
    collection, given = node.expressions
    key, value = (parameter.name for parameter in given.expressions)
    body = given.this.copy()
    entry = "entry"

    def member(name: str) -> exp.Expr:
        return exp.Dot(this=exp.to_identifier(entry), expression=exp.to_identifier(name))

    def bound(inner: exp.Expr) -> exp.Expr:
        plain = isinstance(inner, exp.Identifier) and not isinstance(inner.parent, exp.Dot | exp.Column | exp.Lambda)
        column = isinstance(inner, exp.Column) and not inner.table
        if (plain or column) and inner.name == key:
            return member("key")
        if (plain or column) and inner.name == value:
            return member("value")
        return inner

    body = body.transform(bound)
    if function == "list_filter":
        result = body
    else:
        new_key = body if function == "transform_keys" else member("key")
        new_value = body if function == "transform_values" else member("value")
        result = call(
            "struct_pack",
            exp.PropertyEQ(this=exp.to_identifier("key"), expression=new_key),
            exp.PropertyEQ(this=exp.to_identifier("value"), expression=new_value),
        )
    made = exp.Lambda(this=result, expressions=[exp.to_identifier(entry)])
    over = "list_filter" if function == "list_filter" else "list_transform"
    return call("map_from_entries", call(over, call("map_entries", collection), made))


def _match(macro: str, negated: bool = False) -> Callable[[exp.Expr, Kinds], exp.Expr | None]:
    def rewrite(node: exp.Expr, of: Kinds) -> exp.Expr | None:
        found = call(macro, call("list_transform", *node.expressions))
        return exp.Not(this=found) if negated else found

    return rewrite


def _macro(name: str, **optional: str) -> Callable[[exp.Expr, Kinds], exp.Expr | None]:
    """Calls a macro with the arguments as they are."""

    def rewrite(node: exp.Expr, of: Kinds) -> exp.Expr | None:
        return call(name, *arguments_of(node))

    return rewrite


def _substring(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    start, length = node.args.get("start"), node.args.get("length")
    if start is None:
        return None
    return call("trino_substr_n", node.this, start, length) if length else call("trino_substr", node.this, start)


def _regexp_extract(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    group = node.args.get("group") or exp.Literal.number(0)
    return call("trino_regexp_extract", node.this, node.expression, group)


def _scalar(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    return call("trino_json_scalar", node.this, _path(node))


def _path(node: exp.Expr) -> exp.Expr:
    path = node.args["expression"]
    return exp.Literal.string(path.sql(dialect="duckdb").strip("'")) if isinstance(path, exp.JSONPath) else path


def _difference(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    unit = exp.Literal.string(node.args["unit"].name.lower())
    return call("date_sub", unit, node.expression, node.this)


def _size(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    return call("cardinality" if of(node.this) == kinds.MAP else "len", node.this)


def _map_agg(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    key, value = node.expressions

    def gathered(what: exp.Expr) -> exp.Expr:
        known = exp.Where(this=exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null())))
        return exp.Filter(this=call("list", what), expression=known)

    return call("map", gathered(key), gathered(value))


def _unnest(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """Maps and several arrays become columns side by side, as Trino's UNNEST makes them."""
    alias = node.args.get("alias")
    names = list(alias.columns) if alias else []
    count = len(node.expressions)
    numbered = bool(node.args.get("offset"))
    if count == 1 and of(node.expressions[0]) != kinds.MAP and len(names) <= 1 and not numbered:
        return None
    wanted = len(names) - (1 if numbered and not isinstance(node.args.get("offset"), exp.Identifier) else 0)
    columns: list[exp.Expr] = []
    for array in node.expressions:
        if of(array) == kinds.MAP:
            columns += [call("unnest", call("map_keys", array)), call("unnest", call("map_values", array))]
        elif count == 1 and wanted > 1:
            columns += [
                call("struct_extract_at", call("unnest", array), exp.Literal.number(at + 1)) for at in range(wanted)
            ]
        else:
            columns.append(call("unnest", array))
    if numbered:
        first = node.expressions[0]
        counted = call("map_keys", first) if of(first) == kinds.MAP else first
        columns.append(call("unnest", call("generate_series", exp.Literal.number(1), call("len", counted))))
    select = exp.Select(expressions=columns)
    named = exp.TableAlias(
        this=alias.this.copy() if alias and alias.this else exp.to_identifier("unnested"),
        columns=[name.copy() for name in names],
    )
    if isinstance(node.args.get("offset"), exp.Identifier):
        named.append("columns", node.args["offset"].copy())
    return exp.Lateral(this=exp.Subquery(this=select), alias=named)


def _still_a_day(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """What is added to a day or cut off it leaves a day; DuckDB makes a time of it."""
    return exp.Cast(this=node.copy(), to=exp.DataType.build("date")) if of(node.this) == kinds.DAY else None


def _sequence(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """Whole numbers count down where the last is the smaller one."""
    ends = (node.args["start"], node.args["end"])
    whole = node.args.get("step") is None and all(of(one) == kinds.WHOLE for one in ends)
    return call("trino_sequence", *ends) if whole else None


def _reduce(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """DuckDB's has no last function: it is applied to what comes out."""
    last = node.args.get("finish")
    if last is None:
        return None
    name = last.expressions[0].name
    made = node.copy()
    made.set("finish", None)
    return exp.Paren(this=last.this.copy()).transform(
        lambda inner: made.copy() if isinstance(inner, exp.Identifier | exp.Column) and inner.name == name else inner
    )


def _number(text: str) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType.build("double"))


def _either(node: exp.Expr, of: Kinds) -> exp.Expr | None:
    """greatest and least are NULL where one operand is."""
    operands = [node.this, *node.expressions]
    missing = exp.or_(*(exp.Is(this=operand.copy(), expression=exp.Null()) for operand in operands), wrap=False)
    return exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=node.copy())


_BY_TYPE: Mapping[type[exp.Expr], Callable[[exp.Expr, Kinds], exp.Expr | None]] = {
    exp.Div: _divide,
    exp.Bracket: _subscript,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: _regexp_extract,
    exp.SplitPart: lambda node, of: call(
        "trino_split_part", node.this, node.args["delimiter"], node.args["part_index"]
    ),
    exp.Substring: _substring,
    exp.JSONExtractScalar: _scalar,
    exp.JSONExtract: lambda node, of: call("trino_json_extract", node.this, _path(node)),
    exp.JSONFormat: lambda node, of: call("trino_json_format", node.this),
    exp.ParseJSON: lambda node, of: call("trino_json_parse", node.this),
    exp.ArrayContains: lambda node, of: call("trino_contains", node.this, node.expression),
    exp.ArraySize: _size,
    exp.DateDiff: _difference,
    exp.UnixToTime: lambda node, of: None if node.args.get("zone") else call("trino_instant", node.this),
    exp.Unnest: _unnest,
    exp.Repeat: lambda node, of: call("trino_repeat", node.this, node.args["times"]),
    exp.ArrayDistinct: lambda node, of: call("trino_distinct", node.this),
    exp.DateTrunc: _still_a_day,
    exp.DateAdd: _still_a_day,
    exp.ArraySlice: lambda node, of: call("trino_slice", node.this, node.args["start"], node.args["end"]),
    exp.GenerateSeries: _sequence,
    exp.Reduce: _reduce,
    exp.Greatest: _either,
    exp.Least: _either,
    exp.ArrayMax: lambda node, of: call("trino_array_max", node.this),
    exp.ArrayMin: lambda node, of: call("trino_array_min", node.this),
}
_BY_NAME: Mapping[str, Callable[[exp.Expr, Kinds], exp.Expr | None]] = {
    "format_datetime": _format,
    "map_agg": _map_agg,
    "any_match": _match("trino_any"),
    "all_match": _match("trino_all"),
    "none_match": _match("trino_any", negated=True),
    "map_filter": lambda node, of: _entries("list_filter", node),
    "transform_values": lambda node, of: _entries("transform_values", node),
    "transform_keys": lambda node, of: _entries("transform_keys", node),
    "map_concat": _macro("trino_map_concat"),
    "element_at": _subscript,
    "array_position": _macro("trino_array_position"),
    "json_array_length": _macro("trino_json_array_length"),
    "nan": lambda node, of: _number("NaN"),
    "infinity": lambda node, of: _number("Infinity"),
    "is_nan": _macro("isnan"),
    "is_finite": _macro("isfinite"),
    "is_infinite": _macro("isinf"),
}
