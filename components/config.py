"""Typed config of a stack: every problem of every key in one message, before anything is registered."""

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pulumi
import pydantic
from pulumi.runtime import config as runtime_config
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from components.config_forms import FORMS

NAMESPACE = "engagement"


QUOTED = (
    "needs quotes where it is all digits, a date, true or false: in YAML, and as pulumi config set --path --type string {} "
    "VALUE (what is given without them, Pulumi has written anew: look the value up once more)"
)


class ConfigError(pulumi.RunError):
    """The stack's config is wrong; the message lists every problem. Pulumi shows it without a traceback."""


class ConfigModel(pydantic.BaseModel):
    """What a person writes under a config key: camelCase names, no unknown ones, no coercion of types."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )
    whole: ClassVar[str] = "an object of keys and values"
    """What may be written for all of it."""


class ArchitectureConfig(ConfigModel):
    """Config of one architecture, which is off until it says `enabled: true`."""

    enabled: bool = pydantic.Field(default=False, description="Whether the stack has this architecture.")


def load(
    models: Mapping[str, type[ConfigModel]], owners: Callable[[str], Sequence[str]] = lambda key: ()
) -> dict[str, Any]:
    """Reads and checks the stack's config.

    models: the keys of this stack and what each must look like; an absent key is as good as an empty one. owners: the
    stacks that have a key, for keys that this one has not.
    No key may hold a secret: its value would become plain text in the inputs of resources.
    Returns one model for each key. Raises ConfigError with every problem by key path, value given and what is allowed.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    allowed = sorted(models)
    for key in sorted(set(given_keys()) - set(allowed)):
        problems.append(_unknown(key, allowed, owners))
    config = pulumi.Config(NAMESPACE)
    for key, model in models.items():
        if runtime_config.is_config_secret(f"{NAMESPACE}:{key}"):
            problems.append(
                f"{NAMESPACE}:{key}: holds a secret, which would stand in plain text in the state; allowed: values set without --secret"
            )
            continue
        text = config.get(key)
        try:
            values[key] = model.model_validate_json(text if text is not None else "{}")
        except pydantic.ValidationError as error:
            problems += [_problem(key, model, details) for details in error.errors()]
    if problems:
        raise problems_error(problems)
    return values


def problems_error(problems: Sequence[str]) -> ConfigError:
    """One error with all these problems of the stack's config."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    listing = "".join(f"\n  - {problem}" for problem in problems)
    return ConfigError(f"config of stack {pulumi.get_stack()} has {count}:{listing}")


def given_keys() -> list[str]:
    """The keys of the namespace that the stack's config has."""
    given = runtime_config.CONFIG.get() or runtime_config.get_config_env()
    prefix = f"{NAMESPACE}:"
    return [key.removeprefix(prefix) for key in given if key.startswith(prefix)]


def _unknown(key: str, allowed: list[str], owners: Callable[[str], Sequence[str]]) -> str:
    full = f"{NAMESPACE}:{key}"
    first = re.split(r"[.\[]", key, maxsplit=1)[0]
    if first != key and (first in allowed or owners(first)):
        return (
            f"{full}: no key but a path, which `pulumi config set` takes with --path only: "
            f"pulumi config rm {full}, then pulumi config set --path {full} VALUE"
        )
    if others := owners(key):
        return f"{full}: a key of stack {' and '.join(others)}, not of this one; allowed: {', '.join(allowed)}"
    return f"{full}: unknown key{_meant(key, allowed)}; allowed: {', '.join(allowed)}"


def _meant(given: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(given, allowed, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _problem(key: str, model: type[ConfigModel], details: ErrorDetails) -> str:
    return f"{_path(key, details['loc'])}: {reason(_path(key, details['loc']), model, details)}"


def reason(path: str, model: type[ConfigModel], details: ErrorDetails) -> str:
    """What is wrong with one value and what is allowed. details: one of pydantic's errors, of the value at `path`."""
    location, kind = details["loc"], details["type"]
    if kind == "missing":
        return f"missing; {_described(model, location)}"
    if kind == "json_invalid":
        return f"not {model.whole}"
    if kind == "extra_forbidden":
        names = _names_at(model, location[:-1])
        return f"unknown key{_meant(str(location[-1]), names)}; allowed: {', '.join(names)}"
    given, context = _shown(details["input"]), details.get("ctx", {})
    if kind == "value_error":
        return f"{context['error']}; given: {given}"
    if kind == "string_pattern_mismatch":
        return f"given {given}; allowed: {FORMS[context['pattern']]}"
    allowed = _sentence(details["msg"])
    if kind == "string_type" and isinstance(details["input"], bool | int | float):
        allowed = f"allowed: text, which {QUOTED.format(path)}"
    return f"given {given}; {allowed}"


def _path(key: str, location: tuple[int | str, ...]) -> str:
    path = f"{NAMESPACE}:{key}"
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _sentence(message: str) -> str:
    return message.replace("Input should be", "allowed:").replace("Value error, ", "")


def _model_at(model: type[pydantic.BaseModel], location: tuple[int | str, ...]) -> type[pydantic.BaseModel] | None:
    """The nested model that a location leads to, or None where it leaves the models."""
    current: type[pydantic.BaseModel] = model
    for part in location:
        if isinstance(part, int):
            continue
        field = next((field for field in current.model_fields.values() if field.alias == part), None)
        nested = _nested_model(field.annotation) if field is not None else None
        if nested is None:
            return None
        current = nested
    return current


def _nested_model(annotation: object) -> type[pydantic.BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        nested = _nested_model(argument)
        if nested is not None:
            return nested
    return None


def _names_at(model: type[pydantic.BaseModel], location: tuple[int | str, ...]) -> list[str]:
    at = _model_at(model, location)
    return [] if at is None else [field.alias or name for name, field in at.model_fields.items()]


def _described(model: type[pydantic.BaseModel], location: tuple[int | str, ...]) -> str:
    at = _model_at(model, location[:-1])
    field = None if at is None else next((f for f in at.model_fields.values() if f.alias == location[-1]), None)
    return f"needed: {field.description}" if field is not None and field.description else "needed"
