"""What no Pulumi resource covers: a function that is called when the thing is created, changed or deleted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks.function import Function

SETTLING_SECONDS = 120
"""What a function needs at the least: it waits for the rights of its role, which are as new as itself."""


@dataclass(frozen=True)
class CrudInvocationArgs:
    """function: is called with `input` plus `{"tf": {"action": "create"|"update"|"delete", "prev_input": {...}|null}}`.

    Its handler is a `crud_handler` (handlers/shared/crud.py): the call comes right after the policies of its role are
    written, before they are in effect everywhere, and the provider takes "access denied" for the function's last word.
    """

    function: Function
    input: Mapping[str, pulumi.Input[Any]]

    def __post_init__(self) -> None:
        if self.function.timeout_seconds < SETTLING_SECONDS:
            raise ValueError(
                f"the function ends after {self.function.timeout_seconds} s; {SETTLING_SECONDS} s at the least are needed "
                "to wait for the rights of its role"
            )


class CrudInvocation(pulumi.ComponentResource):
    """Calls a function on create, on a changed input, and on delete. `result` is the JSON object that it returned."""

    def __init__(self, name: str, args: CrudInvocationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:CrudInvocation", name, None, opts)
        invocation = aws.lambda_.Invocation(
            f"{name}-invocation",
            function_name=args.function.name,
            input=pulumi.Output.json_dumps(dict(args.input), sort_keys=True),
            lifecycle_scope="CRUD",
            terraform_key="tf",
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.function.ready),
        )
        self.invocation = invocation
        self.result: pulumi.Output[dict[str, Any]] = invocation.result.apply(json.loads)
        self.register_outputs({"result": self.result})
