"""Checking a request body against botocore's shape of it: types, required members, allowed values, unknown members."""

import sys
from typing import Any

from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import parse_time

MORE_VALUES = {"AttributeType": ("NOT_BETWEEN",)}  # in Pinpoint's API reference, not in the model
MORE_MEMBERS = {"WriteJourneyRequest": ("tags", "Id", "ApplicationId")}  # in JourneyResponse, which programs copy
SHOWN = 10
BITS = {"integer": 32, "long": 64}
LARGEST = sys.float_info.max


def check_body(shape: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The body without members that are null.

    Raises:
        BadRequestError: names the first ten problems with their paths, what was given and what is allowed.
    """
    found: list[str] = []
    clean = _value(shape, body, "", found)
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise BadRequestError("; ".join(found[:SHOWN]) + more)
    return clean


def _value(shape: Any, value: Any, path: str, found: list[str]) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, path, found)
    if kind == "map":
        if not isinstance(value, dict):
            found.append(_wrong(path, value, "an object"))
            return value
        for key in value:
            _check_text(f"a name in {path}", key, found)
        return {
            key: _value(shape.value, entry, f"{path}.{key}", found) for key, entry in value.items() if entry is not None
        }
    if kind == "list":
        if not isinstance(value, list):
            found.append(_wrong(path, value, "a list"))
            return value
        return [_value(shape.member, entry, f"{path}[{at}]", found) for at, entry in enumerate(value)]
    _scalar(shape, kind, value, path, found)
    return value


def _structure(shape: Any, value: Any, path: str, found: list[str]) -> Any:
    if not isinstance(value, dict):
        found.append(_wrong(path, value, "an object"))
        return value
    clean = {}
    wire = _wire_names(shape)
    for given, entry in value.items():
        name = wire.get(given, given)
        where = f"{path}.{given}" if path else given
        if name in MORE_MEMBERS.get(shape.name, ()):
            clean[name] = entry
            texts = [*entry, *entry.values()] if name == "tags" and isinstance(entry, dict) else [entry]
            if not all(isinstance(text, str) for text in texts):
                found.append(_wrong(where, entry, "an object of texts" if name == "tags" else "a text"))
            for text in texts:
                if isinstance(text, str) and not _check_text(where, text, found):
                    break
        elif name not in shape.members:
            found.append(f"{where} is not known; allowed are {', '.join(shape.members)}")
        elif entry is not None:
            member = shape.members[name]
            clean[member.serialization.get("name", name)] = _value(member, entry, where, found)
    for name in shape.required_members:
        if shape.members[name].serialization.get("name", name) not in clean:
            found.append(f"{f'{path}.{name}' if path else name} is missing")
    return clean


def _wire_names(shape: Any) -> dict[str, str]:
    """Names of members on the wire, where they are others than the model's (`segmentDimensions`). Both are taken, and the wire's stored."""
    names = {member.serialization.get("name"): name for name, member in shape.members.items()}
    return {wire: name for wire, name in names.items() if wire and wire != name}


def _scalar(shape: Any, kind: str, value: Any, path: str, found: list[str]) -> None:
    if kind in BITS or kind in ("double", "float"):
        _number(kind, value, path, found)
    elif kind == "boolean":
        if not isinstance(value, bool):
            found.append(_wrong(path, value, "true or false"))
    elif kind == "timestamp":
        try:
            parse_time(value)
        except (ValueError, TypeError):
            found.append(_wrong(path, value, "an ISO 8601 time"))
    elif not isinstance(value, str):
        found.append(_wrong(path, value, "a text"))
    elif _check_text(path, value, found):
        allowed = getattr(shape, "enum", ())  # a blob, which is base64 here, has none
        if allowed and value not in allowed and value not in MORE_VALUES.get(shape.name, ()):
            found.append(f"{path} is {value[:60]!r}; allowed are {', '.join(allowed)}")


def _number(kind: str, value: Any, path: str, found: list[str]) -> None:
    if kind in BITS:
        bound = 2 ** (BITS[kind] - 1)
        if not isinstance(value, int) or isinstance(value, bool):
            found.append(_wrong(path, value, "a whole number"))
        elif not -bound <= value < bound:
            found.append(_wrong(path, value, f"a whole number of {BITS[kind]} bits"))
    elif not isinstance(value, int | float) or isinstance(value, bool):
        found.append(_wrong(path, value, "a number"))
    elif not -LARGEST <= value <= LARGEST:
        found.append(_wrong(path, value, "a number of 64 bits"))


def _check_text(path: str, text: str, found: list[str]) -> bool:
    """Whether UTF-8 can write the text: half of a surrogate pair, which JSON's escapes can name, it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        found.append(
            f"{path} is {text[:60]!r}, which holds half of a surrogate pair; needed is a text of whole characters"
        )
        return False
    return True


def _wrong(path: str, value: Any, needed: str) -> str:
    text = repr(value)
    return f"{path or 'the body'} is {text if len(text) <= 60 else text[:57] + '...'}; needed is {needed}"
