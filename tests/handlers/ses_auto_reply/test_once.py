"""One reply for each mail and one for each address and day, whatever is delivered twice, throttled, broken or a loop."""

from __future__ import annotations

import itertools
import json
import threading

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from handlers.ses_auto_reply import function
from handlers.ses_auto_reply.ledger import BeingAnsweredError
from handlers.ses_auto_reply.sending import ATTEMPTS, NotSentError
from handlers.shared.claims import Standing
from handlers.shared.tables import table_client
from tests.handlers.ses_auto_reply.conftest import OURS, TABLE, record
from tests.handlers.shared.fakes import Context, client_error

HOUR = 3600
THROTTLED = client_error("TooManyRequestsException", 429, operation="SendEmail")
BROKEN = client_error("InternalServiceErrorException", 500, operation="SendEmail")
REFUSED = client_error("MessageRejected", 400, "Email address is not verified: ana@example.org", operation="SendEmail")


def failing(*errors):
    """SES's answer: each of these errors once, then it takes all."""
    left = list(errors)

    def answer(_):
        if left:
            raise left.pop(0)

    return answer


def items():
    return {item["pk"]["S"]: item for item in boto3.client("dynamodb").scan(TableName=TABLE)["Items"]}


def test_the_same_receipt_twice_gives_one_reply(world):
    assert [world.one()["Status"] for _ in range(3)] == ["REPLIED", "NO_REPLY", "NO_REPLY"]
    assert world.one()["Detail"] == "already-answered"
    world.now += 25 * HOUR
    assert world.one()["Detail"] == "already-answered"
    assert len(world.sent) == 1


def test_the_same_receipt_twice_in_one_event_gives_one_reply(world):
    assert [outcome["Status"] for outcome in world.receive(record(), record())] == ["REPLIED", "NO_REPLY"]


def test_an_address_gets_one_reply_a_day_whatever_its_letters(world):
    assert world.one(message_id="m1")["Status"] == "REPLIED"
    for number, address in enumerate(("ana@example.org", "ANA@Example.org", "Other Name <ana@example.org>")):
        assert world.one(message_id=f"n{number}", headers={"From": address})["Detail"] == "throttled"
    world.now += 24 * HOUR - 1
    assert world.one(message_id="m2")["Detail"] == "throttled"
    assert world.one(message_id="m3", headers={"From": "ben@example.org"})["Status"] == "REPLIED"
    world.now += 1
    assert world.one(message_id="m4")["Status"] == "REPLIED"
    assert [request["Destination"]["ToAddresses"] for request in world.sent] == [
        ["ana@example.org"],
        ["ben@example.org"],
        ["ana@example.org"],
    ]


def test_the_quiet_hours_are_config(world, configure):
    configure(QUIET_HOURS="1")
    world.remake()
    assert world.one(message_id="m1")["Status"] == "REPLIED"
    world.now += HOUR - 1
    assert world.one(message_id="m2")["Detail"] == "throttled"
    world.now += 1
    assert world.one(message_id="m3")["Status"] == "REPLIED"


def test_the_ledger_holds_no_address_and_forgets(world):
    world.one(message_id="m1")
    found = items()
    assert "ana" not in repr(found)
    assert found["mail#m1"]["state"]["S"] == "SENT"
    [correspondent] = [item for key, item in found.items() if key.startswith("to#")]
    assert int(correspondent["expires"]["N"]) == world.now + 24 * HOUR
    assert int(found["mail#m1"]["expires"]["N"]) == world.now + 15 * 24 * HOUR


def as_mail(request, number, *, marked):
    """The mail that the other side receives when we send this, or sends when it answers."""
    simple = request["Content"]["Simple"]
    headers = {header["Name"]: header["Value"] for header in simple["Headers"]} if marked else {}
    return record(
        {"From": request["FromEmailAddress"], "Subject": simple["Subject"]["Data"], **headers},
        message_id=f"loop{number}",
        source=request["FromEmailAddress"],
        recipients=tuple(request["Destination"]["ToAddresses"]),
    )


@pytest.mark.parametrize("marked", [True, False], ids=["that marks its replies", "that marks nothing"])
def test_a_hundred_mails_from_another_auto_replier_end_at_once(world, marked):
    """It answers each of ours, and goes on by itself too."""
    first = record({"From": "robot@other.example"}, source="robot@other.example", message_id="start")
    statuses = [world.receive(first)[0]["Detail"]]
    for number in range(100):
        answer = {
            "FromEmailAddress": "robot@other.example",
            "Destination": {"ToAddresses": [OURS]},
            "Content": {"Simple": world.sent[-1]["Content"]["Simple"]},
        }
        statuses.append(world.receive(as_mail(answer, number, marked=marked))[0]["Detail"])
    assert len(world.sent) == 1
    assert statuses == ["reply-1"] + ["auto-submitted" if marked else "throttled"] * 100


def test_our_own_reply_that_comes_back_is_not_answered(world):
    world.one()
    [outcome] = world.receive(as_mail(world.sent[0], 0, marked=True))
    assert outcome["Status"] == "NO_REPLY" and len(world.sent) == 1


