"""Whether a line or a text is about one person: their endpoint ids, addresses, phone numbers or user id stand in it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from handlers.shared.addresses.normal_form import EMAIL, forms, normal_form

_SHORTEST = 3
_DEEPEST = 8
_BEFORE = r"(?<![A-Za-z0-9._%+-])"
_AFTER = r"(?![A-Za-z0-9_])(?![.@+-][A-Za-z0-9])"
_HIDES = ("\\u", "%", "rawData")
"""Where an identifier may stand escaped: such a line is read, not searched."""


class Person:
    """Identifiers of one person; upper and lower case are one, and part of a longer name or address is none.

    One of less than three characters counts only where it is a whole text. Raises ValueError where there is none.
    """

    def __init__(self, identifiers: Iterable[str]) -> None:
        named = {
            form for identifier in identifiers for form in (normal_form(None, identifier), *_as_address(identifier))
        }
        self.identifiers = sorted({name.lower() for name in named} - {""})
        if not self.identifiers:
            raise ValueError(
                "identifiers are missing; needed is an endpoint id, an address, a phone number or a user id"
            )
        choice = "|".join(re.escape(identifier) for identifier in self.identifiers if len(identifier) >= _SHORTEST)
        self._pattern = re.compile(f"{_BEFORE}(?:{choice}){_AFTER}" if choice else "(?!)", re.IGNORECASE)

    def is_in_line(self, line: bytes) -> bool:
        """Whether a line of JSON, or of any text, is about the person."""
        text = line.decode("utf-8", "replace")
        if not self._may_hold(text):
            return False
        try:
            return any(self._matches(found) for found in _texts(json.loads(text), 0))
        except (ValueError, RecursionError):
            return self._matches(text)

    def _may_hold(self, text: str) -> bool:
        lowered = text.lower()
        return any(identifier in lowered for identifier in self.identifiers) or any(mark in text for mark in _HIDES)

    def _matches(self, text: str) -> bool:
        if self._pattern.search(text) or text.lower() in self.identifiers:
            return True
        return "%" in text and self._pattern.search(unquote(text)) is not None


def _as_address(identifier: str) -> tuple[str, ...]:
    return forms(EMAIL, identifier) if "@" in identifier else ()


def _texts(value: object, depth: int) -> Iterator[str]:
    """Every text in a JSON value, and in the JSON that texts of it hold (`raw`, an endpoint's record, `rawData`)."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key
            if key == "rawData" and isinstance(entry, str):
                yield from _nested(_decoded(entry), depth)
            yield from _texts(entry, depth)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, depth)
    elif isinstance(value, str):
        yield from _nested(value, depth)


def _nested(text: str, depth: int) -> Iterator[str]:
    yield text
    if depth < _DEEPEST and text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        yield from _texts(value, depth + 1)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return text
