"""The helpers of message templates: conditions, texts, numbers, encodings. Pure functions of their arguments."""

import base64
import hashlib
import math
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.engagement.templates import dates
from handlers.engagement.templates.syntax import RenderingError

WIDTH = 10_000

Arguments = Sequence[Any]
Options = Mapping[str, Any]


def text(value: Any) -> str:
    """A value as it prints: lists joined by commas, whole numbers without a fraction, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(text(entry) for entry in value)
    return str(value)


def shown(arguments: Arguments) -> str:
    """Arguments for an error message: their kinds, not their (personal) values."""
    return f"({', '.join('nothing' if argument is None else type(argument).__name__ for argument in arguments)})"


def _single(value: Any) -> Any:
    """A list of one value counts as that value: attributes are lists."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _number(value: Any) -> float:
    value = _single(value)
    if isinstance(value, bool) or value is None or isinstance(value, list):
        raise ValueError("needed is a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("needed is a finite number")
    return number


def _compare(arguments: Arguments) -> int:
    """-1, 0 or 1: as numbers if both read as numbers, else as texts."""
    left, right = (_single(argument) for argument in arguments[:2])
    try:
        first, second = _number(left), _number(right)
    except ValueError:
        first, second = text(left), text(right)
    return (first > second) - (first < second)  # type: ignore[operator]  # both are of one kind


def _missing(arguments: Arguments) -> bool:
    return any(argument is None for argument in arguments[:2])


CONDITIONS: dict[str, Callable[[Arguments], bool]] = {
    "and": all,
    "or": any,
    "not": lambda arguments: not arguments[0],
    "eq": lambda arguments: arguments[0] is arguments[1] if _missing(arguments) else _compare(arguments) == 0,
    "neq": lambda arguments: arguments[0] is not arguments[1] if _missing(arguments) else _compare(arguments) != 0,
    "gt": lambda arguments: not _missing(arguments) and _compare(arguments) > 0,
    "gte": lambda arguments: not _missing(arguments) and _compare(arguments) >= 0,
    "lt": lambda arguments: not _missing(arguments) and _compare(arguments) < 0,
    "lte": lambda arguments: not _missing(arguments) and _compare(arguments) <= 0,
}


def _abbreviate(arguments: Arguments, options: Options) -> str:
    value, width = text(arguments[0]), _width(arguments[1])
    if width < 4:
        raise RenderingError(f"abbreviate: the width is {width}; at least 4 is needed")
    return value if len(value) <= width else value[: width - 3] + "..."


def _capitalize(arguments: Arguments, options: Options) -> str:
    value = text(arguments[0])
    if options.get("fully"):
        value = value.lower()
    return re.sub(r"\S+", lambda word: word[0][:1].upper() + word[0][1:], value)


def _width(value: Any) -> int:
    width = int(_number(value))
    if not 0 <= width <= WIDTH:
        raise RenderingError(f"a width is {width}; allowed are 0 to {WIDTH:,}")
    return width


def _justified(method: Callable[[str, int, str], str]) -> Callable[[Arguments, Options], str]:
    def helper(arguments: Arguments, options: Options) -> str:
        size = options.get("size", arguments[1] if len(arguments) > 1 else None)
        pad = text(options.get("pad", arguments[2] if len(arguments) > 2 else " ")) or " "
        return method(text(arguments[0]), _width(size), pad[0])

    return helper


def _inflect(arguments: Arguments, options: Options) -> str:
    count = _number(arguments[0])
    singular = options.get("singular", arguments[1] if len(arguments) > 1 else "")
    plural = options.get("plural", arguments[2] if len(arguments) > 2 else "")
    word = text(singular if count == 1 else plural)
    with_count = options.get("includeCount", arguments[3] if len(arguments) > 3 else False)
    return f"{text(count)} {word}" if with_count else word


def _join(arguments: Arguments, options: Options) -> str:
    if isinstance(arguments[0], list):
        values, separator = arguments[0], arguments[1] if len(arguments) > 1 else ", "
    else:
        values, separator = arguments[:-1], arguments[-1]
    joined = text(separator).join(text(value) for value in values)
    return text(options.get("prefix", "")) + joined + text(options.get("suffix", ""))


def _ordinalize(arguments: Arguments, options: Options) -> str:
    number = int(_number(arguments[0]))
    tens, ones = abs(number) % 100, abs(number) % 10
    ending = "th" if 10 < tens < 14 else {1: "st", 2: "nd", 3: "rd"}.get(ones, "th")
    return f"{number}{ending}"


def _slugify(arguments: Arguments, options: Options) -> str:
    plain = unicodedata.normalize("NFKD", text(arguments[0])).encode("ascii", "ignore").decode()
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _substring(arguments: Arguments, options: Options) -> str:
    value = text(arguments[0])
    start = max(0, int(_number(arguments[1])))
    return value[start : max(0, int(_number(arguments[2])))] if len(arguments) > 2 else value[start:]


def _yesno(arguments: Arguments, options: Options) -> str:
    value = _single(arguments[0])
    key = "maybe" if value is None else "yes" if value is True or text(value).lower() in ("true", "yes") else "no"
    return text(options.get(key, key))


def _arithmetic(operation: Callable[[float, float], float]) -> Callable[[Arguments, Options], float]:
    return lambda arguments, options: operation(_number(arguments[0]), _number(arguments[1]))


def _digest(name: str) -> Callable[[Arguments, Options], str]:
    def helper(arguments: Arguments, options: Options) -> str:
        return hashlib.new(name, text(arguments[0]).encode(), usedforsecurity=False).hexdigest()

    return helper


HELPERS: dict[str, Callable[[Arguments, Options], Any]] = {
    "abbreviate": _abbreviate,
    "capitalize": _capitalize,
    "capitalizeFirst": lambda arguments, options: text(arguments[0])[:1].upper() + text(arguments[0])[1:],
    "center": _justified(str.center),
    "cut": lambda arguments, options: text(arguments[0]).replace(text(arguments[1]) if len(arguments) > 1 else " ", ""),
    "dateFormat": dates.date_format,
    "inflect": _inflect,
    "join": _join,
    "ljust": _justified(str.ljust),
    "lower": lambda arguments, options: text(arguments[0]).lower(),
    "now": dates.now_format,
    "ordinalize": _ordinalize,
    "replace": lambda arguments, options: text(arguments[0]).replace(text(arguments[1]), text(arguments[2])),
    "rjust": _justified(str.rjust),
    "slugify": _slugify,
    "stripTags": lambda arguments, options: re.sub(r"<[^>]*>", "", text(arguments[0])),
    "substring": _substring,
    "upper": lambda arguments, options: text(arguments[0]).upper(),
    "yesno": _yesno,
    "add": _arithmetic(lambda left, right: left + right),
    "subtract": _arithmetic(lambda left, right: left - right),
    "multiply": _arithmetic(lambda left, right: left * right),
    "divide": _arithmetic(lambda left, right: left / right),
    "modulo": _arithmetic(math.fmod),
    "ceiling": lambda arguments, options: math.ceil(_number(arguments[0])),
    "floor": lambda arguments, options: math.floor(_number(arguments[0])),
    "round": lambda arguments, options: math.floor(_number(arguments[0]) + 0.5),
    "encode64": lambda arguments, options: base64.b64encode(text(arguments[0]).encode()).decode(),
    "decode64": lambda arguments, options: base64.b64decode(text(arguments[0]), validate=True).decode(),
    "md5": _digest("md5"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
    "uuid": lambda arguments, options: str(uuid.uuid4()),
}
