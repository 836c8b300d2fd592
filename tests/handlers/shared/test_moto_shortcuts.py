"""The shortcuts through moto lead where moto's own ways do."""

import itertools

import pytest
from moto.core.model import StructureShape
from moto.core.serialize import SERIALIZERS, AttributePicker, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.dynamodb.models.dynamo_type import DynamoType

from tests.handlers import moto_shortcuts

SERVICES = {"dynamodb": "json", "kinesis": "json", "pinpoint": "rest-json", "sesv2": "rest-json", "sns": "query"}


class Responses:
    def get_app(self): ...


def test_a_method_that_a_class_gets_after_the_first_look_is_found():
    assert "send_messages" not in moto_shortcuts.methods(Responses)
    Responses.send_messages = lambda self: None
    assert {"get_app", "send_messages"} <= set(moto_shortcuts.methods(Responses))


VALUES = [{"S": "a"}, {"S": "b"}, {"N": "1"}, {"N": "1.0"}, {"BOOL": True}, {"BOOL": False}, {"NULL": True}]
VALUES += [{"SS": ["a", "b"]}, {"L": [{"S": "a"}, {"N": "2"}]}, {"M": {"k": {"S": "a"}}}]


@pytest.mark.parametrize("one", VALUES, ids=str)
def test_an_attribute_value_is_compared_by_what_moto_compares_it_by(one):
    value = DynamoType(one)
    assert moto_shortcuts.cast(value) == moto_shortcuts.cast_value(value)


@pytest.mark.parametrize("picker", [AttributePicker, XFormedAttributePicker])
@pytest.mark.parametrize("service", SERVICES)
def test_each_member_of_each_answer_is_found_by_each_name_that_moto_knows_it_by(service, picker):
    model = get_service_model(service)
    looked = 0
    for operation in (model.operation_model(name) for name in model.operation_names):
        serializer = SERIALIZERS[SERVICES[service]](operation_model=operation, value_picker=picker())
        for shape, (key, member) in itertools.islice(_members(operation.output_shape), 200):
            member.parent = shape
            for name in {key, key.lower(), shape.name + key, key.removeprefix(shape.name)}:
                given = {name: 1, "Other": 2}
                assert moto_shortcuts.picked(serializer, given, key, member) == moto_shortcuts.get_value(
                    serializer, given, key, member
                )
                looked += 1
    assert looked > 100


def _members(shape, seen=()):
    if isinstance(shape, StructureShape) and shape.name not in seen:
        for key, member in shape.members.items():
            yield shape, (key, member)
            yield from _members(member, (*seen, shape.name))
    elif shape is not None and shape.type_name == "list":
        yield from _members(shape.member, seen)
