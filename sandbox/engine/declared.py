"""What pulumi-aws declares: every property of every type, and which of them must be there."""

import functools
import importlib
import inspect
import sys
import threading
import typing
from collections.abc import Iterator
from typing import Any

from pulumi import _types
from pulumi.runtime import rpc

from sandbox.engine.values import SIGNATURE, UNKNOWN

_importing = threading.Lock()
"""Modules of pulumi-aws import each other: of two threads that import them at once, one may see them half made."""


def arguments(token: str) -> type | None:
    """The class of a resource type's inputs, or None where pulumi-aws has no such type."""
    with _importing:
        return _arguments(token)


@functools.cache
def _arguments(token: str) -> type | None:
    """`InitArgs` is its name where another type's nested input has the shorter one."""
    import pulumi_aws  # noqa: F401, PLC0415 it registers its modules, and takes a second

    for module in rpc._RESOURCE_MODULES.get(token.rpartition(":")[0], ()):
        information = getattr(module, "mod_info", {})
        if token in information.get("classes", {}):
            name = information["classes"][token]
            resource = getattr(importlib.import_module(information["fqn"]), name)
            own = vars(sys.modules[resource.__module__])
            return own.get(f"{name}InitArgs") or own[f"{name}Args"]
    return None


def problems(token: str, inputs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a resource's inputs (wire form), as property path and reason."""
    declared = arguments(token)
    if declared is None:
        yield "", f"pulumi-aws declares no resource type {token}"
        return
    yield from _object("", declared, inputs)


def _object(path: str, declared: type, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    types = _types.input_type_types(declared)
    for name, value in given.items():
        if name in types:
            yield from _value(f"{path}{name}", types[name], value)
        elif not name.startswith("__"):
            yield f"{path}{name}", f"unknown property; pulumi-aws declares {', '.join(sorted(types))}"
    for name in sorted(_required(declared)):
        if given.get(name) is None:
            yield f"{path}{name}", "missing property, which pulumi-aws declares as required"


def _value(path: str, declared: Any, value: Any) -> Iterator[tuple[str, str]]:
    nested = _nested(declared)
    if nested is None or value == UNKNOWN:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(f"{path}[{index}]", nested, item)
    elif isinstance(value, dict) and SIGNATURE not in value:
        yield from _object(f"{path}.", nested, value)


@functools.cache
def _required(declared: type) -> frozenset[str]:
    names = _types.input_type_py_to_pulumi_names(declared)
    parameters = inspect.signature(declared.__init__).parameters
    return frozenset(
        names[name]
        for name, parameter in parameters.items()
        if name in names and parameter.default is inspect.Parameter.empty
    )


def _nested(declared: Any) -> type | None:
    """The class of the objects in a value of this type; None for a mapping of free keys and for what holds none."""
    if isinstance(declared, type) and _types.is_input_type(declared):
        return declared
    if typing.get_origin(declared) in (dict, typing.get_origin(typing.Mapping[str, str])):
        return None
    return next((found for part in typing.get_args(declared) if (found := _nested(part))), None)
