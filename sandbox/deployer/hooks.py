"""The resource hooks that a program registers: functions of its own that may refuse a change before it is made."""

from collections.abc import Sequence
from typing import Any

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from sandbox.deployer.state import Record


class RefusedError(Exception):
    """What a hook says against a change."""


class Hooks:
    """By their names. Those that come before an update are called; all others raise, since nothing here would call them."""

    def __init__(self) -> None:
        self._callbacks: dict[str, callback_pb2.Callback] = {}

    def register(self, request: resource_pb2.RegisterResourceHookRequest) -> None:
        self._callbacks[request.name] = request.callback

    def check(self, asked: resource_pb2.RegisterResourceRequest.ResourceHooksBinding) -> None:
        """Raises LookupError for a hook that would not be called."""
        others = [field.name for field, _ in asked.ListFields() if field.name != "before_update"]
        if others:
            raise LookupError(f"the sandbox calls hooks before_update alone, not {', '.join(others)}")

    def before_update(self, names: Sequence[str], before: Record, inputs: dict[str, Any]) -> None:
        """Raises RefusedError with what a hook says."""
        change = resource_pb2.ResourceHookRequest(urn=before.urn, id=before.id, name=before.name, type=before.type)
        change.old_inputs.update(before.inputs)
        change.new_inputs.update(inputs)
        for name in names:
            callback = self._callbacks[name]
            with grpc.insecure_channel(callback.target) as channel:
                answer = callback_pb2_grpc.CallbacksStub(channel).Invoke(
                    callback_pb2.CallbackInvokeRequest(token=callback.token, request=change.SerializeToString())
                )
            if error := resource_pb2.ResourceHookResponse.FromString(answer.response).error:
                raise RefusedError(error)
