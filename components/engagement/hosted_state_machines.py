"""The state machines of the hosted engagement service, as Amazon States Language documents.

Pure functions: a function's ARN and a concurrency in, a definition (a dict that serialises to JSON) out. All three share one
shape: plan the work in chunks, work the chunks off in a distributed map, complete. A chunk's step returns a cursor before its
deadline and is called again with it until it is done, so no chunk has to fit into one invocation.

A machine fails only when the service itself is broken. A job or a run that ends badly for a reason that its record names (an empty
file, a deleted segment) ends its execution normally.
"""

from typing import Any

from components.building_blocks.states import integration

TASK_TIMEOUT_SECONDS = 960  # above the functions' own 900 s, so that a retry never overlaps a call that still runs
LAMBDA_CAPACITY_ERRORS = ["Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.SdkClientException"]
NEXT_RUN_EXISTS = "StepFunctions.ExecutionAlreadyExistsException"

JOB_CONTEXT = {"ApplicationId.$": "$.ApplicationId", "JobId.$": "$.JobId"}
RUN_CONTEXT = {
    "ApplicationId.$": "$.ApplicationId",
    "CampaignId.$": "$.CampaignId",
    "Version.$": "$.Version",
    "Run.$": "$.Run",
}


COMPLETION = {f"{name}.$": f"$.Payload.{name}" for name in ("Action", "Next", "Cursor", "Missing")}
"""What planning and completing a campaign's run answer."""


def import_definition(function_arn: str, concurrency: int) -> dict[str, Any]:
    """The import job's machine. Input: `{"ApplicationId", "JobId"}`. `concurrency`: chunks worked off at a time."""
    return _job_definition("Imports a file, or all files under a prefix, chunk by chunk.", function_arn, concurrency)


def export_definition(function_arn: str, concurrency: int) -> dict[str, Any]:
    """The export job's machine. Input: `{"ApplicationId", "JobId", "Job"}`, the job as it was created. `concurrency`: chunks worked off at a time."""
    return _job_definition("Exports endpoints as gzip JSON lines, shard by shard.", function_arn, concurrency)


def campaign_definition(function_arn: str, concurrency: int) -> dict[str, Any]:
    """One run of a campaign, which at its end starts the execution of the next run of a recurring one.

    Input: `{"ApplicationId", "CampaignId", "Version", "StartTime", "Run"}`; StartTime is an ISO time or `now`; `Resume`, an ISO time, where
    a run that ended is taken up again. Fails where people are missing at the end.
    Each run is an execution of its own: neither the history limit nor the year that an execution may last bounds a campaign.
    """
    states: dict[str, Any] = {
        "StartsNow": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.StartTime", "StringEquals": "now", "Next": "Plan"}],
            "Default": "WaitForStart",
        },
        "WaitForStart": {"Type": "Wait", "TimestampPath": "$.StartTime", "Next": "Plan"},
        "Plan": _invoke(
            function_arn,
            {"operation": "plan", **RUN_CONTEXT, "Execution.$": "$$.Execution.Input"},
            selector={"Chunks.$": "$.Payload.Chunks", **COMPLETION},
            result_path="$.Plan",
            after="WhatToDo",
        ),
        "WhatToDo": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.Plan.Action", "StringEquals": "RUN", "Next": "Send"},
                {"Variable": "$.Plan.Action", "StringEquals": "NEXT", "Next": "StartNextRun"},
            ],
            "Default": "Finished",
        },
        "Send": _chunks(function_arn, RUN_CONTEXT, concurrency, after="Complete", waits=True),
        "Complete": _invoke(
            function_arn,
            {
                "operation": "complete",
                **RUN_CONTEXT,
                "Execution.$": "$$.Execution.Input",
                "Cursor.$": "$.Plan.Cursor",
            },
            selector=COMPLETION,
            result_path="$.Plan",
            after="WhatNext",
        ),
        "WhatNext": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.Plan.Action", "StringEquals": "AGAIN", "Next": "Complete"},
                {"Variable": "$.Plan.Action", "StringEquals": "NEXT", "Next": "StartNextRun"},
            ],
            "Default": "IsEverybodyReached",
        },
        "StartNextRun": {
            "Type": "Task",
            "Resource": integration("states:startExecution", function_arn),
            "Parameters": {
                "StateMachineArn.$": "$$.StateMachine.Id",
                "Name.$": "States.Format('{}-{}-{}', $.CampaignId, $.Version, $.Plan.Next.Run)",
                "Input.$": "$.Plan.Next",
            },
            "ResultPath": "$.Started",
            # A retried step finds the run that its first attempt started.
            "Retry": [{"ErrorEquals": [NEXT_RUN_EXISTS], "MaxAttempts": 0}, *_retry()],
            "Catch": [
                {"ErrorEquals": [NEXT_RUN_EXISTS], "ResultPath": "$.Started", "Next": "IsEverybodyReached"},
                *_catch(),
            ],
            "Next": "IsEverybodyReached",
        },
        "IsEverybodyReached": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Plan.Missing", "NumericGreaterThan": 0, "Next": "PeopleMissing"}],
            "Default": "Finished",
        },
        "PeopleMissing": {
            "Type": "Fail",
            "Error": "PeopleMissing",
            "Cause": "Some people have not got their message yet; the run's activities count them by reason. "
            "`engagement campaign resume` sends to them, and to nobody twice.",
        },
        "Finished": {"Type": "Succeed"},
        **_failure(function_arn, RUN_CONTEXT, "The run's activities say why."),
    }
    return {"Comment": "One run of a campaign.", "StartAt": "StartsNow", "States": states}


