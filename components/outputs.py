"""What a component hands to others: each output's name, what it is, and what a stack exports it as, in one place."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, overload

import pulumi
from pydantic.alias_generators import to_camel

Value = TypeVar("Value")
KEY = "{architecture}"


class Declared(Generic[Value]):
    """An output, declared in the component's class: what is set in `__init__` is read as a `pulumi.Output`.

    description: what it is. export: what a stack with one such component exports it as, without which it bears the output's name;
    None: no stack exports it. `{architecture}` in both stands for the component's config key.
    """

    def __init__(self, description: str, *, export: str | None = "") -> None:
        self.attribute = ""
        self._description, self._export = description, export

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Declared[Value]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> pulumi.Output[Value]: ...
    def __get__(self, instance: object | None, owner: type) -> "Declared[Value] | pulumi.Output[Value]":
        if instance is None:
            return self
        if self.attribute not in vars(instance):
            raise AttributeError(f"{owner.__name__}.{self.attribute} is an output that __init__ has not set")
        return vars(instance)[self.attribute]

    def __set__(self, instance: object, value: pulumi.Input[Value]) -> None:
        vars(instance)[self.attribute] = pulumi.Output.from_input(value)

    @property
    def name(self) -> str:
        """The output's name: `import_role_arn` is `importRoleArn`."""
        return to_camel(self.attribute)

    def description(self, architecture: str = "") -> str:
        """What it is, of the component with this config key."""
        return self._description.replace(KEY, architecture)

    def export(self, architecture: str = "") -> str | None:
        """What a stack exports it as; None: it does not."""
        return None if self._export is None else (self._export or self.name).replace(KEY, architecture)


class Component(pulumi.ComponentResource):
    """A component whose outputs are declared in its class. Its `__init__` sets them all, and ends with `register`."""

    architecture: ClassVar[str] = ""
    """The config key, where its outputs' texts or exports have it in them."""

    @classmethod
    def declared(cls) -> Mapping[str, Declared[Any]]:
        """Its outputs by their names, in the order of their declaration."""
        found = [value for base in reversed(cls.__mro__) for value in vars(base).values()]
        return {value.name: value for value in found if isinstance(value, Declared)}

    @classmethod
    def described(cls) -> dict[str, str]:
        """What each output is, by its name."""
        return {name: output.description(cls.architecture) for name, output in cls.declared().items()}

    @classmethod
    def exported(cls) -> dict[str, str]:
        """What each of a stack's exports is, by the export's name."""
        outputs = cls.declared().values()
        names = [(output.export(cls.architecture), output) for output in outputs]
        return {export: output.description(cls.architecture) for export, output in names if export is not None}

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """The values, by the outputs' names. Raises AttributeError where one was not set."""
        return {name: getattr(self, output.attribute) for name, output in self.declared().items()}

    def exports(self) -> dict[str, pulumi.Output[Any]]:
        """The values, by the exports' names. Raises AttributeError where one was not set."""
        values = self.outputs()
        names = [(output.export(self.architecture), name) for name, output in self.declared().items()]
        return {export: values[name] for export, name in names if export is not None}

    def register(self) -> None:
        """Tells Pulumi that the component is made, and its outputs."""
        self.register_outputs(self.outputs())
