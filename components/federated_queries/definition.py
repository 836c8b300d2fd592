"""The state machine of federated segmentation, as Amazon States Language."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.building_blocks import notified_flow as flow
from components.building_blocks import states

TASK_SECONDS = 900
ROUNDS_AT_MOST = 500
"""Calls of one chunk, of up to a quarter of an hour each: bounded by the run's history of 25,000 events."""

START_RETRY: list[dict[str, Any]] = [
    # A query that Athena does not understand gets no better by asking again.
    {"ErrorEquals": ["Athena.InvalidRequestException"], "MaxAttempts": 0},
    *states.RETRY,
]


def segmentation_definition(
    function_arn: pulumi.Input[str],
    topic_arn: pulumi.Input[str],
    workgroup: pulumi.Input[str],
    *,
    database: str | None,
    poll_seconds: int,
    max_polls: int,
    max_query_polls: int,
    max_chunks: int,
) -> Mapping[str, Any]:
    """Notify started, check the input, query, inspect the result, import or update, notify success or failure."""
    result = {"SegmentationResult.$": flow.RESULT, "Input.$": "$.Input"}
    notifications = flow.Notifications(topic_arn, "Federated Segmentation", result)
    given = {"Input.$": "$.Input", "Url.$": "$.Query.Execution.OutputLocation"}

    def task(operation: str, payload: Mapping[str, Any], next_state: str) -> dict[str, Any]:
        return states.invoke(
            function_arn,
            {"operation": operation, **payload},
            next_state,
            result_path="$.Run",
            catch=flow.EXPLAIN,
            timeout_seconds=TASK_SECONDS,
        )

    def judged(next_state: str) -> dict[str, Any]:
        return {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Run.Payload.Status", "StringEquals": "SUCCEEDED", "Next": next_state}],
            "Default": flow.NOTIFY_FAILED,
        }

    return {
        "Comment": "Makes a segment or attributes of a query's result",
        "StartAt": "Begin",
        "States": {
            "Begin": flow.begin("NotifyStarted"),
            "NotifyStarted": notifications.state("started", {"Input.$": "$.Input"}, "CheckInput", catch=flow.EXPLAIN),
            "CheckInput": task("check", {"Input.$": "$.Input"}, "IsInputGood"),
            "IsInputGood": judged("StartQuery"),
            **_query(function_arn, workgroup, database, poll_seconds=poll_seconds, max_polls=max_query_polls),
            "InspectResult": task("inspect", {**given, "Execution.$": "$$.Execution.Name"}, "IsResultGood"),
            "IsResultGood": judged("WhichType"),
            "WhichType": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Run.Payload.Type", "StringEquals": "direct", "Next": "StartImport"}],
                "Default": "UpdateEndpoints",
            },
            "StartImport": task("start", given, "Decide"),
            **flow.polling(
                function_arn,
                done="NotifySucceeded",
                what="the import job",
                poll_seconds=poll_seconds,
                max_polls=max_polls,
            ),
            "UpdateEndpoints": {
                "Type": "Map",
                "ItemsPath": "$.Run.Payload.Chunks",
                "ItemSelector": {"Payload.$": "$$.Map.Item.Value"},
                "MaxConcurrency": max_chunks,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **_chunk(function_arn)},
                "ResultPath": "$.Chunks",
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": flow.EXPLAIN}],
                "Next": "Complete",
            },
            "Complete": task("complete", {"Chunks.$": "$.Chunks"}, "Judge"),
            "Judge": judged("NotifySucceeded"),
            **flow.ending(notifications, result),
        },
    }


