"""A function that is called right after its rights were written waits until they are in effect."""

import types

import pytest
from botocore.exceptions import ClientError

from handlers.shared import crud
from handlers.shared.crud import crud_handler


class TakenError(Exception):
    """Some other error of a handler."""


def denied(code="AccessDeniedException", status=400):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetItem")


@pytest.fixture
def clock(monkeypatch):
    """Time that passes by sleeping alone."""
    clock = types.SimpleNamespace(now=0.0)
    monkeypatch.setattr(crud.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(crud.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
    return clock


def until(clock, seconds, error):
    """A handler that raises `error` until so many seconds have passed, and the calls that it got."""
    calls = []

    @crud_handler
    def handler(event, context):
        calls.append(clock.now)
        if clock.now < seconds:
            raise error
        return {"Done": True}

    return handler, calls


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize(
    "error",
    [
        denied(),
        denied("AccessDenied", 403),
        denied("AuthorizationError", 403),
        denied("", 403),
        denied("InternalServerErrorException", 500),
    ],
)
def test_what_is_denied_for_a_minute_is_done_then(clock, action, error):
    handler, calls = until(clock, 60, error)
    assert handler({"tf": {"action": action}}, None) == {"Done": True}
    assert len(calls) > 3 and 60 <= clock.now < 75


def test_what_is_denied_for_good_is_raised_as_it_came(clock):
    error = denied()
    handler, _ = until(clock, 1e9, error)
    with pytest.raises(ClientError) as raised:
        handler({"tf": {"action": "create"}}, None)
    assert raised.value is error
    assert 60 <= clock.now <= 75


def test_a_denial_within_another_error_is_seen(clock):
    calls = []

    @crud_handler
    def handler(event, context):
        calls.append(event)
        if len(calls) > 1:
            return {}
        try:
            raise denied()
        except ClientError as error:
            raise TakenError from error

    assert handler({"tf": {"action": "create"}}, None) == {}
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("delete", denied()),
        ("create", TakenError()),
        ("create", denied("ResourceNotFoundException")),
        ("update", denied("ValidationException")),
    ],
)
def test_what_does_not_get_better_is_raised_at_once(clock, action, error):
    handler, calls = until(clock, 60, error)
    with pytest.raises(type(error)):
        handler({"tf": {"action": action}}, None)
    assert len(calls) == 1


def test_it_stops_while_the_functions_time_lasts(clock):
    context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 40_000)
    handler, _ = until(clock, 1e9, denied())
    with pytest.raises(ClientError):
        handler({"tf": {"action": "create"}}, context)
    assert clock.now <= 25
