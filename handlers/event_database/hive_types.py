"""Values made to fit Hive types, so that no row that is written can make a query fail.

What fits without loss is converted (a number to text, a text of digits to a number); what is null is left out, except in
an array, where it has a place; what does not fit is refused by the path
of the value and what is allowed there, never by the value itself, which may be personal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from handlers.shared.delivery import RefusedRecordError
from handlers.shared.event_times import whole_number

Fit = Callable[[Any, str], Any]

_BITS = {"int": 31, "bigint": 63}


def compile_columns(columns: Mapping[str, str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function that takes an event and returns its row: columns are found by name, in any case.

    columns: name -> Hive type: string, boolean, int, bigint, double, and array<>, map<string,...>, struct<> of them.
    """
    return _struct({name: compile_type(text) for name, text in columns.items()})


def compile_type(text: str) -> Fit:
    """What makes a value fit a Hive type. Raises ValueError for a type that is not among those above."""
    scalars: dict[str, Fit] = {"string": _text, "double": _double, "boolean": _boolean}
    if text in scalars:
        return scalars[text]
    if text in _BITS:
        return _whole_number(2 ** _BITS[text])
    kind, _, rest = text.partition("<")
    if rest.endswith(">"):
        members = split_members(rest[:-1])
        if kind == "array" and len(members) == 1:
            return _array(compile_type(members[0]))
        if kind == "map" and len(members) == 2 and members[0] == "string":
            return _map(compile_type(members[1]))
        if kind == "struct":
            pairs = [member.partition(":") for member in members]
            fields = _struct({name: compile_type(of) for name, _, of in pairs})
            return lambda value, path: fields(_object(value, path), path)
    raise ValueError(f"unknown type {text!r}")


def split_members(text: str) -> list[str]:
    """`a:int,b:map<string,int>` -> its members, by the commas that stand in no brackets."""
    members, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            members.append(text[start:at])
            start = at + 1
    return [*members, text[start:]]


def _refuse(path: str, value: Any, allowed: str) -> RefusedRecordError:
    return RefusedRecordError(f"{path} is a JSON {_kind(value)}; allowed is {allowed}")


def _kind(value: Any) -> str:
    names = {str: "text", bool: "boolean", dict: "object", list: "array"}
    return names.get(type(value), "number")


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refuse(path, value, "an object")
    return value


def _text(value: Any, _path: str) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _whole_number(bound: int) -> Fit:
    def fit(value: Any, path: str) -> int:
        number = whole_number(value)
        if number is None:
            raise _refuse(path, value, "a whole number")
        if not -bound <= number < bound:
            raise RefusedRecordError(f"{path} is a number out of range; allowed is -{bound} to {bound - 1}")
        return number

    return fit


def _boolean(value: Any, path: str) -> bool:
    named = {"true": True, "false": False}
    fitted = named.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(fitted, bool):
        raise _refuse(path, value, "true or false")
    return fitted


def _double(value: Any, path: str) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise _refuse(path, value, "a number") from None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _refuse(path, value, "a number")
    return number


def _array(fit: Fit) -> Fit:
    def fit_array(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise _refuse(path, value, "an array")
        return [None if entry is None else fit(entry, f"{path}[{at}]") for at, entry in enumerate(value)]

    return fit_array


def _map(fit: Fit) -> Fit:
    def fit_map(value: Any, path: str) -> dict[str, Any]:
        return {key: fit(entry, f"{path}.*") for key, entry in _object(value, path).items() if entry is not None}

    return fit_map


def _struct(fields: Mapping[str, Fit]) -> Callable[..., dict[str, Any]]:
    def fit_struct(value: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        row = {}
        for key, entry in value.items():
            name = key.lower()
            fit = fields.get(name)
            if fit is not None and entry is not None:
                row[name] = fit(entry, f"{path}.{name}" if path else name)
        return row

    return fit_struct