def deletion_definition(function_arn: str) -> dict[str, Any]:
    """The deletion of an imported segment. Input: `{"ApplicationId", "SegmentId", "Versions"}`.

    A step returns a cursor before its deadline and is called again with it until it is done.
    """
    context = {"ApplicationId.$": "$.ApplicationId", "SegmentId.$": "$.SegmentId", "Versions.$": "$.Versions"}
    delete = _invoke(
        function_arn,
        {**context, "Cursor.$": "$.Progress.Cursor"},
        selector={"Done.$": "$.Payload.Done", "Cursor.$": "$.Payload.Cursor"},
        result_path="$.Progress",
        after="IsDone",
    )
    delete["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "Failed"}]
    states: dict[str, Any] = {
        "Begin": {"Type": "Pass", "Result": {"Cursor": None}, "ResultPath": "$.Progress", "Next": "Delete"},
        "Delete": delete,
        "IsDone": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Progress.Done", "BooleanEquals": True, "Next": "Finished"}],
            "Default": "Delete",
        },
        "Finished": {"Type": "Succeed"},
        "Failed": {
            "Type": "Fail",
            "Error": "EngagementServiceFault",
            "Cause": "Members of a deleted segment are left; redrive this execution to go on.",
        },
    }
    return {"Comment": "Deletes an imported segment.", "StartAt": "Begin", "States": states}


def _job_definition(comment: str, function_arn: str, concurrency: int) -> dict[str, Any]:
    states: dict[str, Any] = {
        "Plan": _invoke(
            function_arn,
            {"operation": "plan", **JOB_CONTEXT, "Execution.$": "$$.Execution.Input"},
            selector={"Action.$": "$.Payload.Action", "Chunks.$": "$.Payload.Chunks"},
            result_path="$.Plan",
            after="WhatToDo",
        ),
        "WhatToDo": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.Plan.Action", "StringEquals": "RUN", "Next": "Work"},
                {"Variable": "$.Plan.Action", "StringEquals": "PLAN", "Next": "Plan"},
            ],
            "Default": "Finished",
        },
        "Work": _chunks(function_arn, JOB_CONTEXT, concurrency, after="Complete", waits=False),
        "Complete": _invoke(
            function_arn,
            {"operation": "complete", **JOB_CONTEXT},
            selector={"Action.$": "$.Payload.Action"},
            result_path="$.Completion",
            after="Finished",
        ),
        "Finished": {"Type": "Succeed"},
        **_failure(function_arn, JOB_CONTEXT, "The job's record says why."),
    }
    return {"Comment": comment, "StartAt": "Plan", "States": states}


def _chunks(function_arn: str, context: dict[str, str], concurrency: int, *, after: str, waits: bool) -> dict[str, Any]:
    """The map over `$.Plan.Chunks`. A chunk that keeps failing is recorded as such and does not stop the others.

    waits: whether a step tells in how many seconds (`Wait`) it wants to be called again.
    """
    process = _invoke(
        function_arn,
        {"operation": "process", **context, "Chunk.$": "$.Chunk", "Cursor.$": "$.Progress.Cursor"},
        selector={f"{name}.$": f"$.Payload.{name}" for name in ("Done", "Cursor", *(["Wait"] if waits else []))},
        result_path="$.Progress",
        after="IsDone",
    )
    process["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "RecordLostChunk"}]
    lost = _invoke(
        function_arn,
        {"operation": "lose", **context, "Chunk.$": "$.Chunk", "Failure.$": "$.Failure"},
        selector={"Action.$": "$.Payload.Action"},
        result_path="$.Progress",
        after="ChunkFinished",
    )
    del lost["Catch"]  # the completing step counts a chunk without any record as lost too
    return {
        "Type": "Map",
        "ItemsPath": "$.Plan.Chunks",
        "ItemSelector": {**context, "Chunk.$": "$$.Map.Item.Value", "Progress": {"Cursor": None}},
        "MaxConcurrency": concurrency,
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Process",
            "States": {
                "Process": process,
                "IsDone": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.Progress.Done", "BooleanEquals": True, "Next": "ChunkFinished"}],
                    "Default": "Pause" if waits else "Process",
                },
                **({"Pause": {"Type": "Wait", "SecondsPath": "$.Progress.Wait", "Next": "Process"}} if waits else {}),
                "RecordLostChunk": lost,
                "ChunkFinished": {"Type": "Pass", "Result": {}, "End": True},
            },
        },
        "ResultPath": None,
        "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}],
        "Catch": _catch(),
        "Next": after,
    }


def _invoke(
    function_arn: str, payload: dict[str, Any], *, selector: dict[str, str], result_path: str, after: str
) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": integration("lambda:invoke", function_arn),
        "Parameters": {"FunctionName": function_arn, "Payload": payload},
        "ResultSelector": selector,
        "ResultPath": result_path,
        "TimeoutSeconds": TASK_TIMEOUT_SECONDS,
        "Retry": _retry(),
        "Catch": _catch(),
        "Next": after,
    }


def _retry() -> list[dict[str, Any]]:
    return [
        {"ErrorEquals": LAMBDA_CAPACITY_ERRORS, "IntervalSeconds": 2, "MaxAttempts": 8, "BackoffRate": 2.0},
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0},
    ]


def _catch() -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "RecordFailure"}]


def _failure(function_arn: str, context: dict[str, str], cause: str) -> dict[str, Any]:
    record = _invoke(
        function_arn,
        {"operation": "fail", **context, "Failure.$": "$.Failure"},
        selector={"Action.$": "$.Payload.Action"},
        result_path="$.Recorded",
        after="Failed",
    )
    record["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "Failed"}]
    return {"RecordFailure": record, "Failed": {"Type": "Fail", "Error": "EngagementServiceFault", "Cause": cause}}
