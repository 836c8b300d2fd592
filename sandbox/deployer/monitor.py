"""A monitor for Pulumi's runtime that carries out what a program registers."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from sandbox.deployer.clients import Clients
from sandbox.deployer.hooks import Hooks
from sandbox.deployer.lookups import FailedLookupError, look_up
from sandbox.deployer.resource import Resource
from sandbox.deployer.state import STACK, STACK_REFERENCE, Record, StackState

WRAPPED = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks wrapped values."""

Report = Callable[[str, Record], None]


class StoppedError(Exception):
    """Raised in place of an operation after another one failed: nothing more is started."""


class NoMocks(mocks.Mocks):
    """Stands in for mocks: the monitor answers by itself."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"unexpected call {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise AssertionError(f"unexpected resource {args.name}")


class Monitor(mocks.MockMonitor):
    """Creates, changes and keeps resources as the program registers them; several at a time.

    report: called with what was done (`create`, `update`, `replace`, `same`) to which resource. references: a stack's
    exports by its name. failures: what went wrong, in words; the first one stops the rest.
    """

    def __init__(
        self,
        aws: Clients,
        state: StackState,
        resources: dict[str, Resource],
        references: Callable[[str], dict[str, Any]],
        report: Report,
    ) -> None:
        super().__init__(NoMocks())
        self.failures: list[str] = []
        self.registered: set[str] = set()
        self.exports: dict[str, Any] | None = None
        self.references: set[str] = set()
        self._aws = aws
        self._state = state
        self._types = resources
        self._references = references
        self._report = report
        self._hooks = Hooks()
        self._guard = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        _ensure_event_loop()
        self._claim(urn)
        if not request.custom:
            self._component(urn, request)
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        if self.failures:
            raise StoppedError
        try:
            record = self._carry_out(urn, request)
        except Exception as error:
            reason = str(error) or type(error).__name__
            self.failures.append(f"{request.type} {request.name!r}: {reason}")
            raise
        everything = {**record.inputs, **record.outputs}
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, record.id, everything)
        properties = _sync_await(rpc.serialize_properties(_to_program(everything), {}))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=record.id, object=properties)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        _ensure_event_loop()
        if request.type != STACK_REFERENCE:
            self.failures.append(f"{request.type} {request.name!r}: the sandbox cannot read existing resources of it")
            raise StoppedError
        name = request.id or rpc.deserialize_properties(request.properties)["name"]
        stack = name.rsplit("/", 1)[-1]
        self.references.add(stack)
        self._state.refer(stack)
        outputs = self._references(stack)
        properties = {"name": name, "outputs": outputs, "secretOutputNames": []}
        urn = self.make_urn(request.parent, request.type, request.name)
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, name, properties)
        answer = _sync_await(rpc.serialize_properties(properties, {}))
        return resource_pb2.ReadResourceResponse(urn=urn, properties=answer)

    def RegisterResourceHook(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        self._hooks.register(request)
        return empty_pb2.Empty()

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        if f"::{STACK}::" in request.urn:
            _ensure_event_loop()
            self.exports = plain(rpc.deserialize_properties(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 the name is Pulumi's
        _ensure_event_loop()
        try:
            answer = look_up(self._aws, request.tok)
        except LookupError as error:
            self.failures.append(str(error))
            raise StoppedError from error
        except FailedLookupError as error:
            failure = provider_pb2.CheckFailure(reason=str(error))
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        result = _sync_await(rpc.serialize_properties(answer, {}))
        return resource_pb2.ResourceInvokeResponse(**{"failures": None, "return": result})

    def _claim(self, urn: str) -> None:
        with self._guard:
            if urn in self.registered:
                self.failures.append(f"two resources have the URN {urn}: names must differ within a type and parent")
                raise StoppedError
            self.registered.add(urn)

    def _component(self, urn: str, request: Any) -> None:
        if urn not in self._state.records:
            order = self._state.next_order()
            self._state.put(Record(urn, request.type, request.name, request.parent, False, order))

    def _carry_out(self, urn: str, request: Any) -> Record:
        kind = self._types.get(request.type)
        if kind is None:
            raise LookupError(f"the sandbox does not know this type (it knows {len(self._types)} others)")
        self._hooks.check(request.hooks)
        inputs = plain(rpc.deserialize_properties(request.object))
        before = self._state.records.get(urn)
        retain, protect = bool(request.retainOnDelete), bool(request.protect)
        if before is None:
            return self._create(kind, urn, request, inputs, "create")
        if kind.name_input and not inputs.get(kind.name_input):
            inputs[kind.name_input] = before.inputs[kind.name_input]
        inputs = kind.check(request.name, inputs)
        inputs |= {name: before.inputs[name] for name in request.ignoreChanges if name in before.inputs}
        if inputs == before.inputs:
            if (before.retain, before.protect) != (retain, protect):
                before.retain, before.protect = retain, protect
                self._state.put(before)
            self._report("same", before)
            return before
        if kind.difference(before.inputs, inputs).replacing:
            return self._replace(kind, urn, request, inputs, before)
        self._hooks.before_update(request.hooks.before_update, before, inputs)
        outputs = kind.update(self._aws, before.id, before.inputs, inputs, before.outputs)
        after = Record(**{**vars(before), "inputs": inputs, "outputs": {**before.outputs, **outputs}})
        after.retain, after.protect = retain, protect
        self._state.put(after)
        self._report("update", after)
        return after

    def _replace(self, kind: Resource, urn: str, request: Any, inputs: dict[str, Any], before: Record) -> Record:
        given = plain(rpc.deserialize_properties(request.object))
        if kind.takes_the_place(before.inputs, given):
            kind.delete(self._aws, before.id, before.inputs, before.outputs)
            self._state.remove(before)
        else:
            before.superseded = True
            self._state.supersede(before)
        return self._create(kind, urn, request, given, "replace")

    def _create(self, kind: Resource, urn: str, request: Any, inputs: dict[str, Any], done: str) -> Record:
        inputs = kind.check(request.name, inputs)
        made = kind.create(self._aws, inputs)
        record = Record(
            urn,
            request.type,
            request.name,
            request.parent,
            True,
            self._state.next_order(),
            made.id,
            inputs,
            {**made.outputs, **({"tagsAll": inputs["tags"]} if "tags" in inputs else {})},
            bool(request.protect),
            bool(request.retainOnDelete),
        )
        self._state.put(record)
        self._report(done, record)
        return record


def plain(value: Any) -> Any:
    """Program values as plain JSON: secrets unwrapped, assets and archives by path and digest, whole numbers as ints."""
    if isinstance(value, dict):
        if WRAPPED in value and "value" in value:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, pulumi.FileArchive | pulumi.FileAsset):
        path = Path(value.path).resolve()
        return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        raise TypeError(f"the sandbox takes file archives and file assets, not {type(value).__name__}")
    return value


def _to_program(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs without what the program has itself: archives do not travel back."""
    return {name: value for name, value in outputs.items() if not (isinstance(value, dict) and "sha256" in value)}
