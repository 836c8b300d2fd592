"""How one type of resource is created, changed and deleted.

Inputs and outputs are the AWS provider's own (camelCase, plain JSON; an archive or asset is
`{"path": absolute path, "sha256": hex}`), so that a Pulumi provider server could serve the same classes.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from sandbox.deployer.clients import Clients

Inputs = dict[str, Any]
Outputs = dict[str, Any]


class UnknownInputError(Exception):
    """An input property that the sandbox does not carry out: leaving it out would be another resource."""


@dataclass(frozen=True)
class Created:
    """What a creation gives: the id by which the provider knows the resource, and its outputs beside its inputs."""

    id: str
    outputs: Outputs


@dataclass(frozen=True)
class Difference:
    """Inputs that differ, and those of them that cannot be changed in place."""

    changed: frozenset[str]
    replacing: frozenset[str]


class Resource:
    """A type of resource. Subclasses say which inputs they carry out; any other is an error.

    name_input: the input that names it; when it is absent the name is made as Pulumi's engine makes it (logical name,
    `-`, seven hex digits). name_limit: AWS's limit on that name. replace_on: inputs that cannot be changed in place
    (the name input is one of them). changing: outputs that an update may change. `tags` are changed in place by `arn`
    in the outputs.
    """

    pulumi_type: ClassVar[str]
    inputs: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]] = frozenset()
    replace_on: ClassVar[frozenset[str]] = frozenset()
    changing: ClassVar[frozenset[str]] = frozenset()
    name_input: ClassVar[str] = ""
    name_limit: ClassVar[int] = 64

    def check(self, name: str, inputs: Inputs) -> Inputs:
        """Completes the inputs of a new resource with its name. Raises UnknownInputError, ValueError."""
        unknown = sorted(set(inputs) - self.inputs - {"tagsAll", "region", self.prefix_input})
        if unknown:
            raise UnknownInputError(
                f"the sandbox does not know its {_listed(unknown)} (it knows {sorted(self.inputs)})"
            )
        missing = sorted(self.required - set(inputs))
        if missing:
            raise ValueError(f"{_listed(missing)} missing")
        if self.name_input and not inputs.get(self.name_input):
            return {**inputs, self.name_input: self.auto_name(name, inputs)}
        return inputs

    @property
    def prefix_input(self) -> str:
        """The input that begins its name, where the provider ends it: `namePrefix` beside `name`."""
        return f"{self.name_input}Prefix" if self.name_input else ""

    @property
    def replacing(self) -> frozenset[str]:
        """The inputs that cannot be changed in place."""
        return self.replace_on | {self.name_input, self.prefix_input}

    def difference(self, old: Inputs, new: Inputs) -> Difference:
        """What differs between the inputs that it has and those that it is to have."""
        changed = frozenset(name for name in {*old, *new} if old.get(name) != new.get(name))
        return Difference(changed, changed & self.replacing)

    def takes_the_place(self, old: Inputs, given: Inputs) -> bool:
        """Whether a replacement has the name of what it replaces, which must go first then."""
        return bool(self.name_input) and given.get(self.name_input) == old.get(self.name_input)

    def auto_name(self, name: str, inputs: Inputs) -> str:
        """A name as Pulumi's engine makes it, or the provider after a prefix. Raises ValueError when it is too long."""
        prefix = inputs.get(self.prefix_input)
        made = f"{prefix}{secrets.token_hex(13)}" if prefix else f"{name}-{secrets.token_hex(4)[:7]}"
        if len(made) > self.name_limit:
            raise ValueError(f"name {made!r} has {len(made)} characters, at most {self.name_limit} are allowed")
        return made

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        """Creates it."""
        raise NotImplementedError

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        """Changes it in place, and returns the outputs that changed."""
        raise NotImplementedError

    def refusal(self, aws: Clients, id: str, inputs: Inputs) -> str:
        """Why AWS or its provider would not delete it, though the sandbox's own deployer does; empty: nothing is against it."""
        return ""

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        """Deletes it, with what it holds. One that is already gone is fine."""
        raise NotImplementedError


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def pascal(value: Any, special: Mapping[str, str] | None = None) -> Any:
    """Turns the provider's camelCase keys into the API's PascalCase ones, at every depth."""
    special = special or {}
    if isinstance(value, dict):
        return {special.get(key, key[:1].upper() + key[1:]): pascal(item, special) for key, item in value.items()}
    if isinstance(value, list):
        return [pascal(item, special) for item in value]
    return value


def chosen(inputs: Inputs, **names: str) -> dict[str, Any]:
    """API parameters from inputs that are there: API name = input name; nested keys in PascalCase."""
    return {api: pascal(inputs[name]) for api, name in names.items() if inputs.get(name) is not None}


def tag_list(inputs: Inputs) -> list[dict[str, str]]:
    """The tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


def content(asset: Mapping[str, Any]) -> bytes:
    """The bytes of an archive or asset."""
    return Path(asset["path"]).read_bytes()


def update_tags(aws: Clients, arn: str, old: Inputs, new: Inputs) -> None:
    """Makes the resource's tags what the new inputs say."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    tagging = aws("resourcegroupstaggingapi")
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    if changed:
        tagging.tag_resources(ResourceARNList=[arn], Tags=changed)
    if removed := sorted(set(before) - set(after)):
        tagging.untag_resources(ResourceARNList=[arn], TagKeys=removed)


GONE = re.compile(r"NoSuch|NotFound|NonExist|DoesNotExist|ResourceNotFound|^404$")


def unless_gone(call: Callable[..., Any], **arguments: Any) -> None:
    """Calls a deletion; that the thing no longer exists is fine."""
    try:
        call(**arguments)
    except ClientError as error:
        if not GONE.search(error.response["Error"]["Code"]):
            raise
