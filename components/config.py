"""Typed config of a stack: every problem of every key in one message, before anything is registered."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pydantic
from pulumi.runtime import config as runtime_config
from pydantic.alias_generators import to_camel

NAMESPACE = "engagement"


class ConfigError(pulumi.RunError):
    """The stack's config is wrong; the message lists every problem. Pulumi shows it without a traceback."""


class ConfigModel(pydantic.BaseModel):
    """What a person writes under a config key: camelCase names, no unknown ones, no coercion of types."""

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )


class ArchitectureConfig(ConfigModel):
    """Config of one architecture, which is off until it says `enabled: true`."""

    enabled: bool = pydantic.Field(default=False, description="Whether the stack has this architecture.")


def load(models: Mapping[str, type[ConfigModel]]) -> dict[str, Any]:
    """Reads and checks the stack's config.

    models: the keys of this stack and what each must look like; an absent key is as good as an empty one.
    No key may hold a secret: its value would become plain text in the inputs of resources.
    Returns one model for each key. Raises ConfigError with every problem by key path, value given and what is allowed.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    allowed = sorted(models)
    for key in sorted(set(_given_keys()) - set(allowed)):
        problems.append(f"{NAMESPACE}:{key}: unknown key{_meant(key, allowed)}; allowed: {', '.join(allowed)}")
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


def _given_keys() -> list[str]:
    given = runtime_config.CONFIG.get() or runtime_config.get_config_env()
    prefix = f"{NAMESPACE}:"
    return [key.removeprefix(prefix) for key in given if key.startswith(prefix)]


def _meant(given: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(given, allowed, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _problem(key: str, model: type[ConfigModel], details: Any) -> str:
    path = _path(key, details["loc"])
    match details["type"]:
        case "extra_forbidden":
            names = _names_at(model, details["loc"][:-1])
            return f"{path}: unknown key{_meant(str(details['loc'][-1]), names)}; allowed: {', '.join(names)}"
        case "missing":
            return f"{path}: missing; {_described(model, details['loc'])}"
        case "json_invalid":
            return f"{path}: not an object of keys and values"
        case "value_error":
            return f"{path}: {details['ctx']['error']}; given: {_shown(details['input'])}"
        case _:
            return f"{path}: given {_shown(details['input'])}; {_sentence(details['msg'])}"


def _path(key: str, location: tuple[int | str, ...]) -> str:
    path = f"{NAMESPACE}:{key}"
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def _shown(value: Any) -> str:
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


def _nested_model(annotation: Any) -> type[pydantic.BaseModel] | None:
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
