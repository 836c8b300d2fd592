"""JSON objects from the outside: read strictly, so that whatever is read can be written again.

Python's parser takes NaN, numbers beyond its floats, and halves of surrogate pairs, which fail only when they are
written; nesting beyond its stack is no ValueError there. All of these are one here.
"""

from __future__ import annotations

import json
import math
from typing import Any

HALF_PAIR = "holds half of a surrogate pair; needed are whole characters"


class NotAnObjectError(ValueError):
    """The text is no JSON object. The message says why, without the text."""


def json_object(text: str) -> dict[str, Any]:
    """The object that a text holds. Raises NotAnObjectError."""
    found = json_objects(text)
    if len(found) != 1:
        raise NotAnObjectError("empty" if not found else f"{len(found)} JSON objects in a row, not one")
    return found[0]


def json_objects(text: str) -> list[dict[str, Any]]:
    """The objects that a text holds, one after the other, with or without space between. Raises NotAnObjectError."""
    found: list[dict[str, Any]] = []
    at, end = _skip_space(text, 0), len(text)
    while at < end:
        start = at
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise NotAnObjectError(f"not JSON: {type(error).__name__}") from error
        if not isinstance(value, dict):
            raise NotAnObjectError(f"a JSON {type(value).__name__}, not an object")
        if has_half_pair(text[start:at], value):
            raise NotAnObjectError(HALF_PAIR)
        found.append(value)
        at = _skip_space(text, at)
    return found


def has_half_pair(text: str, value: object) -> bool:
    """Whether what was read from a JSON text holds half of a surrogate pair, as a cut emoji leaves it: nothing can write it in UTF-8."""
    if "\\ud" not in text and "\\uD" not in text:
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def answered(payload: bytes) -> object:
    """The JSON value that a user's function answered, None for an empty payload, with `?` for each half of a surrogate pair: a cut
    emoji in what it says of one endpoint must not stop the others. Raises ValueError."""
    text = payload.decode() or "null"
    value = json.loads(text)
    if not has_half_pair(text, value):
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is too large")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)
