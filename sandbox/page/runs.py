"""What ran: the latest executions of each state machine, with the states that they went through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_RUNS = 20
"""Of a state machine, the latest."""
EVENTS_A_CALL = 1_000
"""The API's own limit."""


@dataclass
class State:
    """times: how often it was entered. A state of a run that ended is `done` where it was left as often."""

    name: str
    times: int = 0
    left: int = 0

    @property
    def done(self) -> bool:
        return self.left >= self.times


@dataclass
class Execution:
    """An execution. reason: why it failed."""

    machine: str
    name: str
    status: str
    started: str
    seconds: float | None
    states: list[State] = field(default_factory=list)
    reason: str = ""


def executions(stepfunctions: Any) -> tuple[list[Execution], int]:
    """The latest executions of all state machines, the newest first; and how many more there are."""
    found, more = [], 0
    for page in stepfunctions.get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            listed = list(_listed(stepfunctions, machine["stateMachineArn"]))
            more += max(0, len(listed) - MOST_RUNS)
            found += [(run["startDate"], _execution(stepfunctions, machine["name"], run)) for run in listed[:MOST_RUNS]]
    found.sort(key=lambda each: each[0], reverse=True)
    return [execution for _, execution in found], more


def _listed(stepfunctions: Any, arn: str) -> Iterator[dict[str, Any]]:
    for page in stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=arn):
        yield from page["executions"]


def _execution(stepfunctions: Any, machine: str, run: dict[str, Any]) -> Execution:
    stopped = run.get("stopDate")
    found = Execution(
        machine,
        run["name"],
        run["status"],
        run["startDate"].isoformat(sep=" ", timespec="seconds"),
        (stopped - run["startDate"]).total_seconds() if stopped else None,
    )
    states: dict[str, State] = {}
    for event in _history(stepfunctions, run["executionArn"]):
        if entered := event.get("stateEnteredEventDetails"):
            states.setdefault(entered["name"], State(entered["name"])).times += 1
        if exited := event.get("stateExitedEventDetails"):
            states.setdefault(exited["name"], State(exited["name"])).left += 1
        for name in ("executionFailedEventDetails", "executionAbortedEventDetails", "executionTimedOutEventDetails"):
            if told := event.get(name):
                found.reason = ": ".join(filter(None, (told.get("error"), told.get("cause"))))
    found.states = list(states.values())
    return found


def _history(stepfunctions: Any, arn: str) -> Iterator[dict[str, Any]]:
    """All events of an execution, 25,000 at most: how it ended is the last one."""
    paginator = stepfunctions.get_paginator("get_execution_history")
    for page in paginator.paginate(
        executionArn=arn, includeExecutionData=False, PaginationConfig={"PageSize": EVENTS_A_CALL}
    ):
        yield from page["events"]
