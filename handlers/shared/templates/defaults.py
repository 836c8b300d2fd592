"""What a template sees: an endpoint, a message's Substitutions over it, the template's DefaultSubstitutions below it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.shared.json_objects import HALF_PAIR, has_half_pair
from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.values import is_index

_KEY_PART = re.compile(r"\[((?:\\\]|[^\]])*)\]|([^.\[\]]+)")
_ENTRY = re.compile(r"\[\d+\]\Z", re.ASCII)
_LARGEST_INDEX = 100


class Defaults(dict[str, Any]):
    """Default values, nested as the variables.

    indexed: values of variables that name an entry of a list (`FirstName.[0]`), by the parts of their names.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.indexed: dict[tuple[str, ...], Any] = {}
        self._add((), values or {})

    def _add(self, before: tuple[str, ...], values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            names = before + parts(key)
            if isinstance(value, Mapping):
                self._add(names, value)
            elif _ENTRY.search(key) and len(names) > 1:
                self.indexed[names] = value
            else:
                _put(self, names, value)

    def below(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables, with defaults where they have no value (or an empty list)."""
        return filled(self, variables) if self else variables


def parse_defaults(text: str | None) -> Defaults:
    """A template's DefaultSubstitutions.

    Args:
        text: A JSON object as text, nested or with names as a template writes them (`Attributes.[First name].[0]`);
            None or empty: no defaults.

    Raises:
        RenderingError: it is not a JSON object.
    """
    if not text:
        return Defaults()
    try:
        defaults = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RenderingError(f"DefaultSubstitutions is not JSON: {error}") from error
    if not isinstance(defaults, dict):
        raise RenderingError(f"DefaultSubstitutions is a JSON {type(defaults).__name__}; needed is an object")
    if has_half_pair(text, defaults):
        raise RenderingError(f"DefaultSubstitutions {HALF_PAIR}")
    return Defaults(defaults)


def with_substitutions(
    variables: Mapping[str, Any], *substitutions: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """`variables` with a message's Substitutions (`{name: [values]}`, names as a template writes them) laid over.

    The first given wins. A name with an index (`X.[1]`) replaces that entry of the list.
    """
    merged: dict[str, Any] = dict(variables)
    for layer in reversed(substitutions):
        over = Defaults(layer or {})
        merged = filled(merged, over)
        for names, value in over.indexed.items():
            _put_entry(merged, names, value)
    return merged


def filled(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, member by member; a missing value or an empty list above lets below through."""
    merged = dict(below)
    for name, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(name), Mapping):
            merged[name] = filled(merged[name], value)
        elif (value is not None and value != []) or name not in merged:
            merged[name] = value
    return merged


def parts(key: str) -> tuple[str, ...]:
    """`User.[Last name].[0]` as (`User`, `Last name`, `0`)."""
    return tuple(bracketed or plain for bracketed, plain in _KEY_PART.findall(key)) or (key,)


def _put(target: dict[str, Any], names: Sequence[str], value: object) -> None:
    for name in names[:-1]:
        inner = target.get(name)
        target[name] = inner = dict(inner) if isinstance(inner, Mapping) else {}
        target = inner
    target[names[-1]] = value


def _put_entry(target: dict[str, Any], names: Sequence[str], value: object) -> None:
    """Replaces one entry of a list, in a copy of what is on the way to it."""
    held = target
    for name in names[:-1]:
        held = held.get(name) if isinstance(held, Mapping) else None
    if isinstance(held, Mapping) or not is_index(names[-1]):
        _put(target, names, value)
        return
    index = int(names[-1])
    if index > _LARGEST_INDEX:
        raise RenderingError(
            f"Substitutions: {'.'.join(names)} has the index {index}; allowed are 0 to {_LARGEST_INDEX}"
        )
    entries: list[Any] = list(held) if isinstance(held, list) else [] if held is None else [held]
    entries += [None] * (index + 1 - len(entries))
    entries[index] = value[0] if isinstance(value, list) and len(value) == 1 else value
    _put(target, names[:-1], entries)
