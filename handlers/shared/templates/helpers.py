"""The helpers of message templates that Pinpoint has, and which values each takes. Pure functions of their arguments.

Their formats are those of the page "Using message template helpers" of Amazon Pinpoint's user guide; where it leaves
something open, those of Handlebars.java (com.github.jknack), whose string helpers they are.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.shared.templates import dates
from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.numbers import MATH, number, single
from handlers.shared.templates.values import escaped, member, text, truthy

WIDTH = 10_000

Arguments = Sequence[Any]
Options = Mapping[str, Any]
Function = Callable[[Arguments, Options], Any]


class Helper(NamedTuple):
    """A helper.

    least, most: how many arguments it takes. trial: values with which it works, in the place of variables, so that
    what a template gives literally can be tried before there is a recipient. words: arguments (by place) and options
    (by name) that may be written without quotes. lenient: a variable without a value is an answer, not an error.
    """

    function: Function
    least: int = 1
    most: int = 1
    trial: tuple[Any, ...] = ("text", "a", "a")
    words: tuple[int | str, ...] = ()
    lenient: bool = False


class Condition(NamedTuple):
    """A helper that opens a block, or prints `yes=` or `no=` (else true or false)."""

    function: Callable[[Arguments], bool]
    least: int
    most: int = 100
    options: tuple[str, ...] = ("yes", "no")


def shown(arguments: Arguments) -> str:
    """Arguments for an error message: their kinds, not their (personal) values."""
    return f"({', '.join('nothing' if argument is None else type(argument).__name__ for argument in arguments)})"


def _flag(value: object) -> bool:
    value = single(value)
    return bool(value) and text(value).lower() != "false"


def _compare(arguments: Arguments) -> int | None:
    """-1, 0 or 1: as numbers if both read as numbers, else as texts; None where one is missing."""
    left, right = (single(argument) for argument in arguments[:2])
    if left is None or right is None:
        return None
    try:
        first, second = number(left), number(right)
    except ValueError:
        first, second = text(left), text(right)
    return (first > second) - (first < second)  # type: ignore[operator]  # both are of one kind


def _equal(arguments: Arguments) -> bool:
    """Two texts are equal letter by letter, `01` is not `1`; a number equals a text that reads as it."""
    left, right = (single(argument) for argument in arguments[:2])
    if left is None or right is None or isinstance(left, str) == isinstance(right, str):
        return left == right and isinstance(left, bool) == isinstance(right, bool)
    if isinstance(left, bool) or isinstance(right, bool):
        return text(left) == text(right)
    try:
        return number(left) == number(right)
    except ValueError:
        return False


def _ordered(holds: Callable[[int], bool]) -> Callable[[Arguments], bool]:
    def condition(arguments: Arguments) -> bool:
        order = _compare(arguments)
        return order is not None and holds(order)

    return condition


CONDITIONS: dict[str, Condition] = {
    "and": Condition(lambda arguments: all(map(truthy, arguments)), 1),
    "or": Condition(lambda arguments: any(map(truthy, arguments)), 1),
    "not": Condition(lambda arguments: not truthy(arguments[0]), 1, 1),
    "eq": Condition(_equal, 2, 2),
    "neq": Condition(lambda arguments: not _equal(arguments), 2, 2),
    "gt": Condition(_ordered(lambda order: order > 0), 2, 2),
    "gte": Condition(_ordered(lambda order: order >= 0), 2, 2),
    "lt": Condition(_ordered(lambda order: order < 0), 2, 2),
    "lte": Condition(_ordered(lambda order: order <= 0), 2, 2),
}


def _abbreviate(arguments: Arguments, options: Options) -> str:
    value, width = text(arguments[0]), _width(arguments[1])
    if width < 4:
        raise RenderingError(f"abbreviate: the width is {width}; at least 4 is needed")
    return value if len(value) <= width else value[: width - 3] + "..."


def _capitalize(arguments: Arguments, options: Options) -> str:
    value = text(arguments[0])
    if _flag(options.get("fully")):
        value = value.lower()
    return re.sub(r"\S+", lambda word: word[0][:1].upper() + word[0][1:], value)


def _width(value: object) -> int:
    if value is None:
        raise RenderingError(f"a width is missing; allowed are 0 to {WIDTH:,}")
    width = int(number(value))
    if not 0 <= width <= WIDTH:
        raise RenderingError(f"a width is {width}; allowed are 0 to {WIDTH:,}")
    return width


def _justified(left: Callable[[int], int]) -> Function:
    """left: how many of the missing characters go to the left."""

    def helper(arguments: Arguments, options: Options) -> str:
        value = text(arguments[0])
        size = _width(options.get("size", arguments[1] if len(arguments) > 1 else None))
        pad = text(options.get("pad", arguments[2] if len(arguments) > 2 else " ")) or " "
        missing = max(0, size - len(value))
        before = left(missing)
        return (pad * before)[:before] + value + (pad * (missing - before))[: missing - before]

    return helper


def _inflect(arguments: Arguments, options: Options) -> str:
    count = number(arguments[0])
    singular = options.get("singular", arguments[1] if len(arguments) > 1 else "")
    plural = options.get("plural", arguments[2] if len(arguments) > 2 else "")
    word = text(singular if count == 1 else plural)
    with_count = options.get("includeCount", arguments[3] if len(arguments) > 3 else False)
    return f"{text(count)} {word}" if _flag(with_count) else word


def _join(arguments: Arguments, options: Options) -> str:
    if isinstance(arguments[0], list) or len(arguments) == 1:
        values = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
        separator = arguments[1] if len(arguments) > 1 else ", "
    else:
        values, separator = arguments[:-1], arguments[-1]
    joined = text(separator).join(text(value) for value in values if value is not None)
    return text(options.get("prefix", "")) + joined + text(options.get("suffix", "")) if joined else ""


def _ordinalize(arguments: Arguments, options: Options) -> str:
    count = int(number(arguments[0]))
    tens, ones = abs(count) % 100, abs(count) % 10
    ending = "th" if 10 < tens < 14 else {1: "st", 2: "nd", 3: "rd"}.get(ones, "th")
    return f"{count}{ending}"


def _slugify(arguments: Arguments, options: Options) -> str:
    plain = unicodedata.normalize("NFKD", text(arguments[0])).encode("ascii", "ignore").decode()
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _substring(arguments: Arguments, options: Options) -> str:
    value = text(arguments[0])
    start = max(0, int(number(arguments[1])))
    return value[start : max(0, int(number(arguments[2])))] if len(arguments) > 2 else value[start:]


def _yesno(arguments: Arguments, options: Options) -> str:
    value = single(arguments[0])
    key = "maybe" if value is None else "yes" if value is True or text(value).lower() in ("true", "yes") else "no"
    return text(options.get(key, key))


def _digest(name: str) -> Function:
    def helper(arguments: Arguments, options: Options) -> str:
        return hashlib.new(name, text(arguments[0]).encode(), usedforsecurity=False).hexdigest()

    return helper


def _of(function: Callable[..., str]) -> Function:
    """A helper of texts alone."""
    return lambda arguments, options: function(*map(text, arguments))


HELPERS: dict[str, Helper] = {
    "abbreviate": Helper(_abbreviate, 2, 2, ("text", 10)),
    "capitalize": Helper(_capitalize),
    "capitalizeFirst": Helper(_of(lambda value: value[:1].upper() + value[1:])),
    "center": Helper(_justified(lambda missing: missing // 2), 1, 3, ("text", 10, " ")),
    "cut": Helper(_of(lambda value, cut=" ": value.replace(cut, "")), 1, 2),
    "dateFormat": Helper(dates.date_format, 1, 2, (None, "medium"), (1, "tz", "format", "outputFormat", "time")),
    "inflect": Helper(_inflect, 1, 4, (1, "a", "a", True), (1, 2, "singular", "plural")),
    "join": Helper(_join, 1, 100, (["a"], "a")),
    "ljust": Helper(_justified(lambda missing: 0), 1, 3, ("text", 10, " ")),
    "log": Helper(lambda arguments, options: "", 0, 100, lenient=True),
    "lookup": Helper(
        lambda arguments, options: member(arguments[0], text(single(arguments[1]))), 2, 2, ({}, "a"), lenient=True
    ),
    "lower": Helper(_of(str.lower)),
    "now": Helper(dates.now_format, 0, 1, ("medium",), (0, "tz", "format", "time")),
    "ordinalize": Helper(_ordinalize, trial=(1,)),
    "replace": Helper(_of(lambda value, old, new: value.replace(old, new)), 3, 3),
    "rjust": Helper(_justified(lambda missing: missing), 1, 3, ("text", 10, " ")),
    "slugify": Helper(_slugify),
    "stripTags": Helper(_of(lambda value: re.sub(r"<[^>]*>", "", value))),
    "substring": Helper(_substring, 2, 3, ("text", 0, 1)),
    "upper": Helper(_of(str.upper)),
    "yesno": Helper(_yesno, lenient=True),
    "escapeHtml": Helper(_of(escaped)),
    "encode64": Helper(_of(lambda value: base64.b64encode(value.encode()).decode())),
    "decode64": Helper(_of(lambda value: base64.b64decode(value, validate=True).decode()), trial=("",)),
    "md5": Helper(_digest("md5")),
    "sha256": Helper(_digest("sha256")),
    "sha512": Helper(_digest("sha512")),
    "uuid": Helper(lambda arguments, options: str(uuid.uuid4()), 0, 0),
    **{
        name: Helper(lambda arguments, options, compute=compute: compute(*arguments), count, count, (1, 1))
        for name, (compute, count) in MATH.items()
    },
}
