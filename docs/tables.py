"""The tables of the documentation, each made from the code that it describes."""

from __future__ import annotations

import importlib
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pydantic
from pydantic_core import PydanticUndefined

from commands.service_models import pinpoint_model
from components.outputs import Component
from docs import pinpoint_operations
from docs.handlebars_differences import DIFFERENCES
from handlers.engagement.operations import MODULES
from stacks.programs import STACKS


def config(key: str) -> str:
    """The table of a config key: every setting by its path, what it may be, its default and what it means."""
    models = _models()
    if key not in models:
        raise ValueError(f"no stack has the config key {key!r}; known: {', '.join(sorted(models))}")
    rows = [
        (f"`{path}`", _kind(field), _default(field), _sentence(field.description or ""))
        for path, field in _fields(models[key])
    ]
    return table(("key", "type", "default", "meaning"), rows)


def outputs(stack: str, *names: str) -> str:
    """The table of some of a stack's exports (all, where none is named), and of the attributes that they are in one's own program."""
    known = exports(stack)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"stack {stack} exports no {', '.join(unknown)}; known: {', '.join(known)}")
    attributes = _attributes(Component)
    rows = [(f"`{name}`", _code(attributes.get(name)), known[name]) for name in names or known]
    return table(("output", "attribute", "what it is"), rows)


def _attributes(kind: type[Component]) -> dict[str, str]:
    """What the outputs of all components are called in Python, by the exports' names."""
    outputs = kind.declared().values()
    found = {export: output.attribute for output in outputs if (export := output.export(kind.architecture))}
    for each in kind.__subclasses__():
        found |= _attributes(each)
    return found


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def exports(stack: str) -> Mapping[str, str]:
    """A stack's exports and what each is."""
    return importlib.import_module(f"stacks.{stack}").EXPORTS


def operations() -> str:
    """The table of Pinpoint's operations by what they are about, and which of them the hosted service offers."""
    offered = _offered()
    rows, count = [], 0
    for group, names in _grouped().items():
        there = [name for name in names if name in offered]
        not_there = [name for name in names if name not in offered]
        rows.append((group, _listed(there), _listed(not_there)))
        count += len(there)
    total = sum(len(names) for names in _grouped().values())
    return f"{count} of Pinpoint's {total} operations.\n\n" + table(("about", "offered", "not offered"), rows)


def from_pinpoint() -> str:
    """The table of what became of each of Pinpoint's operations on each platform."""
    headings = ("about", "operations", "`hosted`", "`pinpoint` since 2026-10-30", "where not offered")
    return table(headings, pinpoint_operations.rows(_grouped(), _offered(), _listed))


def handlebars_differences() -> str:
    """The table of what templates do otherwise than in handlebars.js, and why."""
    rows = [(found.written, found.theirs, found.ours, found.reason) for found in DIFFERENCES.values()]
    return table(("written", "handlebars.js", "here", "why"), rows)


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; a `|` in a cell is escaped."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


TABLES: Mapping[str, Callable[..., str]] = {
    "config": config,
    "outputs": outputs,
    "operations": operations,
    "from_pinpoint": from_pinpoint,
    "handlebars_differences": handlebars_differences,
}


@cache
def _models() -> Mapping[str, type[pydantic.BaseModel]]:
    found: dict[str, type[pydantic.BaseModel]] = {}
    for stack in STACKS:
        found |= importlib.import_module(f"stacks.{stack}").MODELS
    return found


def _fields(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[tuple[str, pydantic.fields.FieldInfo]]:
    # What turns an architecture on comes first, wherever its class has it from.
    ordered = sorted(model.model_fields.items(), key=lambda item: item[0] != "enabled")
    for name, field in ordered:
        path = f"{prefix}{field.alias or name}"
        nested = [each for each in _alternatives(field.annotation) if _is_model(each)]
        if nested:
            yield from _fields(nested[0], f"{path}.")
            continue
        yield path, field
        for entry in typing.get_args(field.annotation):
            if _is_model(entry):
                named = typing.get_origin(field.annotation) is Mapping
                yield from _fields(entry, f"{path}.NAME." if named else f"{path}[].")


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) is typing.Annotated:
        return _alternatives(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(each for part in typing.get_args(annotation) for each in _alternatives(part))
    return (annotation,)


_NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): ""}
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}


def _kind(field: pydantic.fields.FieldInfo) -> str:
    names = []
    for annotation in _alternatives(field.annotation):
        if typing.get_origin(annotation) is typing.Literal:
            names.append(" or ".join(f"`{value}`" for value in typing.get_args(annotation)))
        elif typing.get_origin(annotation) in (tuple, list):
            names.append("list of objects" if _is_model(typing.get_args(annotation)[0]) else "list of texts")
        elif typing.get_origin(annotation) is Mapping:
            held = typing.get_args(annotation)[1]
            of_texts = "object of texts" if held is str else "object of lists of texts"
            names.append("object of objects" if _is_model(held) else of_texts)
        else:
            names.append(_NAMES[annotation])
    bounds = [
        wording.format(f"{value:,}")
        for attribute, wording in _BOUNDS.items()
        for each in field.metadata
        if isinstance(value := getattr(each, attribute, None), int)
    ]
    return " ".join([", ".join(name for name in names if name), *bounds])


def _default(field: pydantic.fields.FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "(needed)" if field.default_factory is None else "empty"
    if field.default is None:
        return "none"
    if isinstance(field.default, str | tuple | Mapping) and not field.default:
        return "empty"
    if isinstance(field.default, Mapping):
        return ", ".join(f"`{name}`" for name in field.default)
    if isinstance(field.default, tuple):
        of_objects = isinstance(field.default[0], pydantic.BaseModel)
        return f"{len(field.default)}, see below" if of_objects else f"`{json.dumps(list(field.default))}`"
    return f"`{json.dumps(field.default)}`"


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "-"


# By the last word of an operation's name that is about something; the first that fits wins.
_ABOUT = (
    ("templates", ("Template",)),
    ("endpoints and users", ("Endpoint", "RemoveAttributes")),
    ("import and export jobs", ("ImportJob", "ExportJob")),
    ("segments", ("Segment",)),
    ("campaigns", ("Campaign",)),
    ("journeys", ("Journey",)),
    ("events", ("Event",)),
    ("messages", ("SendMessages", "SendUsersMessages", "OTP", "InAppMessages", "PhoneNumber")),
    ("channels", ("Channel",)),
    ("recommenders", ("Recommender",)),
    ("tags", ("Tag", "Resource")),
    ("applications", ("App",)),
)


@cache
def _grouped() -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = {about: [] for about, _ in _ABOUT}
    for name in sorted(pinpoint_model().operation_names):
        about = next((about for about, parts in _ABOUT if any(part in name for part in parts)), None)
        if about is None:
            raise ValueError(f"operation {name} belongs to no group of docs/tables.py")
        groups[about].append(name)
    return groups


def _offered() -> frozenset[str]:
    return frozenset(name for names in MODULES.values() for name in names)
