"""moto looks through all methods of a service's class at each request: here once, and again where the class has got others."""

from __future__ import annotations

import functools

import moto.core.responses

_looked = moto.core.responses.method_names_from_class


@functools.cache
def _names(of: type, members: int) -> list[str]:
    return _looked(of)


def names(of: type) -> list[str]:
    """A class's methods; the sandbox adds some to moto's when it is installed (sandbox/world/extension.py)."""
    return _names(of, len(vars(of)))


def install() -> None:
    moto.core.responses.method_names_from_class = names
