"""Mail and texts that come in, through the command."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from sandbox import inbound, servers
from sandbox.errors import SandboxError
from sandbox.folder import Folder
from sandbox.world.sms_voice.phone_numbers import FIRST_NUMBERS
from tests.sandbox.conftest import Sandbox

(LONG_CODE, _, _), (TOLL_FREE, _, _), *_ = FIRST_NUMBERS
LONG_CODE_ID = "phone-00000000000000000000000000000001"
TOLL_FREE_ID = "phone-00000000000000000000000000000002"
PERSON = "+14155550161"
MAIL = b"""From: =?UTF-8?Q?J=C3=BCrgen?= <juergen@example.net>
To: Info <info@example.com>
Subject: A
 folded subject
Message-ID: <1@example.net>

Hello
"""
READER = """
def handler(event, context):
    [record] = event["Records"]
    subject = record["ses"]["mail"]["commonHeaders"]["subject"]
    if subject == "fail":
        raise ValueError(subject)
    return {"disposition": subject}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inbound")
    program = folder / "program"
    program.mkdir()
    shutil.copy(Path(__file__).with_name("inbound_program.py"), program / "__main__.py")
    with zipfile.ZipFile(program / "function.zip", "w") as archive:
        archive.writestr("reader.py", READER)
    made = Sandbox(folder / "sandbox")
    try:
        made.run("up", "inbound", SANDBOX_PROGRAM=str(program))
        made.servers = servers.running(Folder(made.home))
        made.aws = made.servers.clients()
        made.exports = json.loads(made.run("outputs", "inbound").stdout)
        for identity in ("example.com", "nobody@example.org"):
            made.aws("sesv2").create_email_identity(EmailIdentity=identity)
        assert "unchanged" in made.run("up", "inbound", SANDBOX_PROGRAM=str(program)).stderr
        yield made
    finally:
        made.run("down", check=False)


def bring(toy, raw: bytes = MAIL, *arguments: str) -> dict:
    path = toy.home.parent / "mail.eml"
    path.write_bytes(raw)
    return json.loads(toy.run("mail", str(path), "--json", *arguments).stdout)


def about(subject: str, to: str = "ask@example.com") -> bytes:
    return f"From: a@example.net\nTo: {to}\nSubject: {subject}\n\nHello\n".encode()


def next_of(toy, queue: str) -> dict:
    url = toy.exports[queue]
    [message] = toy.aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    toy.aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def outcomes(received: dict) -> list[tuple[str, str, str]]:
    return [
        (rule["Name"], action["Type"], action["Outcome"]) for rule in received["Rules"] for action in rule["Actions"]
    ]


KEPT = [
    ("keep", "AddHeaderAction", "added"),
    ("keep", "S3Action", "written"),
    ("keep", "SNSAction", "published"),
    ("keep", "StopAction", "stopped"),
]


def test_a_mail_goes_through_the_rules_in_order_until_one_stops(toy):
    received = bring(toy, MAIL, "--spam")
    assert outcomes(received) == KEPT and received["Ended"] == "rule keep"
    stored = toy.aws("s3").get_object(Bucket=toy.exports["bucket"], Key=f"in/{received['MessageId']}")["Body"].read()
    assert stored.endswith(MAIL) and b"X-Kept: yes\r\n" in stored
    told = next_of(toy, "mailsQueueUrl")
    assert told["content"].encode() == stored
    assert told["mail"]["commonHeaders"] == {
        "returnPath": "juergen@example.net",
        "from": ["Jürgen <juergen@example.net>"],
        "to": ["Info <info@example.com>"],
        "messageId": "<1@example.net>",
        "subject": "A folded subject",
    }
    assert {"name": "From", "value": "=?UTF-8?Q?J=C3=BCrgen?= <juergen@example.net>"} in told["mail"]["headers"]
    assert told["receipt"]["spamVerdict"] == {"status": "DISABLED"}
    assert told["receipt"]["spfVerdict"] == {"status": "PASS"}


