"""What moto works out anew for each request, or for each value of one, and that is the same each time: here it is worked out once."""

from __future__ import annotations

import functools
from typing import Any

import moto.core.responses
from moto.core.model import Shape
from moto.core.serialize import AttributePicker, AttributePickerContext, ResponseSerializer
from moto.dynamodb.models.dynamo_type import DynamoType

methods_of = moto.core.responses.method_names_from_class
get_value = ResponseSerializer.get_value
cast_value: Any = vars(DynamoType)["cast_value"].fget
AS_THEY_ARE = frozenset(("S", "B", "BOOL"))
"""Types whose value moto's tables compare as it is."""


@functools.cache
def _methods(of: type, members: int) -> list[str]:
    return methods_of(of)


def methods(of: type) -> list[str]:
    """The methods of a service's class, to which the sandbox adds some when it is installed (sandbox/world/extension.py)."""
    return _methods(of, len(vars(of)))


def cast(value: DynamoType) -> Any:
    """What two attribute values are compared by."""
    return value.value if value.type in AS_THEY_ARE else cast_value(value)


def picked(serializer: ResponseSerializer, value: Any, key: str, shape: Shape) -> Any:
    """A member of an answer, by whichever of the names that it may have in what moto's service gave."""
    picker: Any = serializer._value_picker
    if type(value) is not dict or not isinstance(picker, AttributePicker) or picker.response_transformers:
        return get_value(serializer, value, key, shape)
    known: dict[tuple[type, str], list[str]] = vars(shape).setdefault("names_by_picker", {})
    names = known.get((type(picker), key))
    if names is None:
        names = known[type(picker), key] = _names(serializer, picker, key, shape)
    for name in names:
        if name in value:
            return value[name]
    return None


def _names(serializer: ResponseSerializer, picker: AttributePicker, key: str, shape: Shape) -> list[str]:
    """Of a dict they do not depend on what is in it."""
    model = serializer.operation_model
    return list(picker.get_possible_keys(AttributePickerContext({}, key, shape, model, model.service_model, "")))


def install() -> None:
    moto.core.responses.method_names_from_class = methods
    DynamoType.cast_value = property(cast)  # type: ignore[misc]
    ResponseSerializer.get_value = picked  # type: ignore[method-assign]
