"""Failed executions of state machines, of the last days; one that was tried again is told by the run that followed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from commands.failures.failure import Failure

DAYS = 14
"""As long as dead letters are kept."""
_STATUSES = ("FAILED", "TIMED_OUT", "ABORTED")
_NOTIFYING = "NotifyFailed"


def name_of_the_next(identity: str) -> str:
    """The name of the run that tries something again: the same each time, so that there is one."""
    return f"again-{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def failed_runs(states: Any, machine: str, *, tried_again: bool) -> Iterator[Failure]:
    """The runs that failed in the last days. tried_again: leave out those that another run followed."""
    oldest = time.time() - DAYS * 24 * 3600
    for status in _STATUSES:
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter=status)
        for page in pages:
            for run in page["executions"]:
                since = run.get("stopDate", run["startDate"]).timestamp()
                if since < oldest or (tried_again and _followed(states, machine, run["executionArn"])):
                    continue
                yield Failure(run["executionArn"], since, "", f"run {run['name']}", details={"status": status})


def looked_into(states: Any, failure: Failure) -> Failure:
    """The run with its input and the reason: what its failure notification said, or what Step Functions did."""
    run = states.describe_execution(executionArn=failure.id)
    failure.data = run.get("input", "")
    failure.reason = _notified(states, failure.id) or f"{run.get('error', run['status'])}: {run.get('cause', '')}"
    return failure


def _notified(states: Any, arn: str) -> str:
    events = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=50)["events"]
    for event in events:
        entered = event.get("stateEnteredEventDetails") or {}
        if entered.get("name") == _NOTIFYING:
            try:
                result = json.loads(entered["input"])["Run"]["Payload"]["Result"]
                return f"{result['Error']}: {result['Cause']}"
            except (ValueError, KeyError, TypeError):
                return ""
    return ""


def _followed(states: Any, machine: str, arn: str) -> bool:
    execution = machine.replace(":stateMachine:", ":execution:")
    try:
        states.describe_execution(executionArn=f"{execution}:{name_of_the_next(arn)}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return False
    return True
