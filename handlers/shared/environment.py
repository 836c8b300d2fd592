"""Reading environment variables: once, at import, by name, with an error that names what is missing."""

from __future__ import annotations

import os


class MissingVariableError(RuntimeError):
    """A function was deployed without an environment variable that it needs."""


def required(name: str) -> str:
    """The variable's value. Raises MissingVariableError if it is absent or empty."""
    value = os.environ.get(name)
    if not value:
        raise MissingVariableError(f"environment variable {name} is missing or empty; the component sets it")
    return value


def optional(name: str, default: str = "") -> str:
    """The variable's value, or the default where it is absent."""
    return os.environ.get(name, default)


def whole_number(name: str, *, minimum: int = 0) -> int:
    """The variable's value as a whole number not below the minimum."""
    text = required(name)
    if not text.lstrip("-").isdigit() or int(text) < minimum:
        raise ValueError(f"environment variable {name} is {text!r}; allowed is a whole number from {minimum}")
    return int(text)


def flag(name: str) -> bool:
    """The variable's value as a boolean; `true` and `false` are allowed."""
    text = required(name).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"environment variable {name} is {text!r}; allowed are true and false")
    return text == "true"