@pytest.mark.parametrize(
    ("subject", "outcome", "goes_on"),
    [
        ("CONTINUE", "answered CONTINUE", True),
        ("STOP_RULE", "answered STOP_RULE", True),
        ("STOP_RULE_SET", "answered STOP_RULE_SET", False),
        ("fail", "failed: the function ended with an error", False),
    ],
)
def test_a_function_that_is_waited_for_decides_how_it_goes_on(toy, subject, outcome, goes_on):
    received = bring(toy, about(subject))
    assert outcomes(received) == [("ask", "LambdaAction", outcome), *(KEPT if goes_on else [])]
    if goes_on:
        next_of(toy, "mailsQueueUrl")


def test_recipients_are_taken_by_address_domain_and_subdomain(toy):
    received = bring(
        toy, about("STOP_RULE_SET", "A <ask@Example.com>, b@deep.example.com, info@example.com, x@other.org")
    )
    assert received["Rules"][0]["Recipients"] == ["ask@Example.com", "b@deep.example.com"]
    assert received["Refused"] == ["x@other.org"]


def test_the_command_tells_what_happened(toy, tmp_path):
    (tmp_path / "m.eml").write_bytes(about("STOP_RULE_SET"))
    done = toy.run("mail", str(tmp_path / "m.eml"))
    assert len(done.stdout.strip()) == 40
    assert "rule ask for ask@example.com" in done.stderr and "answered STOP_RULE_SET" in done.stderr


def test_a_mail_to_nobody_here_is_refused_in_one_line(toy):
    for arguments, said in (
        (("--to", "x@other.org"), "no verified identity of SES is that of x@other.org"),
        (("--verdict", "spf=NO"), "verdict spf='NO' is none of"),
    ):
        path = toy.home.parent / "mail.eml"
        path.write_bytes(MAIL)
        done = toy.run("mail", str(path), *arguments, check=False)
        assert done.returncode == 1 and done.stderr.startswith(f"error: {said}")


def test_a_bounced_mail_is_answered_unless_it_has_no_sender(toy):
    assert outcomes(bring(toy, about("Hi", "nobody@example.org"))) == [("rest", "BounceAction", "bounced")]
    [bounce] = [message for message in toy.outbox() if message["from"] == "postmaster@example.com"]
    assert (bounce["to"], bounce["body"]) == ("a@example.net", "550 5.1.1 no such mailbox")
    again = bring(toy, about("Hi", "nobody@example.org"), "--from", "")
    assert outcomes(again) == [("rest", "BounceAction", "not bounced: the mail has no sender")]


def test_a_function_that_ses_may_not_invoke_is_refused_as_a_target(toy):
    client = toy.aws("ses")
    arn = toy.aws("lambda").get_function(FunctionName=toy.exports["function"])["Configuration"]["FunctionArn"]
    with pytest.raises(client.exceptions.InvalidLambdaFunctionException, match="its policy does not let"):
        rule = {"Name": "another", "Actions": [{"LambdaAction": {"FunctionArn": arn}}]}
        client.create_receipt_rule(RuleSetName="inbound", Rule=rule)


def test_mail_that_we_sent_comes_in_again_as_it_went_out(toy):
    toy.aws("sesv2").send_email(
        FromEmailAddress="Us <us@example.com>",
        Destination={"ToAddresses": ["ask@example.com"]},
        Content={
            "Simple": {
                "Subject": {"Data": "STOP_RULE_SET"},
                "Body": {"Text": {"Data": "Grüße"}, "Html": {"Data": "<p>Grüße</p>"}},
                "Headers": [
                    {"Name": "Auto-Submitted", "Value": "auto-replied"},
                    {"Name": "In-Reply-To", "Value": "<1@example.net>"},
                ],
            }
        },
    )
    [sent] = [message for message in toy.outbox() if message["from"] == "Us <us@example.com>"]
    assert {"name": "Auto-Submitted", "value": "auto-replied"} in sent["headers"]
    received = bring(toy, sent["raw"].encode())
    assert outcomes(received) == [("ask", "LambdaAction", "answered STOP_RULE_SET")]