def _query(
    function_arn: pulumi.Input[str],
    workgroup: pulumi.Input[str],
    database: str | None,
    *,
    poll_seconds: int,
    max_polls: int,
) -> dict[str, dict[str, Any]]:
    """The states that run the query: `$.Query` is `{"Id", "Execution": {"Status", "OutputLocation"}, "Polls"}`."""
    status = "$.Query.Execution.Status"
    return {
        "StartQuery": states.task(
            states.integration("aws-sdk:athena:startQueryExecution", function_arn),
            {
                "QueryString.$": "$.Input.Query",
                "WorkGroup": workgroup,
                # A start that is tried again finds the query that it started.
                "ClientRequestToken.$": "States.Hash($$.Execution.Id, 'SHA-256')",
                **({"QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": database}} if database else {}),
            },
            "FirstLook",
            result_path="$.Query",
            result_selector={"Id.$": "$.QueryExecutionId", "Polls": 0},
            catch=flow.EXPLAIN,
            retry=START_RETRY,
        ),
        "FirstLook": {"Type": "Wait", "Seconds": 1, "Next": "LookAtQuery"},
        "LookAtQuery": states.task(
            states.integration("aws-sdk:athena:getQueryExecution", function_arn),
            {"QueryExecutionId.$": "$.Query.Id"},
            "IsQueryDone",
            result_path="$.Query.Execution",
            result_selector={
                "Status.$": "$.QueryExecution.Status",
                "OutputLocation.$": "$.QueryExecution.ResultConfiguration.OutputLocation",
            },
            catch=flow.EXPLAIN,
        ),
        "IsQueryDone": {
            "Type": "Choice",
            "Choices": [
                {"Variable": f"{status}.State", "StringEquals": "SUCCEEDED", "Next": "InspectResult"},
                {
                    "And": [
                        {
                            "Or": [
                                {"Variable": f"{status}.State", "StringEquals": state}
                                for state in ("FAILED", "CANCELLED")
                            ]
                        },
                        {"Variable": f"{status}.StateChangeReason", "IsPresent": True},
                    ],
                    "Next": "QueryFailed",
                },
                {"Variable": f"{status}.State", "StringEquals": "FAILED", "Next": "QueryEnded"},
                {"Variable": f"{status}.State", "StringEquals": "CANCELLED", "Next": "QueryEnded"},
                {"Variable": "$.Query.Polls", "NumericGreaterThanEquals": max_polls, "Next": "StopQuery"},
            ],
            "Default": "WaitForQuery",
        },
        "WaitForQuery": {"Type": "Wait", "Seconds": poll_seconds, "Next": "CountLook"},
        "CountLook": {
            "Type": "Pass",
            "Parameters": {"Id.$": "$.Query.Id", "Polls.$": "States.MathAdd($.Query.Polls, 1)"},
            "ResultPath": "$.Query",
            "Next": "LookAtQuery",
        },
        "QueryFailed": _failure("QueryFailed", {"Cause.$": f"{status}.StateChangeReason"}),
        "QueryEnded": _failure("QueryFailed", {"Cause": "Athena ended the query and gave no reason"}),
        "StopQuery": states.task(
            states.integration("aws-sdk:athena:stopQueryExecution", function_arn),
            {"QueryExecutionId.$": "$.Query.Id"},
            "QueryTimedOut",
            result_path=None,
            catch=flow.EXPLAIN,
        ),
        "QueryTimedOut": _failure(
            "TimedOut",
            {"Cause": f"the query had not ended after {max_polls} looks, {poll_seconds} seconds apart; it was stopped"},
        ),
    }


def _failure(error: str, cause: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Type": "Pass",
        "Parameters": {"Payload": {"Result": {"Error": error, "QueryExecutionId.$": "$.Query.Id", **cause}}},
        "ResultPath": "$.Run",
        "Next": flow.NOTIFY_FAILED,
    }


def _chunk(function_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Works off one range of the result, call after call: each goes on where the last one stopped."""
    return {
        "StartAt": "Process",
        "States": {
            "Process": states.invoke(
                function_arn,
                {"operation": "process", "Chunk.$": "$.Payload"},
                "IsDone",
                timeout_seconds=TASK_SECONDS + 30,
            ),
            "IsDone": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Payload.Done", "BooleanEquals": True, "Next": "ChunkDone"},
                    {
                        "Variable": "$.Payload.Rounds",
                        "NumericGreaterThanEquals": ROUNDS_AT_MOST,
                        "Next": "TooManyRounds",
                    },
                ],
                "Default": "Process",
            },
            "ChunkDone": {"Type": "Succeed"},
            "TooManyRounds": {
                "Type": "Fail",
                "Error": "TooManyRounds",
                "Cause": f"a part of the result was not done after {ROUNDS_AT_MOST} calls; a run with fewer rows goes on",
            },
        },
    }
