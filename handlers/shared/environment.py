"""What a function is told by its component: environment variables, declared once, as the typed fields of a class.

    @dataclass(frozen=True, kw_only=True)
    class SenderEnvironment(Environment):
        queue_url: str  # QUEUE_URL, which must not be empty
        application_id: str = variable(optional=True)  # "" where it is absent
        remembered_days: int = variable(minimum=1)
        bucket: str = variable("WORK_BUCKET")

Types: `str`; `int`, a whole number; `float`; `bool`, as true or false; `tuple[str, ...]`, joined by commas; anything
where the variable holds JSON. It is read once, when a process first needs it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, NamedTuple, Self, get_type_hints

_METADATA = "variable"


class EnvironmentProblemError(RuntimeError):
    """A function was deployed with variables that are missing or not as they must be. The message names them all."""


class _Variable(NamedTuple):
    name: str | None = None
    optional: bool = False
    minimum: int | None = None
    allowed: Sequence[str] = ()
    json: bool = False


def variable(
    name: str | None = None,
    *,
    optional: bool = False,
    minimum: int | None = None,
    allowed: Sequence[str] = (),
    json: bool = False,
) -> Any:  # noqa: ANN401 as dataclasses.field is declared: it stands for a value of any field's type
    """A field that is more than its name and type say.

    name: of the variable, where it is not the field's in capitals. optional: it may be absent or empty, which is `""`,
    0 or an empty tuple. minimum: of a whole number. allowed: the values that it may have. json: it holds JSON.
    """
    return field(metadata={_METADATA: _Variable(name, optional, minimum, allowed, json)})


@dataclass(frozen=True)
class Environment:
    """The base of what each function declares."""

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """The names of the environment variables, in order of declaration."""
        return tuple(_name(each) for each in fields(cls))

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Those of them that must not be absent."""
        return tuple(_name(each) for each in fields(cls) if not _declared(each).optional)

    @classmethod
    def read(cls, source: Mapping[str, str] | None = None) -> Self:
        """The values from `source` (default: the process's environment). Raises EnvironmentProblemError."""
        variables = os.environ if source is None else source
        types = get_type_hints(cls)
        values: dict[str, Any] = {}
        problems: list[str] = []
        for each in fields(cls):
            try:
                values[each.name] = _value(_declared(each), types[each.name], variables.get(_name(each), ""))
            except ValueError as problem:
                problems.append(f"environment variable {_name(each)} {problem}")
        if problems:
            raise EnvironmentProblemError(f"{cls.__name__}: {'; '.join(problems)}; the component sets it")
        return cls(**values)


def _declared(each: Field[Any]) -> _Variable:
    return each.metadata.get(_METADATA, _Variable())


def _name(each: Field[Any]) -> str:
    return _declared(each).name or each.name.upper()


def _value(declared: _Variable, kind: object, text: str) -> object:
    if not text and not declared.optional:
        raise ValueError("is missing or empty")
    if declared.allowed and text not in declared.allowed:
        raise ValueError(f"is {text!r}; allowed are {' and '.join(declared.allowed)}")
    if declared.json:
        return _from_json(text or "[]")
    if not text:
        return _ABSENT.get(kind, ())
    if kind is int:
        return _whole_number(text, declared.minimum or 0)
    return _READERS.get(kind, _listed)(text)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _from_json(text: str) -> object:
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError(f"is {text[:40]!r}; allowed is JSON") from None
    return tuple(value) if isinstance(value, list) else value


def _whole_number(text: str, minimum: int) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or int(text) < minimum:
        raise ValueError(f"is {text!r}; allowed is a whole number from {minimum}")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"is {text!r}; allowed is a number") from None


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"is {text!r}; allowed are true and false")
    return text == "true"


_READERS: dict[object, Callable[[str], object]] = {str: str, float: _number, bool: _flag}
_ABSENT: dict[object, object] = {str: "", int: 0}