def test_throttling_and_faults_on_every_third_call_change_nothing(world):
    errors = itertools.cycle([None, None, THROTTLED, None, None, BROKEN])

    def answer(_):
        if error := next(errors):
            raise error

    world.answer = answer
    outcomes = [world.one(message_id=f"m{number}", headers={"From": f"p{number}@example.org"}) for number in range(20)]
    assert {outcome["Status"] for outcome in outcomes} == {"REPLIED"}
    assert [request["Destination"]["ToAddresses"] for request in world.sent] == [
        [f"p{number}@example.org"] for number in range(20)
    ]


def test_throttling_and_faults_of_the_table_on_every_third_call_change_nothing(world):
    count = itertools.count(1)

    def third(**_):
        """Every third request is carried out, and answered by a fault nevertheless: botocore sends it again."""
        number = next(count)
        if number % 3:
            return None
        code, status = ("ThrottlingException", 400) if number % 2 else ("InternalServerError", 500)
        body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}).encode()

        class Raw:
            def stream(self, **_):
                yield body

        return AWSResponse("https://dynamodb", status, {"content-type": "application/x-amz-json-1.0"}, Raw())

    table_client().meta.events.register("before-send.dynamodb.*", third, unique_id="third")
    for number in range(10):
        one = {"message_id": f"m{number}", "headers": {"From": f"p{number}@example.org"}}
        assert world.one(**one)["Status"] == "REPLIED"
        assert world.one(**one)["Detail"] == "already-answered"
    assert len(world.sent) == 10 and next(count) > 30


def test_what_ses_never_takes_is_tried_by_the_next_call(world):
    world.answer = failing(*[BROKEN] * ATTEMPTS)
    with pytest.raises(NotSentError, match="InternalServiceErrorException"):
        world.one()
    assert items() == {}
    assert world.one()["Status"] == "REPLIED"
    assert world.one()["Detail"] == "already-answered"
    assert len(world.sent) == 1 and not world.unanswered()


def test_what_did_not_reach_ses_is_tried_again(world):
    world.answer = failing(ConnectTimeoutError(endpoint_url="https://ses"))
    assert world.one()["Status"] == "REPLIED"


def test_a_quota_is_tried_later_and_not_given_up(world):
    world.answer = failing(*[client_error("LimitExceededException", 400)] * ATTEMPTS)
    with pytest.raises(NotSentError):
        world.one()
    assert world.one()["Status"] == "REPLIED"


def test_a_mail_that_ses_refuses_is_reported_and_leaves_the_address_free(world, caplog):
    world.answer = failing(REFUSED)
    assert world.one(message_id="m1")["Status"] == "UNANSWERED"
    [(reason, reported)] = world.unanswered()
    assert reason == "SES: MessageRejected: SendEmail: Email address is not verified: ana@example.org"
    assert reported == record(message_id="m1")
    assert "example.org" not in repr([vars(entry) for entry in caplog.records])
    assert world.one(message_id="m2")["Status"] == "REPLIED"


def test_a_call_without_an_answer_is_not_repeated_but_reported(world):
    world.answer = failing(ReadTimeoutError(endpoint_url="https://ses"))
    assert world.one()["Status"] == "UNANSWERED"
    [(reason, _)] = world.unanswered()
    assert reason == "SES: ReadTimeoutError; it is not known whether the reply was sent; it is not sent again"
    assert world.one()["Detail"] == "already-answered"
    assert not world.sent


@pytest.mark.parametrize("status", [502, 504])
def test_a_call_that_a_gateway_broke_off_is_not_repeated_but_reported(world, status):
    world.answer = failing(client_error(str(status), status))
    assert world.one()["Status"] == "UNANSWERED"
    [(reason, _)] = world.unanswered()
    assert reason == f"SES: {status}; it is not known whether the reply was sent; it is not sent again"
    assert world.one()["Detail"] == "already-answered"
    assert not world.sent


def test_a_call_that_died_while_sending_is_not_repeated_but_reported_once(world):
    responder = function._responder()
    assert responder.ledger.claim("m1", "ana@example.org", 65).standing is Standing.CLAIMED
    with pytest.raises(BeingAnsweredError):
        world.one(message_id="m1")
    world.now += 70
    assert world.one(message_id="m1")["Status"] == "UNANSWERED"
    assert [reason for reason, _ in world.unanswered()] == [
        "it is not known whether the reply was sent; it is not sent again"
    ]
    assert world.one(message_id="m1")["Detail"] == "already-answered"
    assert not world.sent


def test_two_calls_at_once_send_one_reply(world):
    entered, leave, errors = threading.Event(), threading.Event(), []

    def slow(_):
        entered.set()
        assert leave.wait(30)

    world.answer = slow
    first = threading.Thread(target=lambda: world.one(message_id="m1"))
    first.start()
    assert entered.wait(30)
    try:
        world.one(message_id="m1")
    except BeingAnsweredError as error:
        errors.append(error)
    assert world.one(message_id="m2")["Detail"] == "throttled"
    leave.set()
    first.join(30)
    assert len(errors) == 1 and len(world.sent) == 1
    assert world.one(message_id="m1")["Detail"] == "already-answered"


