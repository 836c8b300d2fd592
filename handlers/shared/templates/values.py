"""Values in templates: how they print, what counts as true, how a path leads through them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from handlers.shared.templates.errors import RenderingError

_INDEX = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)
_SPECIAL = re.compile(r"[&<>\"'`=]")
_ESCAPED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"}
)


def text(value: object) -> str:
    """A value as it prints: lists joined by commas, whole numbers without a fraction, null as nothing.

    Raises RenderingError for an object: which of its members are meant is not said.
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is float:
        shown = repr(value)
        return shown if "e" not in shown and shown[-2:] != ".0" else _plain(Decimal(shown))
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is list:
        return ",".join([text(entry) for entry in value])
    if type(value) is dict:
        members = ", ".join(str(name) for name in list(value)[:5])
        raise RenderingError(f"an object does not print; name one of its members ({members or 'it has none'})")
    return _plain(value) if isinstance(value, Decimal) else str(value)


def escaped(value: str) -> str:
    """A text as HTML that shows it: `& < > " ' ` =`, as handlebars.js and Handlebars.java escape."""
    return value.translate(_ESCAPED) if _SPECIAL.search(value) else value


def truthy(value: object) -> bool:
    """What `if` takes for true: not null, false, 0, "" and []. An object is true, even an empty one."""
    return bool(value) or isinstance(value, dict)


def member(value: object, name: str) -> object:
    """One step of a path; None where it leads nowhere.

    Lists have indices and `length`, texts `length`. `[0]` of a text or number is itself: attributes are lists, other
    values and defaults are not, and templates write `.[0]` for both.
    """
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list | tuple):
        if _INDEX.fullmatch(name):
            return value[int(name)] if int(name) < len(value) else None
        return len(value) if name == "length" else None
    if isinstance(value, str) and name == "length":
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    return value if name == "0" and isinstance(value, str | int | float) else None


def walk(value: object, names: Sequence[str]) -> object:
    """The value at the end of a path; None where it leads nowhere."""
    for name in names:
        value = member(value, name)
        if value is None:
            return None
    return value


def is_index(name: str) -> bool:
    """Whether a part of a path counts the entries of a list."""
    return _INDEX.fullmatch(name) is not None


def _plain(exact: Decimal) -> str:
    """A number without a power of ten, as far as JavaScript prints it so."""
    if not exact.is_finite() or not (exact == 0 or Decimal("1e-7") < abs(exact) < Decimal("1e40")):
        return str(exact)
    shown = format(exact, "f")
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown
