"""What config refuses before anything is registered."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
from pulumi.runtime import set_all_config

from components import config
from components.config_forms import FORMS
from stacks import keys
from tests.conftest import PROGRAMS


class Model(config.ArchitectureConfig):
    """Any architecture's."""


def test_a_key_that_holds_a_secret_is_refused_without_its_value():
    set_all_config({"engagement:one": '{"enabled": true, "name": "hush-hush"}'}, ["engagement:one"])
    try:
        with pytest.raises(config.ConfigError, match="engagement:one: holds a secret") as raised:
            config.load({"one": Model})
    finally:
        set_all_config({}, [])
    assert "hush-hush" not in str(raised.value)


class Numbers(config.ConfigModel):
    """Fields whose values a shell and YAML write anew."""

    number: str = pydantic.Field(default="", pattern=r"^[0-9a-f]{32}$")
    numbers: tuple[str, ...] = ()


def problems(given: dict[str, object], models: dict | None = None) -> str:
    set_all_config({f"engagement:{key}": json.dumps(value) for key, value in given.items()}, [])
    try:
        with pytest.raises(config.ConfigError) as raised:
            keys.load(models or {"one": Numbers})
    finally:
        set_all_config({}, [])
    return str(raised.value)


@pytest.mark.parametrize("value", [12065550100, 1.2345678901234567e31, True])
def test_a_text_that_came_as_a_number_is_told_with_the_flag_that_keeps_it(value):
    found = problems({"one": {"number": value}})
    assert f"engagement:one.number: given {json.dumps(value)}; allowed: text" in found
    assert "pulumi config set --path --type string engagement:one.number VALUE" in found
    assert "engagement:one.numbers[0]: given" in problems({"one": {"numbers": [value]}})


def test_no_message_shows_a_regular_expression():
    found = problems({"one": {"number": "x"}})
    assert 'engagement:one.number: given "x"; allowed: 32 digits and letters a to f' in found


@pytest.mark.parametrize("key", ["one.number", "one[0]", "project.platform"])
def test_a_path_that_was_set_as_a_key_is_told_with_the_flag_that_makes_it_one(key):
    found = problems({key: "x"})
    assert f"engagement:{key}: no key but a path" in found
    assert f"pulumi config rm engagement:{key}, then pulumi config set --path engagement:{key} VALUE" in found


def test_another_stacks_key_is_told_with_its_stack():
    found = problems({"sesAutoReply": {}, "noKey.atAll": 1})
    assert "engagement:sesAutoReply: a key of stack email and everything, not of this one; allowed: one" in found
    assert "engagement:noKey.atAll: unknown key; allowed: one" in found


def patterns(model: type[pydantic.BaseModel]) -> Iterator[str]:
    """Of all fields of a model, at every depth."""

    def within(annotation: Any) -> Iterator[str]:
        for part in getattr(annotation, "__metadata__", ()):
            yield from (
                each.pattern for each in (part, *getattr(part, "metadata", ())) if getattr(each, "pattern", None)
            )
        for part in getattr(annotation, "__args__", ()):
            yield from within(part)
        if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
            yield from patterns(annotation)

    for field in model.model_fields.values():
        yield from (part.pattern for part in field.metadata if getattr(part, "pattern", None))
        yield from within(field.annotation)


def test_every_pattern_of_every_stacks_config_is_told_in_words():
    models = [model for stack in PROGRAMS.values() for model in stack.MODELS.values()]
    found = {pattern for model in models for pattern in patterns(model)}
    assert len(found) > 20
    assert found == set(FORMS)
    assert not [words for words in FORMS.values() if re.search(r"\\|\^|\[|\{\d", words)]
