"""Parts of Amazon States Language with this project's defaults: every task is retried, timed and may be caught."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

import pulumi

RETRY: list[dict[str, Any]] = [
    {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": 2,
        "BackoffRate": 2.0,
        "MaxAttempts": 5,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
]
"""Retries whatever a task throws; a task that meets what cannot get better returns it rather than throwing."""


class TaskOptions(TypedDict, total=False):
    """What else a `task` may be told."""

    catch: str | None
    result_path: str | None
    result_selector: Mapping[str, Any] | None
    timeout_seconds: int
    retry: Sequence[Mapping[str, Any]]


def integration(call: str, beside: pulumi.Input[str]) -> pulumi.Input[str]:
    """The Resource of a task that calls a service, for example `sns:publish`.

    beside: an ARN of the account, whose partition it has too: with another one, States.Runtime ends a run uncaught.
    """
    if isinstance(beside, str):
        return f"arn:{beside.split(':')[1]}:states:::{call}"
    return pulumi.Output.from_input(beside).apply(lambda arn: f"arn:{arn.split(':')[1]}:states:::{call}")


def task(
    resource: pulumi.Input[str],
    parameters: Mapping[str, Any],
    next_state: str | None,
    *,
    catch: str | None = None,
    result_path: str | None = "$",
    result_selector: Mapping[str, Any] | None = None,
    timeout_seconds: int = 60,
    retry: Sequence[Mapping[str, Any]] = RETRY,
) -> dict[str, Any]:
    """A Task state.

    next_state: None ends the machine here. catch: the state that takes over when retries are used up, which finds the
    error at `$.Error`. result_path: None discards the result.
    """
    state: dict[str, Any] = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": dict(parameters),
        "ResultPath": result_path,
        "TimeoutSeconds": timeout_seconds,
        "Retry": [dict(rule) for rule in retry],
    }
    if result_selector is not None:
        state["ResultSelector"] = dict(result_selector)
    if catch is not None:
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": catch}]
    return {**state, "End": True} if next_state is None else {**state, "Next": next_state}


def invoke(
    function_arn: pulumi.Input[str], payload: Mapping[str, Any], next_state: str | None, **options: Unpack[TaskOptions]
) -> dict[str, Any]:
    """A Task state that calls a function; its answer is at `Payload` below the result path. Options are those of `task`."""
    defaults: TaskOptions = {"result_selector": {"Payload.$": "$.Payload"}}
    return task(
        integration("lambda:invoke", function_arn),
        {"FunctionName": function_arn, "Payload": dict(payload)},
        next_state,
        **{**defaults, **options},
    )


def publish(
    topic_arn: pulumi.Input[str],
    subject: str,
    message: Mapping[str, Any],
    notification_type: str,
    next_state: str | None,
    **options: Unpack[TaskOptions],
) -> dict[str, Any]:
    """A Task state that publishes `message` as JSON, with the attribute that subscriptions filter by.

    The state's input goes on unchanged. Options are those of `task`.
    """
    defaults: TaskOptions = {"result_path": None}
    return task(
        integration("sns:publish", topic_arn),
        {
            "TopicArn": topic_arn,
            "Subject": subject,
            "Message": dict(message),
            "MessageAttributes": {"notification_type": {"DataType": "String", "StringValue": notification_type}},
        },
        next_state,
        **{**defaults, **options},
    )
