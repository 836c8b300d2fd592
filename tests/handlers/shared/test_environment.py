from __future__ import annotations

from dataclasses import dataclass

import pytest

from handlers.shared.environment import Environment, EnvironmentProblemError, variable


@dataclass(frozen=True, kw_only=True)
class Sender(Environment):
    """What a function is told."""

    queue_url: str
    bucket: str = variable("WORK_BUCKET")
    sender: str = variable(optional=True)
    calls: int = variable(minimum=1)
    limit: int = variable(optional=True, minimum=1)
    seconds: float
    duplicates: bool
    source: str = variable(allowed=("project", "ses"))
    channels: tuple[str, ...]
    columns: dict[str, str] = variable(json=True)
    parameters: tuple[str, ...] = variable(optional=True, json=True)


GIVEN = {
    "QUEUE_URL": "https://sqs/1",
    "WORK_BUCKET": "work",
    "CALLS": "16",
    "SECONDS": "0.5",
    "DUPLICATES": "false",
    "SOURCE": "ses",
    "CHANNELS": "SMS,EMAIL",
    "COLUMNS": '{"id": "string"}',
    "PARAMETERS": '["a", "b"]',
}


def test_each_type_is_read_as_it_is_written():
    assert Sender.read(GIVEN) == Sender(
        queue_url="https://sqs/1",
        bucket="work",
        sender="",
        calls=16,
        limit=0,
        seconds=0.5,
        duplicates=False,
        source="ses",
        channels=("SMS", "EMAIL"),
        columns={"id": "string"},
        parameters=("a", "b"),
    )
    assert Sender.read({**GIVEN, "PARAMETERS": ""}).parameters == ()


def test_the_process_has_them(monkeypatch):
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    assert Sender.read().queue_url == "https://sqs/1"


def test_what_is_declared_can_be_listed():
    assert Sender.variables()[:3] == ("QUEUE_URL", "WORK_BUCKET", "SENDER")
    assert set(Sender.variables()) - set(Sender.needed()) == {"SENDER", "LIMIT", "PARAMETERS"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("QUEUE_URL", None, "QUEUE_URL is missing or empty"),
        ("WORK_BUCKET", "", "WORK_BUCKET is missing or empty"),
        ("CALLS", "0", "CALLS is '0'; allowed is a whole number from 1"),
        ("CALLS", "²", "CALLS is '²'; allowed is a whole number from 1"),
        ("CALLS", "1.5", "CALLS is '1.5'; allowed is a whole number from 1"),
        ("SECONDS", "soon", "SECONDS is 'soon'; allowed is a number"),
        ("DUPLICATES", "yes", "DUPLICATES is 'yes'; allowed are true and false"),
        ("SOURCE", "smtp", "SOURCE is 'smtp'; allowed are project and ses"),
        ("COLUMNS", "{", "COLUMNS is '{'; allowed is JSON"),
    ],
)
def test_what_is_not_as_it_must_be_is_named_with_what_is_allowed(name, value, message):
    given = {key: text for key, text in {**GIVEN, name: value}.items() if text is not None}
    with pytest.raises(EnvironmentProblemError) as raised:
        Sender.read(given)
    assert message in str(raised.value)


def test_all_problems_are_in_one_message():
    with pytest.raises(EnvironmentProblemError, match=r"Sender: .*QUEUE_URL.*WORK_BUCKET.*CALLS.*SECONDS"):
        Sender.read({})
