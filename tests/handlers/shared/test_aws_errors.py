from __future__ import annotations

import io

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from handlers.campaign_hook import lookups
from handlers.custom_channel import calling
from handlers.engagement.api import function as api
from handlers.engagement.messages import email
from handlers.engagement.messages.bulk_email import BulkEmailSender, Entry, Layout
from handlers.ses_auto_reply import sending as replies
from handlers.shared import aws_errors
from handlers.shared.messages import failures, push
from handlers.sms_s3_drop import sending
from handlers.sms_s3_drop.columns import Text
from tests.handlers.shared.fakes import FakeClient, client_error

THROTTLING = ThrottledRetryableChecker._THROTTLED_ERROR_CODES
TRANSIENT = TransientRetryableChecker._TRANSIENT_ERROR_CODES
STATUSES = (400, 429, 503)


@pytest.mark.parametrize(
    ("code", "status", "refused"),
    [
        ("BadRequestException", 400, True),
        ("NotFoundException", 404, True),
        ("TooManyRequestsException", 429, False),
        ("AnyException", 429, False),
        ("InternalServerErrorException", 500, False),
        ("NewThrottlingException", 400, False),
    ],
)
def test_a_refusal_is_what_trying_again_does_not_change(code, status, refused):
    assert aws_errors.is_refusal(client_error(code, status)) is refused


def test_the_lists_are_botocores_own():
    assert set(THROTTLING) == aws_errors.THROTTLING_CODES
    assert set(TRANSIENT) == aws_errors.TRANSIENT_CODES


class Repeatable:
    repeatable = True


class Once:
    repeatable = False


CALL = calling.Call("app", "campaign", "activity", "0", "endpoint", "EMAIL", "ana@example.com", 0)


def refused_by_api(error: ClientError) -> bool:
    return api._refusal(error, "GetApp", "1").status != 429


def refused_by_look_up(error: ClientError) -> bool:
    return lookups.failure(error).reason != lookups.THROTTLED


PLACES = {
    "tasks of state machines, suppression, opt-out lists, endpoint updates": aws_errors.is_refusal,
    "texts": lambda error: failures.failure(error).status not in {"THROTTLED", "TEMPORARY_FAILURE"},
    "emails": lambda error: email.failure(error).status not in {"THROTTLED", "TEMPORARY_FAILURE"},
    "automatic replies": lambda error: replies._final(error) is not None,
    "dropped texts": lambda error: not sending._refused(error).again,
    "channels whose calls may be repeated": lambda error: calling._told(Repeatable(), CALL, error).outcome != "",
    "channels whose calls may not": lambda error: calling._told(Once(), CALL, error).outcome != "",
    "the API": refused_by_api,
    "look-ups of a hook": refused_by_look_up,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("status", STATUSES)
def test_no_place_takes_throttling_for_a_refusal(place, status):
    assert [code for code in THROTTLING if PLACES[place](client_error(code, status))] == []


KNOWN_NOT_TO_HAVE_HAPPENED = {
    "texts": lambda error: failures.failure(error).status != "UNKNOWN_FAILURE",
    "emails": lambda error: email.failure(error).status != "UNKNOWN_FAILURE",
    "automatic replies": lambda error: not isinstance(replies._final(error), replies.NoAnswerError),
    "dropped texts": lambda error: sending._refused(error).status != sending.UNKNOWN,
    "channels whose calls may be repeated": lambda error: not calling._told(Repeatable(), CALL, error).doubted,
    "channels whose calls may not": lambda error: calling._told(Once(), CALL, error).outcome != calling.UNKNOWN,
}


@pytest.mark.parametrize("place", KNOWN_NOT_TO_HAVE_HAPPENED)
def test_what_a_gateway_broke_off_may_have_gone_out_and_nothing_else_may(place):
    knows = {status: KNOWN_NOT_TO_HAVE_HAPPENED[place](client_error(str(status), status)) for status in range(400, 600)}
    assert [status for status, known in knows.items() if not known] == [502, 504]


def told_by_ses(error: ClientError):
    sender = BulkEmailSender(email.EmailSender("shop@example.com", client=FakeClient({"send_bulk_email": error})))
    [found, _] = sender.send(Layout("", "Hello", "Hello", ""), [Entry(f"p{at}@example.com", {}) for at in range(2)])
    return found


def told_by_pinpoint(error: ClientError):
    pushes = [push.Push(f"token-{at}", "GCM", {"Body": "Hello"}) for at in range(2)]
    [found, _] = push.PushSender("app", FakeClient({"send_messages": error})).send(pushes)
    return found


def told_by_drop(error: ClientError):
    texts = [
        Text("run", row, row, f"+1206555010{row}", "Hello", "12345", "PROMOTIONAL", "", "", "") for row in range(2)
    ]
    [found, _] = sending.send(FakeClient({"send_messages": error}), "app", texts).values()
    return "THROTTLED" if found.again else f"{found.status}_FAILURE"


CALLS_FOR_SEVERAL = {
    "emails": lambda error: told_by_ses(error).status,
    "push messages": lambda error: told_by_pinpoint(error).status,
    "dropped texts": told_by_drop,
}


@pytest.mark.parametrize("place", CALLS_FOR_SEVERAL)
def test_of_a_call_for_several_some_may_have_gone_out_before_the_service_s_own_trouble_ended_it(place):
    for status in range(500, 600):
        assert CALLS_FOR_SEVERAL[place](client_error(str(status), status)) == "UNKNOWN_FAILURE"
    assert CALLS_FOR_SEVERAL[place](client_error("SlowDown", 503)) == "THROTTLED"
    assert CALLS_FOR_SEVERAL[place](client_error("429", 429)) == "THROTTLED"


def test_a_hook_that_was_throttled_is_asked_again_and_is_known_not_to_have_run(monkeypatch):
    from handlers.engagement.campaigns import hook

    answers = [client_error(code, 400) for code in THROTTLING]

    class Lambda:
        def invoke(self, **_request):
            if answers:
                raise answers.pop()
            return {"Payload": io.BytesIO(b"{}")}

    monkeypatch.setattr(hook, "aws_client", lambda *_, **__: Lambda())
    monkeypatch.setattr(hook, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(hook, "ATTEMPTS", len(THROTTLING) + 1)
    assert hook._invoke("hook", {}, again=False) == {}
