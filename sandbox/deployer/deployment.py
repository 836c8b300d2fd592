"""Bringing one stack up or down, in a process of its own: `python -m sandbox.deployer.deployment`.

Reads a JSON object from standard input (see `Order`) and writes one JSON object per line to standard output:
`{"event": "create"|"update"|"replace"|"delete"|"keep"|"same", "type", "name"}` as it goes, and at the end
`{"event": "done"}` or `{"event": "failed", "message", "explained"}` (explained: by the program itself). What the program prints goes to standard error.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, set_all_config
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from sandbox.deployer.clients import Clients
from sandbox.deployer.monitor import Monitor
from sandbox.deployer.order import Order
from sandbox.deployer.program import run_program
from sandbox.deployer.resource import Resource
from sandbox.deployer.resources import registry
from sandbox.deployer.state import Record, StackState

ORGANIZATION = "organization"


class DeploymentError(Exception):
    """A deployment that did not end well; the message is for a person."""


class ProgramError(DeploymentError):
    """What the program itself has to say about its config or its surroundings."""


class Deployment:
    """One stack's way to what its program says."""

    def __init__(self, order: Order, emit: Callable[[dict[str, Any]], None]) -> None:
        self._order = order
        self._emit = emit
        self._types = registry()
        self._state = StackState(order.state_path)
        self._aws = Clients(order.endpoint, order.region, order.access_key_id, order.secret_access_key, order.endpoints)

    def up(self) -> None:
        """Runs the program, then deletes what it no longer has. Raises DeploymentError."""
        monitor = Monitor(self._aws, self._state, self._types, self._references, self._report)
        try:
            asyncio.run(self._run_program(monitor))
        except pulumi.RunError as error:
            raise ProgramError(str(error)) from error
        except Exception as error:
            if monitor.failures:
                raise DeploymentError(monitor.failures[0]) from error
            raise DeploymentError(_program_fault(error)) from error
        if monitor.failures:
            raise DeploymentError(monitor.failures[0])
        gone = [record for urn, record in self._state.records.items() if urn not in monitor.registered]
        superseded = [record for record in self._state.leftovers if record.superseded]
        for record in sorted([*gone, *superseded], key=lambda record: -record.order):
            if record.protect and not record.superseded:
                raise DeploymentError(f"{record.type} {record.name!r} is protected: unprotect it before removing it")
            self._delete(record, keep_retained=not record.superseded)
        self._state.set_outputs(monitor.exports or {}, monitor.references)

    def down(self) -> None:
        """Deletes all of the stack, what it protects and retains included: nothing may outlive the sandbox."""
        everything = [*self._state.records.values(), *self._state.leftovers]
        for record in sorted(everything, key=lambda record: -record.order):
            self._delete(record, keep_retained=False)
        self._order.state_path.unlink(missing_ok=True)

    async def _run_program(self, monitor: Monitor) -> None:
        program = Path(self._order.program)
        os.chdir(program)
        sys.path.insert(0, str(program))
        # Within the loop: Pulumi ties its root resource to the loop that it finds.
        configure(
            mocks.MockSettings(
                monitor=monitor,
                monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
                engine=mocks.MockEngine(None),
                project=self._order.project,
                stack=self._order.stack,
                dry_run=False,
                organization=ORGANIZATION,
                callbacks=None,
            )
        )
        set_all_config(self._order.config)
        await run_in_stack(lambda: run_program(program / "__main__.py"))

    def _references(self, stack: str) -> dict[str, Any]:
        path = Path(self._order.stacks) / f"{stack}.json"
        return StackState(path).outputs if path.exists() else {}

    def _delete(self, record: Record, keep_retained: bool) -> None:
        if record.custom and record.retain and keep_retained:
            self._state.leave(record)
            self._report("keep", record)
            return
        if record.custom:
            kind: Resource = self._types[record.type]
            try:
                kind.delete(self._aws, record.id, record.inputs, record.outputs)
            except Exception as error:
                raise DeploymentError(f"{record.type} {record.name!r} could not be deleted: {error}") from error
        self._state.remove(record)
        if record.custom:
            self._report("delete", record)

    def _report(self, event: str, record: Record) -> None:
        self._emit({"event": event, "type": record.type, "name": record.name})


def _program_fault(error: Exception) -> str:
    traceback.print_exception(error)
    return f"the program failed: {type(error).__name__}: {error}"


def main() -> int:
    """Reads the order, carries it out, and says how it went."""
    out: IO[str] = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def emit(line: dict[str, Any]) -> None:
        out.write(json.dumps(line) + "\n")

    order = Order(**json.loads(sys.stdin.read()))
    deployment = Deployment(order, emit)
    try:
        deployment.up() if order.action == "up" else deployment.down()
    except DeploymentError as error:
        emit({"event": "failed", "message": str(error), "explained": isinstance(error, ProgramError)})
        return 1
    emit({"event": "done"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
