"""`sandbox demo pipeline`: a file becomes text messages."""

import json
import secrets
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import outbox
from sandbox.demos.clients import engagement_client, forget_queue, subscribe_queue
from sandbox.demos.stage import begin
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder

STACK = "everything"
TEMPLATE = "welcome"
BODY = "Hello {{User.UserAttributes.FirstName}}, thank you for joining us!"
DEFAULTS = {"User": {"UserAttributes": {"FirstName": "there"}}}
FILE = REPOSITORY / "docs" / "examples" / "customers.csv"
TEXTED = {"+14256791901": "Ana", "+12025550191": "Ben", "+16055550198": "Cleo", "+351282435050": "Duarte"}
"""Who must be texted: the number as it is after validation, and the name that the text must hold."""
BAD_ROWS = {"line 8": "Address", "line 9": "PIGEON"}
"""Rows that the import must report, and what it must say of them."""
NOT_TEXTED = {"123": "an invalid number"}
TOPICS = ("importStatusTopicArn", "phoneValidateNotificationTopicArn", "campaignNotificationTopicArn")
DEADLINE_SECONDS = 90


def put_template(client: Any) -> None:
    template = {"Body": BODY, "DefaultSubstitutions": json.dumps(DEFAULTS)}
    try:
        client.get_sms_template(TemplateName=TEMPLATE)
    except client.exceptions.NotFoundException:
        client.create_sms_template(TemplateName=TEMPLATE, SMSTemplateRequest=template)
    else:
        client.update_sms_template(TemplateName=TEMPLATE, SMSTemplateRequest=template)


def run(folder: Folder, errors: Console) -> None:
    """A file becomes text messages: import, validate, campaign."""
    stage = begin(folder, errors, STACK)
    out, running, exports = stage.out, stage.running, stage.exports
    aws = running.clients()
    topics = [exports[name] for name in TOPICS]
    put_template(engagement_client(running, exports["endpointUrl"]))
    out.print(f"2. SMS template {TEMPLATE!r}: {BODY}", markup=False)
    queue = subscribe_queue(aws, topics)
    before = len(outbox.messages(folder, running))
    try:
        key = f"{exports['importPrefix']}{FILE.stem}-{secrets.token_hex(3)}.csv"
        dropped = time.monotonic()
        aws("s3").put_object(Bucket=exports["importBucketName"], Key=key, Body=FILE.read_bytes())
        out.print(
            f"3. dropped {FILE.relative_to(REPOSITORY)} as s3://{exports['importBucketName']}/{key}", markup=False
        )
        notifications = _watch(aws("sqs"), queue, out, errors, dropped)
    finally:
        forget_queue(aws, queue, topics)
    sent = outbox.messages(folder, running)[before:]
    _table(out, sent)
    missing = _problems(notifications, sent)
    if missing:
        raise SandboxError(f"the demo did not end as it must: {'; '.join(missing)}", "sandbox logs ''")
    out.print(
        f"All as expected: {len(sent)} texts, {len(BAD_ROWS)} bad rows reported, {len(NOT_TEXTED)} invalid number."
    )
    out.print(f"{stage.seconds()} in all. The sandbox keeps running: sandbox status, sandbox down")


def _watch(sqs: Any, queue: str, out: Console, errors: Console, dropped: float) -> list[tuple[str, dict[str, Any]]]:
    """The notifications as they arrive, up to the campaign's or the first failure."""
    found: list[tuple[str, dict[str, Any]]] = []
    with errors.status("waiting for: import") as status:
        while time.monotonic() - dropped < DEADLINE_SECONDS:
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                envelope = json.loads(message["Body"])
                content = json.loads(envelope["Message"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                kind = envelope["MessageAttributes"]["notification_type"]["Value"]
                found.append((kind, content))
                seconds = time.monotonic() - dropped
                out.print(f"   {seconds:4.1f} s  {envelope['Subject']}: {_gist(content)}", markup=False)
                if kind == "failure" or "CampaignCreateResult" in content:
                    return found
            step = {0: "import", 1: "import", 2: "phone number validation"}.get(len(found), "campaign")
            status.update(f"waiting for: {step} ({time.monotonic() - dropped:.0f} s)")
    return found


def _gist(content: dict[str, Any]) -> str:
    if result := content.get("ImportResult"):
        counts = f"{result.get('TotalProcessed', 0)} rows, {result.get('TotalFailures', 0)} bad"
        return " | ".join([counts, *result.get("Failures", ())])
    if result := content.get("ValidatePhoneResult"):
        return ", ".join(f"{name} {value}" for name, value in (result.get("ValidateOutput") or {}).items())
    if result := content.get("CampaignCreateResult"):
        done = result.get("CampaignCreateOutput") or {}
        counts = f"{done.get('SuccessfulEndpointCount')} of {done.get('TotalEndpointCount')} texted"
        return f"{done.get('CampaignStatus')} {done.get('Result')}, {counts}"
    return json.dumps(content.get("Input", content))


def _table(out: Console, sent: list[Any]) -> None:
    table = Table("to", "from", "text", title="Who was texted what")
    for message in sent:
        table.add_row(message.to, message.sender, message.body)
    out.print(table)


def _problems(notifications: list[tuple[str, dict[str, Any]]], sent: list[Any]) -> list[str]:
    kinds = [kind for kind, _ in notifications]
    problems = []
    if kinds != ["started", "success", "success", "success"]:
        problems.append(f"notifications were {kinds or 'none'}, not started and three times success")
    failures = [
        line for _, content in notifications for line in (content.get("ImportResult") or {}).get("Failures", ())
    ]
    for line, reason in BAD_ROWS.items():
        if not any(line in failure and reason in failure for failure in failures):
            problems.append(f"the bad row in {line} was not reported")
    if len(failures) != len(BAD_ROWS):
        problems.append(f"{len(failures)} bad rows were reported, not {len(BAD_ROWS)}")
    expected = sorted(
        (number, BODY.replace("{{User.UserAttributes.FirstName}}", name)) for number, name in TEXTED.items()
    )
    got = sorted((message.to, message.body) for message in sent)
    problems += [f"{to} was not texted {body!r}" for to, body in expected if (to, body) not in got]
    problems += [f"{to} was texted {body!r}" for to, body in got if (to, body) not in expected]
    if len(got) != len(set(got)):
        problems.append("somebody was texted twice")
    return problems
