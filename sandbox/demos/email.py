"""`sandbox demo email`: mail to an address that nobody reads is answered once where a person wrote, and never a machine."""

import email
import email.policy
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import inbound, logs, outbox, servers
from sandbox.demos.clients import engagement_client
from sandbox.demos.stage import begin
from sandbox.demos.waiting import wait
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder
from sandbox.world.outbox import Message

STACK = "everything"
MAILS = REPOSITORY / "docs" / "examples" / "mail"
PEOPLES_DOMAINS = ("example.org", "other.example")
RESPONDER = "ses-auto-reply"
TEMPLATE = "auto-reply"
OURS = "no-answer@shop.example"
CONTENT = {
    "Subject": "Nobody reads this address:",
    "HtmlPart": "<p>Dear %%NAME%%, please write to help@shop.example, and name %%ID%%.</p>",
    "TextPart": "Dear %%NAME%%, please write to help@shop.example, and name %%ID%%.",
}
ANSWERED = {
    "question": "Nobody reads this address: ¿Dónde está my parcel?",
    "encoded-name": "Nobody reads this address: Hello",
    "several-authors": "Nobody reads this address: From both of us",
    "no-subject": "Nobody reads this address:",
}
"""By the example's name: the reply's subject."""
SILENT = {
    "mailing-list": "mailing-list",
    "bounce": "null-return-path",
    "vacation": "auto-submitted",
    "another-auto-reply": "x-auto-response-suppress",
    "our-own": "our-own-address",
    "spam": "spam",
}
"""By the example's name: why it gets no reply."""
ROBOT = (
    "From: Robot <robot@other.example>\r\nTo: {to}\r\nSubject: Re: {subject}\r\n{marks}\r\nThank you for your mail.\r\n"
)
LOOP_MAILS = 100
LOG_LINES = 100_000
DEADLINE_SECONDS = 180


@dataclass(frozen=True)
class Brought:
    """A mail that came in. sent: the reply, None where there is none; reason: why."""

    name: str
    message_id: str
    reason: str = ""
    sent: Message | None = None


class Mailbox:
    """Brings mail in, and sees what became of it."""

    def __init__(self, folder: Folder, running: servers.Servers) -> None:
        self._folder, self._running = folder, running
        self._mark = secrets.token_hex(3)

    def bring(self, raw: bytes) -> str:
        """Brings a mail in; returns its id. People's domains are this run's own: an address gets one reply a day."""
        for domain in PEOPLES_DOMAINS:
            raw = raw.replace(f"@{domain}".encode(), f"@{self._mark}.{domain}".encode())
        return inbound.mail(self._running, raw)["MessageId"]

    def became(self, mails: Mapping[str, str]) -> list[Brought]:
        """What became of mails, names by ids; waits until all are done."""
        found = _wait(lambda: self._all_of(mails), f"{len(mails)} mails were not done")
        sent = {message.message_id: message for message in outbox.messages(self._folder, self._running)}
        return [
            Brought(
                name, identity, str(found[identity].get("reason", "")), sent.get(found[identity].get("reply_id", ""))
            )
            for identity, name in mails.items()
        ]

    def _all_of(self, mails: Mapping[str, str]) -> dict[str, Any] | None:
        lines = logs.lines(self._folder, self._running, RESPONDER, LOG_LINES)
        entries = [json.loads(text) for line in lines if (text := line.partition(": ")[2]).startswith("{")]
        done = {entry["message_id"]: entry for entry in entries if entry.get("message_id") in mails}
        return done if done.keys() == mails.keys() else None


