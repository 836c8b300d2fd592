"""The drop's state machine's tasks.

`{"operation": "start", "Input": {"S3URL": "s3://BUCKET/KEY"}}` finds or opens the run of the file's content;
`{"operation": "poll", "Run": <the last outcome>}` takes it further: reads the file into the queue, waits until every row
has a result, writes the reports. Both return an outcome (handlers/shared/outcomes.py) with `Wait`, the seconds until the
next look. Result: `{"S3URL", "RunId"}`, and at the end `{"Rows", "Sent", "NotSent", "Statuses", "AlreadySent",
"ResultsUrl", "ErrorsUrl"}` (ErrorsUrl "" where every row was sent).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.shared.clients import aws_client
from handlers.shared.logging import logger
from handlers.shared.outcomes import RUNNING, SUCCEEDED, failed, outcome
from handlers.shared.records.errors import FileError
from handlers.shared.tables import Table, table_client
from handlers.sms_s3_drop.columns import Defaults
from handlers.sms_s3_drop.course import Course
from handlers.sms_s3_drop.environment import RunEnvironment
from handlers.sms_s3_drop.ledger import SENT, Ledger
from handlers.sms_s3_drop.reports import ERRORS, RESULTS, Report, report_key
from handlers.sms_s3_drop.runs import DONE, Run, Runs, run_id
from handlers.sms_s3_drop.source import identify, parse_url

MARGIN_SECONDS = 150
_environment = cache(RunEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See the module."""
    if event["operation"] == "start":
        return _start(event["Input"])
    return _poll(event["Run"], context)


def _table() -> Table:
    return Table(_environment().ledger_table, table_client(max_attempts=10))


def _start(run_input: Any) -> dict[str, Any]:
    url = run_input.get("S3URL") if isinstance(run_input, dict) else None
    if not isinstance(url, str):
        return failed("InvalidInput", 'S3URL is missing from the input; allowed is {"S3URL": "s3://BUCKET/KEY"}')
    try:
        bucket, key = parse_url(url)
    except FileError as error:
        return failed("InvalidInput", str(error))
    try:
        source, digest = identify(aws_client("s3"), bucket, key)
    except FileError as error:
        return _refused(bucket, key, str(error))
    run, was_done = Runs(_table()).open(run_id(bucket, key, digest), source)
    logger.info("run opened", extra={"run": run.id, "phase": run.phase, "bytes": source.size})
    if was_done:
        return outcome(SUCCEEDED, _result(run, already_sent=True), Wait=1)
    return outcome(RUNNING, _brief(run), Wait=1)


def _poll(last: dict[str, Any], context: Any) -> dict[str, Any]:
    environment = _environment()
    table = _table()
    run = Runs(table).get(last["Result"]["RunId"])
    if run is None:
        return failed("NoSuchRun", f"the ledger has no run {last['Result']['RunId']}", **last["Result"])
    course = Course(
        table=table,
        s3=aws_client("s3"),
        sqs=aws_client("sqs", max_attempts=10, parameter_validation=False),
        queue_url=environment.queue_url,
        defaults=Defaults(environment.origination_number, environment.message_type),
        prefix=environment.prefix,
        deadline_hours=environment.deadline_hours,
        keep_days=environment.remembered_days,
        poll_seconds=environment.poll_seconds,
        is_late=lambda: context.get_remaining_time_in_millis() < MARGIN_SECONDS * 1000,
    )
    try:
        run, wait = course.go_on(run)
    except FileError as error:
        course.refuse(run)
        return _refused(run.source.bucket, run.source.key, str(error), RunId=run.id)
    logger.info("run", extra={"run": run.id, "phase": run.phase, "row": run.row, "settled_blocks": run.settled})
    if run.phase != DONE:
        return outcome(RUNNING, _brief(run), polls=last["Polls"] + 1, Wait=wait)
    if run.problem:
        return failed("FileRefused", run.problem, **_result(run))
    return outcome(SUCCEEDED, _result(run), polls=last["Polls"] + 1, Wait=1)


def _refused(bucket: str, key: str, problem: str, **more: str) -> dict[str, Any]:
    """The outcome of a file of which nothing can be read, which its errors file says too."""
    environment = _environment()
    place = report_key(ERRORS, environment.prefix, key)
    nothing = Ledger(_table(), "", 1)
    problem = f"the file {problem}"
    report = Report(aws_client("s3"), nothing, (bucket, place), ERRORS, rows=0, problem=problem)
    report.go_on({}, is_late=lambda: False, keep=lambda _: None)
    logger.error("file refused", extra={"key": key})
    url = f"s3://{bucket}/{key}"
    return failed("FileRefused", problem, S3URL=url, ErrorsUrl=f"s3://{bucket}/{place}", Wait=1, **more)


def _brief(run: Run) -> dict[str, Any]:
    return {"S3URL": run.source.url, "RunId": run.id}


def _result(run: Run, *, already_sent: bool = False) -> dict[str, Any]:
    statuses = run.report["results"]["counts"]
    sent = statuses.get(SENT, 0)
    places = {
        kind: f"s3://{run.source.bucket}/{report_key(kind, _environment().prefix, run.source.key)}"
        for kind in (RESULTS, ERRORS)
    }
    return {
        **_brief(run),
        "Rows": run.rows,
        "Sent": sent,
        "NotSent": run.rows - sent,
        "Statuses": statuses,
        "AlreadySent": already_sent,
        "ResultsUrl": places[RESULTS],
        "ErrorsUrl": places[ERRORS] if run.rows > sent or run.problem else "",
    }