def test_a_raw_mail_keeps_its_headers_and_gets_its_envelope_from_them(toy):
    toy.aws("sesv2").send_email(
        Content={
            "Raw": {"Data": b"From: raw@example.com\r\nTo: A <a@example.net>\r\nX-Own: 1\r\nSubject: S\r\n\r\nBody"}
        }
    )
    [sent] = [message for message in toy.outbox() if message["from"] == "raw@example.com"]
    names = {header["name"]: header["value"] for header in sent["headers"]}
    assert sent["to"] == "a@example.net" and names["X-Own"] == "1"
    assert names["Message-ID"] == f"<{sent['messageId']}>"


def test_the_older_apis_raw_mail_goes_to_its_destinations(toy):
    raw = b"From: older@example.com\r\nTo: list@example.net\r\nAuto-Submitted: auto-replied\r\n\r\nBody"
    toy.aws("ses").send_raw_email(Source="older@example.com", Destinations=["a@example.net"], RawMessage={"Data": raw})
    [sent] = [message for message in toy.outbox() if message["from"] == "older@example.com"]
    assert sent["to"] == "a@example.net" and "Auto-Submitted: auto-replied" in sent["raw"]


def test_headers_that_ses_does_not_allow_are_refused(toy):
    client = toy.aws("sesv2")
    for name, value in (("X-Bad\r\nBcc", "x"), ("X-Bad", "a\r\nBcc: b@example.net")):
        with pytest.raises(client.exceptions.BadRequestException, match="is not allowed"):
            client.send_email(
                FromEmailAddress="us@example.com",
                Destination={"ToAddresses": ["a@example.net"]},
                Content={
                    "Simple": {
                        "Subject": {"Data": "S"},
                        "Body": {"Text": {"Data": "B"}},
                        "Headers": [{"Name": name, "Value": value}],
                    }
                },
            )


def test_a_text_reaches_the_two_way_topic_and_stop_is_the_services(toy):
    before = toy.run("text", PERSON, LONG_CODE, "Hello", check=False)
    assert before.returncode == 1 and "two-way SMS is off" in before.stderr
    voice = toy.aws("pinpoint-sms-voice-v2")
    voice.update_phone_number(
        PhoneNumberId=LONG_CODE_ID, TwoWayEnabled=True, TwoWayChannelArn=toy.exports["textsTopicArn"]
    )
    identifier = toy.run("text", PERSON, LONG_CODE, "Hello [you]").stdout.strip()
    told = next_of(toy, "textsQueueUrl")
    assert (told["inboundMessageId"], told["messageBody"]) == (identifier, "Hello [you]")
    toy.run("text", PERSON, LONG_CODE, "Hello [you]", "--id", identifier)
    assert next_of(toy, "textsQueueUrl") == told
    stopped = json.loads(toy.run("text", PERSON, LONG_CODE, "STOP", "--json").stdout)
    assert stopped["action"] == "opted out" and stopped["reply"] in toy.texts_to(PERSON)
    listed = voice.describe_opted_out_numbers(OptOutListName="Default")["OptedOutNumbers"]
    assert [(one["OptedOutNumber"], one["EndUserOptedOut"]) for one in listed] == [(PERSON, True)]


def test_a_role_that_may_not_publish_is_told(toy):
    voice = toy.aws("pinpoint-sms-voice-v2")
    role = "arn:aws:iam::000000000000:role/nobody"
    voice.update_phone_number(
        PhoneNumberId=TOLL_FREE_ID,
        TwoWayEnabled=True,
        TwoWayChannelArn=toy.exports["textsTopicArn"],
        TwoWayChannelRole=role,
    )
    with pytest.raises(SandboxError, match=f"role {role} does not allow sns:Publish"):
        inbound.text(toy.servers, "+14155550199", TOLL_FREE, "Hello")
