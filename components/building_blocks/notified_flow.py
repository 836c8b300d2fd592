"""What the state machines that end in a notification have in common, as Amazon States Language.

A run carries `$.Input` (what it was started with), `$.Run.Payload` (the last outcome of a task:
`{"Status", "Polls", "Result"}`, see handlers/shared/outcomes.py) and `$.Error` (what a task threw). Whatever happens,
`$.Run.Payload.Result` is what the notification tells, and a failed run ends in a Fail state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.building_blocks import states

RESULT = "$.Run.Payload.Result"
EXPLAIN = "ExplainError"
NOTIFY_FAILED = "NotifyFailed"

POLLS_AT_MOST = 1500
"""A run's history has 25,000 events at the most; a poll makes about twelve."""


@dataclass(frozen=True)
class Notifications:
    """The topic, and the word that subjects and messages begin with, for example `Import`.

    failure: the failure message's members besides Message, with JSONPath keys.
    """

    topic_arn: pulumi.Input[str]
    words: str
    failure: Mapping[str, Any]

    def state(self, notification_type: str, message: Mapping[str, Any], next_state: str, catch: str) -> dict[str, Any]:
        """A Task state that publishes started, success or failure with the subject of this architecture."""
        ending = {"started": "Started", "success": "Successful", "failure": "Failed"}[notification_type]
        return states.publish(
            self.topic_arn,
            f"Amazon Pinpoint {self.words} {ending}",
            {"Message": f"{self.words} {ending}", **message},
            notification_type,
            next_state,
            catch=catch,
        )


def begin(next_state: str) -> dict[str, Any]:
    """The first state: whatever the input is, even no object, it becomes `$.Input`."""
    return {"Type": "Pass", "Parameters": {"Input.$": "$"}, "Next": next_state}


def started(
    notifications: Notifications, function_arn: pulumi.Input[str], start: str, task_seconds: int
) -> dict[str, dict[str, Any]]:
    """The states Begin, NotifyStarted and `start`: the run is announced, the task is called with it, and `polling` goes on."""
    return {
        "Begin": begin("NotifyStarted"),
        "NotifyStarted": notifications.state("started", {"Input.$": "$.Input"}, start, catch=EXPLAIN),
        start: states.invoke(
            function_arn,
            {"operation": "start", "Input.$": "$.Input"},
            "Decide",
            result_path="$.Run",
            catch=EXPLAIN,
            timeout_seconds=task_seconds,
        ),
    }


def polling(
    function_arn: pulumi.Input[str],
    *,
    done: str,
    what: str,
    poll_seconds: int,
    max_polls: int,
    task_seconds: int = 60,
) -> dict[str, dict[str, Any]]:
    """The states Decide, Wait, Poll and GiveUp: polls until the outcome is SUCCEEDED (goes on at `done`) or FAILED.

    what: names what is waited for in the failure message of a run that is given up. task_seconds: how long a look may take.
    """
    outcome = "$.Run.Payload"
    return {
        "Decide": {
            "Type": "Choice",
            "Choices": [
                {"Variable": f"{outcome}.Status", "StringEquals": "SUCCEEDED", "Next": done},
                {"Variable": f"{outcome}.Status", "StringEquals": "FAILED", "Next": NOTIFY_FAILED},
                {"Variable": f"{outcome}.Polls", "NumericGreaterThanEquals": max_polls, "Next": "GiveUp"},
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": poll_seconds, "Next": "Poll"},
        "Poll": states.invoke(
            function_arn,
            {"operation": "poll", "Run.$": outcome},
            "Decide",
            result_path="$.Run",
            catch=EXPLAIN,
            timeout_seconds=task_seconds,
        ),
        "GiveUp": {
            "Type": "Pass",
            "Parameters": {
                "Error": "TimedOut",
                "Cause": f"{what} had not ended after {max_polls} looks, {poll_seconds} seconds apart",
                "LastResult.$": RESULT,
            },
            "ResultPath": RESULT,
            "Next": NOTIFY_FAILED,
        },
    }


def ending(notifications: Notifications, message: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The states of both ends: NotifySucceeded, which publishes `message`, Succeeded, and those of `failing`."""
    return {
        "NotifySucceeded": notifications.state("success", message, "Succeeded", catch="NotNotified"),
        "Succeeded": {"Type": "Succeed"},
        **failing(notifications),
    }


def failing(notifications: Notifications) -> dict[str, dict[str, Any]]:
    """The states behind every Catch: the thrown error becomes `{"Error", "Cause"}` in plain words, is published, and the
    run fails."""
    return {
        EXPLAIN: {
            "Type": "Choice",
            "Choices": [
                # A function's error is JSON with its message, type and stack; other errors are text already.
                {"Variable": "$.Error.Cause", "StringMatches": '{*"errorMessage"*}', "Next": "ReadCause"}
            ],
            "Default": "KeepCause",
        },
        "ReadCause": {
            "Type": "Pass",
            "Parameters": {"Error.$": "$.Error.Error", "Details.$": "States.StringToJson($.Error.Cause)"},
            "ResultPath": "$.Error",
            "Next": "NameCause",
        },
        "NameCause": {
            "Type": "Pass",
            "Parameters": {
                "Payload": {"Result": {"Error.$": "$.Error.Error", "Cause.$": "$.Error.Details.errorMessage"}}
            },
            "ResultPath": "$.Run",
            "Next": NOTIFY_FAILED,
        },
        "KeepCause": {
            "Type": "Pass",
            "Parameters": {"Payload": {"Result": {"Error.$": "$.Error.Error", "Cause.$": "$.Error.Cause"}}},
            "ResultPath": "$.Run",
            "Next": NOTIFY_FAILED,
        },
        NOTIFY_FAILED: notifications.state("failure", notifications.failure, "Failed", catch="NotNotified"),
        "Failed": {
            "Type": "Fail",
            "Error": f"{notifications.words.replace(' ', '')}Failed",
            "Cause": "The failure notification, which is the input of NotifyFailed, says what was wrong",
        },
        "NotNotified": {
            "Type": "Fail",
            "Error": "NotificationFailed",
            "Cause": "The notification could not be published: see the last task of the history",
        },
    }
