"""Requests held to the service models that botocore ships: required members, lengths, patterns, enums."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session

from sandbox.world.faults import Parameters

KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (bytes,),
    "integer": (int,),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def problems(service: str, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
    """What the model refuses: members by their path, and what is wrong with each. Blobs are bytes."""
    return list(_structure(_input(service, operation), parameters, ""))


@functools.cache
def _input(service: str, operation: str) -> Any:
    return _model(service).operation_model(operation).input_shape


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # Some models have their backslashes twice.
    return re.compile(pattern.replace("\\\\", "\\"))


def _structure(shape: Any, value: Parameters, path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{path}{name}", f"{path}{name} is required"
    for name, given in value.items():
        if name in shape.members and given is not None:
            yield from _value(shape.members[name], given, f"{path}{name}")


def _value(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    kinds = KINDS.get(shape.type_name)
    if kinds and type(value) not in kinds:
        yield path, f"{path} is not a {shape.type_name}"
        return
    rules = shape.metadata
    size = value if shape.type_name == "integer" else len(value) if hasattr(value, "__len__") else 0
    least, most = rules.get("min", size), rules.get("max", size)
    if not least <= size <= most:
        what = "is" if shape.type_name == "integer" else "has a length of"
        yield path, f"{path} {what} {size}; {least} to {most} are allowed"
    elif "enum" in rules and value not in rules["enum"]:
        yield path, f"{path} {value!r} is none of {', '.join(rules['enum'])}"
    elif "pattern" in rules and not _pattern(rules["pattern"]).fullmatch(value):
        yield path, f"{path} {value!r} does not match {rules['pattern']}"
    if shape.type_name == "structure":
        yield from _structure(shape, value, f"{path}.")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _value(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _value(shape.key, key, f"{path}.{key}")
            yield from _value(shape.value, item, f"{path}.{key}")
