"""Calls of a stack's functions that work in parts: again and again with their cursor, until they are done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from boto3.session import Session
from botocore.config import Config

from commands.errors import CommandError

FunctionOption = Annotated[
    str, typer.Option("--function", help="Name of the function: an output of the stack.", metavar="NAME")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_LONGEST_RUN = 910
"""Seconds: a function runs for 15 minutes at the most."""


def client() -> Any:
    """Lambda, in the account and region of the AWS CLI (or the sandbox's, by its variables)."""
    # A call that is given up here goes on there: never a second one beside it.
    config = Config(read_timeout=_LONGEST_RUN, tcp_keepalive=True, retries={"total_max_attempts": 1})
    return Session().client("lambda", config=config)


def answers(function: str, event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the function answers to `event`, and then to `event` with the cursor of its last answer, until the end.

    The end is `Done`, or no `Cursor` where an answer has no `Done`. Raises CommandError, or what Lambda answers.
    """
    lambda_client, cursor = client(), None
    while True:
        found = lambda_client.invoke(FunctionName=function, Payload=json.dumps({**event, "Cursor": cursor}).encode())
        text = found["Payload"].read().decode()
        if found.get("FunctionError"):
            raise CommandError(f"{function}: {_message(text)}")
        answer = json.loads(text)
        yield answer
        cursor = answer.get("Cursor")
        if answer.get("Done", cursor is None):
            return


def totals(found: Iterator[dict[str, Any]], *names: str) -> dict[str, int]:
    """The sums of these members over all answers."""
    result = dict.fromkeys(names, 0)
    for answer in found:
        for name in names:
            result[name] += answer[name]
    return result


def confirm(question: str, *, yes: bool) -> None:
    """Asks, unless `yes`. Raises typer.Abort where the answer is no."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _message(text: str) -> str:
    """The message of an error as Lambda hands it on."""
    try:
        error = json.loads(text)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return text[:1000]