def run(folder: Folder, errors: Console) -> None:
    """Mail that nobody reads is answered, once, and never a machine's."""
    stage = begin(folder, errors, STACK)
    out, running, exports = stage.out, stage.running, stage.exports
    put_template(engagement_client(running, exports["endpointUrl"]))
    out.print(f"2. email template {TEMPLATE!r}: {CONTENT['TextPart']}", markup=False)
    mailbox = Mailbox(folder, running)
    with errors.status("bringing mail in"):
        mails = {mailbox.bring((MAILS / f"{name}.eml").read_bytes()): name for name in (*ANSWERED, *SILENT)}
        brought = mailbox.became(mails)
    out.print(f"3. {len(mails)} mails came in to {OURS}")
    out.print(_table(brought))
    problems = [problem for mail in brought for problem in _problems(mail)]
    with errors.status("two auto-repliers talk to each other"):
        loops = {kind: _loop(mailbox, marks) for kind, marks in ROBOTS.items()}
    for kind, replies in loops.items():
        out.print(f"4. {LOOP_MAILS} mails from an auto-replier that {kind}: {replies} replies")
    problems += [
        f"{replies} replies went to an auto-replier that {kind}, not {EXPECTED[kind]}"
        for kind, replies in loops.items()
        if replies != EXPECTED[kind]
    ]
    if problems:
        raise SandboxError("; ".join(problems), f"read `sandbox logs {RESPONDER}` and `sandbox outbox`")
    out.print("5. every person got one reply, and no machine a second one")


ROBOTS = {"marks its replies": "Auto-Submitted: auto-replied\r\n", "marks nothing": ""}
EXPECTED = {"marks its replies": 0, "marks nothing": 1}
"""Replies that it gets."""


def put_template(client: Any) -> None:
    """Gives the project the replies' template."""
    try:
        client.get_email_template(TemplateName=TEMPLATE)
    except client.exceptions.NotFoundException:
        client.create_email_template(TemplateName=TEMPLATE, EmailTemplateRequest=CONTENT)
    else:
        client.update_email_template(TemplateName=TEMPLATE, EmailTemplateRequest=CONTENT)


def _loop(mailbox: Mailbox, marks: str) -> int:
    """How many replies an auto-replier gets that sends a hundred mails."""
    raw = ROBOT.format(to=OURS, subject=CONTENT["Subject"], marks=marks).encode()
    mails = {mailbox.bring(raw): str(number) for number in range(LOOP_MAILS)}
    return len([mail for mail in mailbox.became(mails) if mail.sent])


def _table(brought: Sequence[Brought]) -> Table:
    table = Table("mail", "subject of the reply", "no reply because", title="Which mail is answered")
    for mail in brought:
        table.add_row(mail.name, mail.sent.subject if mail.sent else "", mail.reason)
    return table


def _problems(mail: Brought) -> list[str]:
    """What is not as it must be."""
    if mail.name in SILENT:
        wanted = SILENT[mail.name]
        return [] if mail.reason == wanted and not mail.sent else [f"{mail.name}.eml: {mail.reason!r}, not {wanted!r}"]
    if mail.sent is None:
        return [f"{mail.name}.eml got no reply: {mail.reason or 'see the queue of unanswered mail'}"]
    reply = parsed(mail.sent)
    wrong = {
        "Subject": (reply["Subject"], ANSWERED[mail.name]),
        "From": (reply["From"], OURS),
        "Auto-Submitted": (reply["Auto-Submitted"], "auto-replied"),
        "In-Reply-To": (str(reply["In-Reply-To"]).partition("@")[0], f"<{mail.name}"),
    }
    problems = [f"{mail.name}.eml: {name} {is_!r}, not {must!r}" for name, (is_, must) in wrong.items() if is_ != must]
    for kind in ("plain", "html"):
        part = reply.get_body((kind,))
        if part is None or mail.message_id not in part.get_content():
            problems.append(f"{mail.name}.eml: the {kind} part of the reply does not name {mail.message_id}")
    return problems


def parsed(message: Message) -> EmailMessage:
    """An email of the outbox as its reader gets it."""
    return email.message_from_string(message.raw, policy=email.policy.default)


def _wait(what: Callable[[], Any], failing: str) -> Any:
    return wait(what, DEADLINE_SECONDS, failing, RESPONDER)
