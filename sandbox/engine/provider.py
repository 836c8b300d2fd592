"""An AWS provider for Pulumi's engine that creates in the sandbox what the sandbox's own deployer creates, by the same code.

Inputs are checked against what pulumi-aws declares and against what the deployer carries out. The embedded AWS is where
the SDK's own settings say (AWS_ENDPOINT_URL and the like): `sandbox pulumi` sets them.
"""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.deployer.clients import Clients
from sandbox.deployer.lookups import look_up
from sandbox.deployer.resource import Difference, Resource
from sandbox.deployer.resources import registry
from sandbox.engine import declared, values
from sandbox.engine.serving import serve
from sandbox.servers import WORLD_SERVICES

Message = Any
REGION = "us-east-1"
UPDATE = provider_pb2.PropertyDiff.UPDATE
REPLACE = provider_pb2.PropertyDiff.UPDATE_REPLACE


def _readable(call: Callable[..., Message]) -> Callable[..., Message]:
    """What goes wrong in a call is an error of one line."""

    @functools.wraps(call)
    def answer(self: Any, request: Message, context: grpc.ServicerContext) -> Message:
        try:
            return call(self, request, context)
        except Exception as error:  # noqa: BLE001 whatever it is, the engine shows it to a person
            context.abort(grpc.StatusCode.UNKNOWN, str(error) or type(error).__name__)

    return answer


def clients(environment: Mapping[str, str], region: str) -> Clients:
    """Clients of the embedded AWS. Raises LookupError without the address: this provider must never reach AWS itself."""
    if not environment.get("AWS_ENDPOINT_URL"):
        raise LookupError(
            "AWS_ENDPOINT_URL is not set: the sandbox's provider works on a sandbox only (sandbox pulumi)"
        )
    variables = {service: f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}" for service in WORLD_SERVICES}
    endpoints = {service: environment[name] for service, name in variables.items() if name in environment}
    keys = (environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", ""))
    return Clients(environment["AWS_ENDPOINT_URL"], region, *keys, endpoints)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol over the deployer's resource types."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._types = registry()
        self._aws: Clients

    def Attach(self, request: Message, context: Any) -> Message:  # noqa: N802 the names are Pulumi's
        return empty_pb2.Empty()  # of an engine that finds a running provider in PULUMI_DEBUG_PROVIDERS

    @_readable
    def CheckConfig(self, request: Message, context: Any) -> Message:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    @_readable
    def DiffConfig(self, request: Message, context: Any) -> Message:  # noqa: N802
        same = request.olds == request.news
        return provider_pb2.DiffResponse(changes=_changes(some=not same))

    @_readable
    def Configure(self, request: Message, context: Any) -> Message:  # noqa: N802
        settings = values.plain(values.raw(request.args))
        region = settings.get("region") or self._environment.get("AWS_REGION") or REGION
        self._aws = clients(self._environment, region)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_readable
    def GetPluginInfo(self, request: Message, context: Any) -> Message:  # noqa: N802
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-aws"))

    @_readable
    def Invoke(self, request: Message, context: Any) -> Message:  # noqa: N802
        answer = values.struct(look_up(self._aws, request.tok))
        return provider_pb2.InvokeResponse(**{"return": answer, "failures": None})

    @_readable
    def Check(self, request: Message, context: Any) -> Message:  # noqa: N802
        given = values.raw(request.news)
        if wrong := list(declared.problems(_token(request.urn), given)):
            failures = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in wrong]
            return provider_pb2.CheckResponse(failures=failures)
        kind, inputs = self._kind(request.urn), values.plain(given)
        before = values.raw(request.olds)
        name = kind.name_input
        chosen = [name] if name and not inputs.get(name) else []
        if chosen and name in before.get(values.DEFAULTS, ()):
            inputs[name] = before[name]
        checked = kind.check(request.urn.rpartition("::")[2], inputs)
        complete = {**given, **({name: checked[name]} if chosen else {}), values.DEFAULTS: chosen}
        return provider_pb2.CheckResponse(inputs=values.struct(complete))

    @_readable
    def Diff(self, request: Message, context: Any) -> Message:  # noqa: N802
        old, new = values.raw(request.old_inputs), values.raw(request.news)
        kind = self._kind(request.urn)
        found = kind.difference(values.comparable(values.plain(old)), values.comparable(values.plain(new)))
        return provider_pb2.DiffResponse(
            changes=_changes(some=bool(found.changed)),
            diffs=sorted(found.changed),
            replaces=sorted(found.replacing),
            hasDetailedDiff=True,
            detailedDiff=_detailed(found),
            deleteBeforeReplace=bool(found.replacing) and not new.get(values.DEFAULTS),
        )

    @_readable
    def Create(self, request: Message, context: Any) -> Message:  # noqa: N802
        given = values.raw(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=values.struct(given))
        made = self._kind(request.urn).create(self._aws, values.plain(given))
        return provider_pb2.CreateResponse(id=made.id, properties=_outputs(given, made.outputs))

    @_readable
    def Update(self, request: Message, context: Any) -> Message:  # noqa: N802
        kind, given = self._kind(request.urn), values.raw(request.news)
        before = values.raw(request.olds)
        old = values.raw(request.old_inputs)
        kept = {name: value for name, value in before.items() if name not in old}
        if request.preview:
            changed = dict.fromkeys(kind.changing, values.UNKNOWN)
        else:
            changed = kind.update(self._aws, request.id, values.plain(old), values.plain(given), values.plain(before))
        return provider_pb2.UpdateResponse(properties=_outputs(given, {**kept, **changed}))

    @_readable
    def Delete(self, request: Message, context: Any) -> Message:  # noqa: N802
        inputs, outputs = values.plain(values.raw(request.old_inputs)), values.plain(values.raw(request.properties))
        kind = self._kind(request.urn)
        if refusal := kind.refusal(self._aws, request.id, inputs):
            raise PermissionError(refusal)
        kind.delete(self._aws, request.id, inputs, outputs)
        return empty_pb2.Empty()

    @_readable
    def Read(self, request: Message, context: Any) -> Message:  # noqa: N802
        raise LookupError("the sandbox's provider does not read resources back: no refresh and no import here")

    def Cancel(self, request: Message, context: Any) -> Message:  # noqa: N802
        return empty_pb2.Empty()

    def _kind(self, urn: str) -> Resource:
        token = _token(urn)
        if token not in self._types:
            raise LookupError(f"{token}: the sandbox does not know this type (it knows {len(self._types)} others)")
        return self._types[token]


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _changes(*, some: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _detailed(found: Difference) -> dict[str, Any]:
    return {
        name: provider_pb2.PropertyDiff(kind=REPLACE if name in found.replacing else UPDATE, inputDiff=True)
        for name in found.changed
    }


def _outputs(given: dict[str, Any], outputs: dict[str, Any]) -> Any:
    """The properties that the program sees: its own, and what the creation or the change gave."""
    own = {name: value for name, value in given.items() if name != values.DEFAULTS}
    return values.struct({**own, **outputs, **({"tagsAll": given["tags"]} if "tags" in given else {})})


def main() -> None:
    """Serves until the engine ends it."""
    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(os.environ), server))


if __name__ == "__main__":
    sys.exit(main())
