"""The list of a stack's failure places: where ends what could not be done, and the way back from there.

Each building block that makes such a place lists it here; a stack exports its list as `failurePlaces`, by which the
command `engagement failures` finds them all. A place:

- `name`; `what`: a sentence on what is in it.
- `queueUrl`, or `bucket` and `prefix`, or `stateMachineArn` (its failed executions).
- `redrive`: `by` and what that way needs.
  `queue`: the letters are moved to `queueArn`. `invocation`: `functionName` is called again with an asynchronous call's
  payload. `records`: `functionName` is called with each letter as its one record. `stream`: `functionName` is called with
  the records that a letter points to in the stream. `run`: a run of `stateMachineArn` starts with the letter for its input.
  `input`: a new run with a failed run's input. `streamRecord`, `object`: `functionName` is called with an error object's
  record, or with the object that the error object is about. `delivery`: `functionName` transforms an error object's
  records again, and what it lets through is written below `deliverTo`. `none`: `why` says what to do instead.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

import pulumi

EXPORT = "failurePlaces"
DESCRIPTION = (
    "Dead-letter queues, error objects and failed runs of this stack, and the way back from each: what "
    "`engagement failures` reads."
)
Details = Mapping[str, pulumi.Input[Any]]
Program = Callable[[str], Awaitable[dict[str, Any]]]
_places: ContextVar[list[Details] | None] = ContextVar("places", default=None)


def listed(program: Program) -> Program:
    """Makes a stack's program export the places that its components list."""

    @functools.wraps(program)
    async def listing(environment: str) -> dict[str, Any]:
        places: list[Details] = []
        token = _places.set(places)
        try:
            exports = await program(environment)
        finally:
            _places.reset(token)
        return {**exports, EXPORT: places} if places else exports

    return listing


def _list(name: str, what: str, where: Details, redrive: Details) -> None:
    places = _places.get()
    if places is not None:
        places.append({"name": name, "what": what, **where, "redrive": redrive})


def queue_place(name: str, what: str, url: pulumi.Input[str], redrive: Details) -> None:
    """Lists a queue with what could not be handled."""
    _list(name, what, {"queueUrl": url}, redrive)


def object_place(name: str, what: str, bucket: pulumi.Input[str], prefix: pulumi.Input[str], redrive: Details) -> None:
    """Lists the error objects below a prefix of a bucket."""
    _list(name, what, {"bucket": bucket, "prefix": prefix}, redrive)


def run_place(name: str, what: str, state_machine_arn: pulumi.Input[str], redrive: Details) -> None:
    """Lists a state machine, whose failed executions are what could not be done."""
    _list(name, what, {"stateMachineArn": state_machine_arn}, redrive)


def to_queue(arn: pulumi.Input[str]) -> Details:
    """The way of a queue's dead letters, whoever put them there: back to the queue."""
    return {"by": "queue", "queueArn": arn}


def by_function(by: str, name: pulumi.Input[str]) -> Details:
    """A way through a function: `invocation`, `records`, `stream`, `streamRecord` or `object`."""
    return {"by": by, "functionName": name}


def by_delivery(name: pulumi.Input[str], prefix: str, *, compressed: bool) -> Details:
    """The way of records that a delivery stream's transformation refused, back to where it delivers."""
    return {"by": "delivery", "functionName": name, "deliverTo": prefix, "compressed": compressed}


def by_run(state_machine_arn: pulumi.Input[str]) -> Details:
    """The way of what a schedule could not start."""
    return {"by": "run", "stateMachineArn": state_machine_arn}


def by_input() -> Details:
    """The way of a failed run whose work changes nothing when it is done twice."""
    return {"by": "input"}


def no_way(why: str) -> Details:
    """What is not to be tried again by itself. why: what a person does instead."""
    return {"by": "none", "why": why}
