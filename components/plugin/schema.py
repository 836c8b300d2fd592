"""The package's schema, made of the config models: what `pulumi package add` makes SDKs of.

Pulumi's own inference (pulumi.provider.experimental) reads annotations and knows neither literals nor tuples, defaults or
pydantic's descriptions. The format: https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import pydantic
from pydantic.fields import FieldInfo

from components.engagement.project import ProjectDescription
from components.plugin.offered import OFFERS, Offer

PACKAGE = "engagement"
PROJECT = "Project"
LANGUAGES = ("nodejs", "python", "csharp", "java", "go")
SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}
SWITCH = "enabled"
"""Of config files: a resource that a program makes is on."""

Spec = dict[str, Any]


def token(name: str) -> str:
    """The type of a resource, or of an object."""
    return f"{PACKAGE}:index:{name}"


def schema(version: str) -> Spec:
    """The package's whole schema."""
    made = _Types()
    resources = {token(name): _resource(name, offer, made) for name, offer in OFFERS.items()}
    return {
        "name": PACKAGE,
        "version": version,
        "displayName": "Customer engagement",
        "description": "Seventeen customer-engagement architectures for your own AWS account",
        "license": "MIT-0",
        "language": {language: {"respectSchemaVersion": True} for language in LANGUAGES},
        "resources": resources,
        "types": made.types,
    }


def config_fields(model: type[pydantic.BaseModel]) -> Mapping[str, FieldInfo]:
    """A model's fields by the names that people write, without the switch."""
    named = {field.alias or name: field for name, field in model.model_fields.items()}
    return {name: field for name, field in named.items() if name != SWITCH}


def _resource(name: str, offer: Offer, made: "_Types") -> Spec:
    inputs = {key: made.field(name, key, field) for key, field in config_fields(offer.config).items()}
    required = [key for key, field in config_fields(offer.config).items() if field.is_required()]
    inputs |= {key: {"type": "string", "description": text} for key, text in offer.wired.items()}
    required += list(offer.wired)
    if offer.takes_project:
        inputs["project"] = {
            **made.project(),
            "description": "The engagement project: output `project` of EngagementProject or EngagementProjectReference.",
        }
        required.append("project")
    outputs: Spec = {key: _output(text, is_list=key in offer.lists) for key, text in offer.outputs.items()}
    if offer.is_project():
        outputs["project"] = {**made.project(), "description": "What the architectures take as their `project`."}
    return {
        "isComponent": True,
        "description": offer.description,
        "inputProperties": inputs,
        "requiredInputs": sorted(required),
        "properties": outputs,
        "required": sorted(outputs),
    }


def _output(text: str, *, is_list: bool) -> Spec:
    kind: Spec = {"type": "array", "items": {"type": "string"}} if is_list else {"type": "string"}
    return {**kind, "description": text}


class _Types:
    """The objects and enumerations that resources' properties are made of."""

    def __init__(self) -> None:
        self.types: dict[str, Spec] = {}
        self._models: dict[str, type[pydantic.BaseModel]] = {}

    def field(self, owner: str, key: str, field: FieldInfo) -> Spec:
        """A property whose value the program must know while it runs, as all config."""
        name = f"{owner}{key[0].upper()}{key[1:]}"
        return {**self._kind(field.annotation, name), "description": _text(field), "plain": True}

    def project(self) -> Spec:
        """A reference to the project's type; its members may be outputs."""
        if token(PROJECT) not in self.types:
            names = [_camel(field.name) for field in fields(ProjectDescription)]
            members: Spec = {name: {"type": "string"} for name in names}
            members["jobRoleArns"] = {"type": "array", "items": {"type": "string"}}
            members["layerArn"] = {"type": "string", "description": "The functions' layer; without it, one is made."}
            self.types[token(PROJECT)] = {
                "type": "object",
                "description": "All that an architecture needs to know of an engagement project.",
                "properties": members,
                "required": sorted(
                    _camel(field.name) for field in fields(ProjectDescription) if field.default is MISSING
                ),
            }
        return {"$ref": f"#/types/{token(PROJECT)}"}

    def _kind(self, annotation: object, name: str) -> Spec:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self._kind(arguments[0], name)
        if origin in (typing.Union, types.UnionType):
            kinds = [self._kind(each, name) for each in arguments if each is not type(None)]
            return kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
        if origin is typing.Literal:
            return self._literal(arguments, name)
        if origin in (list, tuple):
            return {"type": "array", "items": self._kind(arguments[0], name)}
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self._kind(arguments[1], name)}
        return self._class(annotation, name)

    def _class(self, annotation: object, name: str) -> Spec:
        if annotation in SIMPLE:
            return {"type": SIMPLE[annotation]}
        if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
            return self._model(annotation)
        raise TypeError(f"{name}: a schema has no type for {annotation}")

    def _literal(self, values: tuple[str, ...], name: str) -> Spec:
        if len(values) == 1:
            return {"type": "string"}
        listed = [{"name": _pascal(value), "value": value} for value in values]
        self._add(name, {"type": "string", "enum": listed})
        return {"$ref": f"#/types/{token(name)}"}

    def _model(self, model: type[pydantic.BaseModel]) -> Spec:
        name = model.__name__
        if self._models.setdefault(name, model) is not model:
            raise TypeError(f"{name} is the name of two models, {model.__module__} and {self._models[name].__module__}")
        if token(name) not in self.types:
            named = config_fields(model)
            self.types[token(name)] = {}
            self.types[token(name)] = {
                "type": "object",
                "description": (model.__doc__ or "").split("\n\n")[0],
                "properties": {
                    key: self.field(name.removesuffix("Config"), key, field) for key, field in named.items()
                },
                "required": sorted(key for key, field in named.items() if field.is_required()),
            }
        return {"$ref": f"#/types/{token(name)}"}

    def _add(self, name: str, spec: Spec) -> None:
        if self.types.setdefault(token(name), spec) != spec:
            raise TypeError(f"{name} is the name of two enumerations")


def _text(field: FieldInfo) -> str:
    """What the config's page says of it, with the default."""
    default = field.get_default(call_default_factory=False)
    simple = isinstance(default, str | int | float | bool) and default != ""
    return f"{field.description} Default: `{default}`." if simple else field.description or ""


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _pascal(value: str) -> str:
    return "".join(part[0].upper() + part[1:].lower() for part in value.replace("-", "_").split("_"))
