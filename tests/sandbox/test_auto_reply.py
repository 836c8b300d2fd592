"""Mail comes in from outside: through the receipt rule, to the function, and its reply out by SES."""

import json

import pytest

from sandbox import inbound
from sandbox.demos import email as demo
from sandbox.errors import SandboxError
from tests.handlers.ses_auto_reply.conftest import record
from tests.sandbox.conftest import Sandbox

pytestmark = pytest.mark.sandbox

TO = f"To: {demo.OURS}"
REPLIES = {
    "HTML in the name": (
        [r'From: "<img src=x onerror=alert(1)> \"Q\" & <b>Ana</b>" <ana@example.org>', TO, "Subject: One"],
        "ana@",
        "Nobody reads this address: One",
    ),
    "a line break in the name": (
        ["From: =?utf-8?q?Ana=0D=0ABcc:_eve=40example.org?= <bea@example.org>", TO, "Subject: Two"],
        "bea@",
        "Nobody reads this address: Two",
    ),
    "a line break in the subject": (
        ["From: Cleo <cleo@example.org>", TO, "Subject: =?utf-8?q?Three=0D=0ABcc:_eve=40example.org?="],
        "cleo@",
        "Nobody reads this address: Three Bcc: eve@example.org",
    ),
    "several authors in one field": (
        ["From: Dan <dan@example.org>, Eve <eve@example.org>", "Sender: eve@example.org", TO, "Subject: Four"],
        "eve@",
        "Nobody reads this address: Four",
    ),
    "several From fields": (
        ["From: Fay <fay@example.org>", "From: Gil <gil@example.org>", TO, "Subject: Five"],
        "fay@",
        "Nobody reads this address: Five",
    ),
    "no subject": (["From: hal@example.org", TO], "hal@", "Nobody reads this address:"),
    "encoded headers": (
        ["From: =?iso-8859-1?q?In=E9s_Garc=EDa?= <ines@example.org>", TO, "Subject: =?utf-8?b?8J+YgCDlsbE=?="],
        "ines@",
        "Nobody reads this address: 😀 山",
    ),
    "mail that says that no machine sent it": (
        ["From: jo@example.org", TO, "Subject: Six", "Auto-Submitted: no"],
        "jo@",
        "Nobody reads this address: Six",
    ),
}
"""Header lines, how the reply's address begins, its subject."""
SILENT = {
    "a mailing list": (["From: ana2@example.org", "List-Id: <a.example.org>"], "mailing-list"),
    "a newsletter": (["From: ana3@example.org", "List-Unsubscribe: <mailto:off@example.org>"], "mailing-list"),
    "a bounce": (["Return-Path: <>", "From: Mail <x@mx.example.org>"], "null-return-path"),
    "a delivery report": (["From: x@mx.example.org", "Content-Type: multipart/report"], "delivery-report"),
    "a vacation notice": (["From: bea2@example.org", "Auto-Submitted: auto-replied (vacation)"], "auto-submitted"),
    "another auto-reply": (["From: bot@example.org", "X-Autoreply: yes"], "auto-reply-header"),
    "bulk mail": (["From: bot2@example.org", "Precedence: bulk"], "precedence"),
    "our own sender": (["From: Shop <no-answer@shop.example>"], "our-own-address"),
    "our domain": (["From: chef@shop.example"], "our-own-address"),
    "a machine's address": (["From: no-reply@bank.example"], "role-address"),
    "spam": (
        ["From: eve2@example.org", "X-Body: XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"],
        "spam",
    ),
}
"""Header lines, and why there is no reply."""


class Inbox(demo.Mailbox):
    """A sandbox whose project has the replies' template."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox.folder, sandbox.servers)
        self.sandbox = sandbox

    def lines(self, *lines: str, body: str = "Hello") -> str:
        """Brings in a mail of header lines."""
        return self.bring("\r\n".join([*lines, "", body, ""]).encode())

    def function(self) -> str:
        """The responder's name, as the receipt rule has it."""
        rule_set = self.sandbox.aws("ses").describe_active_receipt_rule_set()
        rule = self.sandbox.exports["autoReplyRuleName"]
        [found] = [one for one in rule_set["Rules"] if one["Name"] == rule]
        return found["Actions"][0]["LambdaAction"]["FunctionArn"]

    def one(self, *lines: str) -> demo.Brought:
        """What became of a mail of header lines."""
        [brought] = self.became({self.lines(*lines): "one"})
        return brought


@pytest.fixture(scope="module")
def inbox(sandbox: Sandbox) -> Inbox:
    demo.put_template(sandbox.pinpoint)
    return Inbox(sandbox)


