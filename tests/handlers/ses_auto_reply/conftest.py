"""The responder's surroundings on moto: ledger, queue of unanswered mail; SES and the project answer from fakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from handlers.ses_auto_reply import function, sending, template
from handlers.ses_auto_reply.ledger import Ledger
from handlers.shared import claims, clients
from tests.handlers.shared.fakes import Context, FakeClient

TABLE = "ledger"
OURS = "no-answer@shop.example"
PERSON = "Ana Silva <ana@example.org>"
TEMPLATE = {
    "Subject": "Not read:",
    "HtmlPart": "<p>Dear %%NAME%%, hello again %%NAME%%: nobody reads this (%%ID%%, %%ID%%).</p>",
    "TextPart": "Dear %%NAME%%, nobody reads this (%%ID%%).",
}


def record(
    headers: dict[str, Any] | None = None,
    *,
    message_id: str = "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1",
    source: str | None = "ana@example.org",
    recipients: tuple[str, ...] = (OURS,),
    truncated: bool = False,
    **verdicts: str,
) -> dict[str, Any]:
    """A record as SES hands it to a function. headers: laid over those of a person's mail; None takes one away."""
    given = {
        "Return-Path": f"<{source}>",
        "From": PERSON,
        "To": ", ".join(recipients),
        "Subject": "A question",
        "Message-ID": "<one@mail.example.org>",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="UTF-8"',
        **(headers or {}),
    }
    listed = [
        {"name": name, "value": value}
        for name, values in given.items()
        if values is not None
        for value in ([values] if isinstance(values, str) else values)
    ]
    common: dict[str, Any] = {"returnPath": source, "to": list(recipients), "messageId": given["Message-ID"]}
    if given["From"]:
        common["from"] = [given["From"]] if isinstance(given["From"], str) else given["From"]
    if given["Subject"]:
        common["subject"] = given["Subject"]
    receipt = {
        "timestamp": "2030-01-02T03:04:05.000Z",
        "processingTimeMillis": 574,
        "recipients": list(recipients),
        **{f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")},
        **{f"{name}Verdict": {"status": status} for name, status in verdicts.items() if name != "policy"},
        "action": {"type": "Lambda", "functionArn": "arn", "invocationType": "Event"},
    }
    if "policy" in verdicts:
        receipt["dmarcPolicy"] = verdicts["policy"]
    mail = {
        "timestamp": "2030-01-02T03:04:05.000Z",
        "messageId": message_id,
        "source": source,
        "destination": list(recipients),
        "headersTruncated": truncated,
        "headers": listed,
        "commonHeaders": common,
    }
    if source is None:
        del mail["source"], common["returnPath"]
    return {"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {"mail": mail, "receipt": receipt}}


@dataclass
class World:
    """sent: SendEmail's requests that SES took. answer: stands for SES, called before it takes one."""

    sqs: Any
    queue: str
    sent: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], None] = lambda _: None
    project: FakeClient = field(
        default_factory=lambda: FakeClient({"get_email_template": {"EmailTemplateResponse": TEMPLATE}})
    )
    ses: FakeClient = field(default_factory=lambda: FakeClient({}))
    now: float = 1_900_000_000.0

    def receive(self, *records: dict[str, Any], milliseconds: int = 60_000) -> list[dict[str, str]]:
        """The outcomes of one call."""
        return function.handler({"Records": list(records)}, Context(milliseconds))["Outcomes"]

    def one(self, **more: Any) -> dict[str, str]:
        """The outcome of one mail. Arguments as of `record`."""
        [outcome] = self.receive(record(**more))
        return outcome

    def unanswered(self) -> list[tuple[str, Any]]:
        """Reason and record of each mail that could not be answered."""
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return [(m["MessageAttributes"]["reason"]["StringValue"], json.loads(m["Body"])) for m in found]


def forget() -> None:
    clients.forget_clients()
    function._environment.cache_clear()
    function._responder.cache_clear()


@pytest.fixture
def configure(monkeypatch):
    """Sets variables of the function, and forgets what it knows of others."""

    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget()

    return set_all


@pytest.fixture
def world(monkeypatch, configure):
    configure(
        AWS_DEFAULT_REGION="eu-west-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        TEMPLATE_NAME="auto-reply",
        TEMPLATE_SOURCE="project",
        SENDER="",
        RECIPIENTS="[]",
        CONFIGURATION_SET="",
        QUIET_HOURS="24",
        REPLY_WHEN_HEADERS_TRUNCATED="true",
        LEDGER_TABLE=TABLE,
    )
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sqs = boto3.client("sqs")
        made = World(sqs, sqs.create_queue(QueueName="unanswered")["QueueUrl"])
        configure(UNANSWERED_QUEUE_URL=made.queue)

        def send_email(**request: Any) -> dict[str, str]:
            made.answer(request)
            made.sent.append(request)
            return {"MessageId": f"reply-{len(made.sent)}"}

        made.ses.answers["send_email"] = send_email
        monkeypatch.setattr(sending, "sending_client", lambda *_, **__: made.ses)
        monkeypatch.setattr(template, "aws_client", lambda *_, **__: made.ses)
        monkeypatch.setattr(template, "engagement_client", lambda: made.project)
        monkeypatch.setattr(sending, "_pause", lambda _: None)
        monkeypatch.setattr(claims, "backoff", lambda _: None)

        def remake() -> None:
            responder, environment = function._responder(), function._environment()
            responder.ledger = Ledger(TABLE, environment.quiet_hours, lambda: made.now)

        remake()
        made.remake = remake
        yield made
    forget()