CANNOT = {
    "no From": ({"headers": {"From": None}}, "there is no From"),
    "a From without an address": ({"headers": {"From": "Ana"}}, "the From field holds no address"),
    "an empty group": ({"headers": {"From": "undisclosed-recipients:;"}}, "the From field holds no address"),
    "a host without a domain": ({"headers": {"From": "Ana <ana@localhost>"}}, "the From field holds no address"),
    "a name beyond ASCII in the address": ({"headers": {"From": "josé@example.org"}}, "the From field holds no"),
    "nobody it was sent to": ({"recipients": ()}, "the receipt names no address that the mail was sent to"),
}


@pytest.mark.parametrize("kind", CANNOT)
def test_a_mail_that_cannot_be_answered_is_reported_with_the_reason(world, kind):
    mail, expected = CANNOT[kind]
    assert world.one(**mail)["Status"] == "UNANSWERED"
    [(reason, reported)] = world.unanswered()
    assert reason.startswith(expected)
    assert reported["ses"]["mail"]["messageId"] == "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1"
    assert not world.sent and items() == {}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"Records": [{}]}, "ses is missing"),
        ({"Records": [{"ses": {"mail": {}, "receipt": {}}}]}, "ses.mail.messageId is missing"),
        ({"Records": ["text"]}, "ses is missing"),
        ({"Records": []}, "Records is missing or empty"),
        ({"hello": 1}, "Records is missing or empty"),
    ],
)
def test_what_is_no_receipt_is_reported_too(world, event, expected):
    function.handler(event, Context())
    [(reason, _)] = world.unanswered()
    assert reason.startswith(expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            client_error("NotFoundException", 404, "no such template"),
            "email template auto-reply (project): Operation: no",
        ),
        ({"EmailTemplateResponse": {"Subject": "S"}}, "email template auto-reply (project) has neither"),
    ],
)
def test_a_template_that_is_not_there_or_empty_is_reported_and_leaves_the_address_free(world, answer, expected):
    good = world.project.answers["get_email_template"]
    world.project.answers["get_email_template"] = answer
    assert world.one()["Status"] == "UNANSWERED"
    assert world.unanswered()[0][0].startswith(expected)
    world.project.answers["get_email_template"] = good
    function._responder()._templates._kept = None
    assert world.one()["Status"] == "REPLIED"


def test_a_template_that_cannot_be_read_now_is_left_to_the_next_call(world):
    good = world.project.answers["get_email_template"]
    world.project.answers["get_email_template"] = client_error("InternalServerErrorException", 500)
    with pytest.raises(ClientError):
        world.one()
    world.project.answers["get_email_template"] = good
    assert world.one()["Status"] == "REPLIED"


def test_a_report_that_the_queue_does_not_take_is_left_to_the_next_call(world):
    world.sqs.delete_queue(QueueUrl=world.queue)
    with pytest.raises(ClientError):
        world.one(headers={"From": None})


def test_every_mail_is_replied_to_or_has_a_reason_or_is_in_the_queue_while_every_third_call_fails(world):
    """Each is delivered twice: mails = replies + reasons + unanswered."""
    errors = itertools.cycle([None, None, THROTTLED, None, None, BROKEN])

    def answer(request):
        if error := next(errors):
            raise error
        if request["Destination"]["ToAddresses"] == ["refused@example.org"]:
            raise REFUSED

    world.answer = answer
    mails = {
        **{f"person{n}": {"headers": {"From": f"person{n}@example.org"}} for n in range(30)},
        **{f"machine{n}": {"headers": {"Auto-Submitted": "auto-replied"}} for n in range(10)},
        "again": {"headers": {"From": "person0@example.org"}},
        "refused": {"headers": {"From": "refused@example.org"}},
        "nobody": {"headers": {"From": None}},
    }
    first = {name: world.one(message_id=name, **mail) for name, mail in mails.items()}
    second = {name: world.one(message_id=name, **mail) for name, mail in mails.items() if name.startswith("person")}
    assert {outcome["Detail"] for outcome in second.values()} == {"already-answered"}
    by_status = {
        status: {n for n, o in first.items() if o["Status"] == status}
        for status in ("REPLIED", "NO_REPLY", "UNANSWERED")
    }
    assert by_status["REPLIED"] == {f"person{n}" for n in range(30)} and len(world.sent) == 30
    assert {first[name]["Detail"] for name in by_status["NO_REPLY"]} == {"auto-submitted", "throttled"}
    assert by_status["UNANSWERED"] == {"refused", "nobody"}
    assert {mail["ses"]["mail"]["messageId"] for _, mail in world.unanswered()} == {"refused", "nobody"}
    assert sum(map(len, by_status.values())) == len(mails)