def test_people_get_a_reply_and_nothing_of_their_mail_becomes_markup_or_a_header(inbox):
    mails = {
        inbox.lines(*lines, f"Message-ID: <{number}@example.org>"): kind
        for number, (kind, (lines, _, _)) in enumerate(REPLIES.items())
    }
    brought = inbox.became(mails)
    assert {mail.name: mail.reason for mail in brought} == dict.fromkeys(REPLIES, "")
    for number, mail in enumerate(brought):
        _, to, subject = REPLIES[mail.name]
        reply = demo.parsed(mail.sent)
        assert (reply["Subject"], reply["From"]) == (subject, demo.OURS), mail.name
        assert reply["To"].startswith(to) and "," not in reply["To"], mail.name
        assert not reply["Bcc"] and not reply["Cc"] and not reply.defects, mail.name
        assert (reply["Auto-Submitted"], reply["Precedence"]) == ("auto-replied", "bulk"), mail.name
        assert reply["In-Reply-To"].startswith(f"<{number}@") and reply["References"] == reply["In-Reply-To"]
        plain, html = (reply.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert mail.message_id in plain and mail.message_id in html
        assert html.count("<") == html.count(">") == 2, "only the template's <p> and </p> are markup"
    first = demo.parsed(brought[0].sent)
    assert '<img src=x onerror=alert(1)> "Q" & <b>Ana</b>' in first.get_body(("plain",)).get_content()
    assert "&lt;img src=x onerror=alert(1)&gt;" in first.get_body(("html",)).get_content()


def test_machines_and_we_ourselves_get_none_and_the_log_says_why(inbox):
    before = len(inbox.sandbox.outbox())
    mails = {inbox.lines(*lines, TO, "Subject: S"): kind for kind, (lines, _) in SILENT.items()}
    assert {mail.name: mail.reason for mail in inbox.became(mails)} == {kind: why for kind, (_, why) in SILENT.items()}
    assert len(inbox.sandbox.outbox()) == before


def test_a_virus_and_a_forged_sender_get_no_reply(inbox, tmp_path):
    path = tmp_path / "mail.eml"
    path.write_text(f"From: virus@example.org\n{TO}\n\nHello\n")
    ids = {}
    for option in (["--virus"], ["--verdict", "dmarc=FAIL"]):
        done = inbox.sandbox.run("mail", str(path), *option)
        assert "invoked" in done.stderr
        ids[done.stdout.strip()] = option[-1]
    assert {mail.name: mail.reason for mail in inbox.became(ids)} == {"--virus": "virus", "dmarc=FAIL": "dmarc"}


def test_a_reply_that_comes_back_ends_there_however_often(inbox):
    """Two auto-repliers: ours, and one that sends back what it gets, a hundred times."""
    sent = inbox.one("From: loop@example.org", TO, "Subject: Loop").sent
    before = len(inbox.sandbox.outbox())
    mails = {}
    for number in range(100):
        sender = sent.to if number % 2 else None
        received = inbound.mail(inbox.sandbox.servers, sent.raw.encode(), sender, [demo.OURS])
        mails[received["MessageId"]] = str(number)
    assert {mail.reason for mail in inbox.became(mails)} == {"auto-submitted"}
    assert len(inbox.sandbox.outbox()) == before


def test_an_address_that_writes_a_hundred_mails_gets_one_reply(inbox):
    mails = {inbox.lines("From: Busy <busy@example.org>", TO, f"Subject: {n}"): str(n) for n in range(100)}
    became = inbox.became(mails)
    assert len([mail for mail in became if mail.sent]) == 1
    assert sorted({mail.reason for mail in became}) == ["", "throttled"]


def test_a_receipt_that_ses_delivers_twice_gives_one_reply(inbox):
    address = "twice@flow.example.org"
    given = record({"From": address}, source=address, message_id="flow-twice", recipients=(demo.OURS,))
    invoke = {"FunctionName": inbox.function(), "Payload": json.dumps({"Records": [given]})}
    answers = [json.loads(inbox.sandbox.aws("lambda").invoke(**invoke)["Payload"].read()) for _ in range(3)]
    outcomes = [answer["Outcomes"][0] for answer in answers]
    assert [outcome["Status"] for outcome in outcomes] == ["REPLIED", "NO_REPLY", "NO_REPLY"]
    assert {outcome["Detail"] for outcome in outcomes[1:]} == {"already-answered"}
    assert [message["to"] for message in inbox.sandbox.outbox()].count(address) == 1


def test_a_mail_that_cannot_be_answered_is_in_the_queue_with_the_reason(inbox):
    sqs, queue = inbox.sandbox.aws("sqs"), inbox.sandbox.exports["autoReplyUnansweredQueueUrl"]
    identity = inbox.lines("From: Nobody", TO, "Subject: S")

    def reported() -> dict | None:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MessageAttributeNames=["All"])
        for message in answer.get("Messages", ()):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            if json.loads(message["Body"])["ses"]["mail"]["messageId"] == identity:
                return message
        return None

    message = inbox.sandbox.wait(reported)
    reason = message["MessageAttributes"]["reason"]["StringValue"]
    assert reason == "the From field holds no address that mail can be sent to"


def test_mail_to_others_is_not_taken(inbox):
    with pytest.raises(SandboxError, match=r"no verified identity of SES is that of info@elsewhere\.example"):
        inbox.lines("From: ana@example.org", "To: info@elsewhere.example")
