"""The command `engagement api`: one call of the hosted service, signed as a function URL asks for, which the AWS CLI cannot do."""

from __future__ import annotations

import difflib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import jmespath
import typer
from botocore import xform_name
from jmespath.exceptions import JMESPathError

from commands.errors import CommandError
from commands.service import ENDPOINT_VARIABLES
from commands.service_models import ONCE, pinpoint_session
from handlers.shared.clients import sign_for_function_url

NOT_TWICE = ("send-", "create-")
"""How the names of operations begin that do a thing once more when they are called once more: a second campaign writes to everybody again."""


def call(
    operation: Annotated[str, typer.Argument(help="An operation of Pinpoint's API: GetEndpoint, or get-endpoint.")],
    *,
    text: Annotated[
        str,
        typer.Option(
            "--json", metavar="JSON", help="The call's parameters, as boto3 names them; @FILE, or - for stdin."
        ),
    ] = "{}",
    query: Annotated[
        str,
        typer.Option(
            metavar="JMESPATH", help="Print what this finds in the answer, a text without its quotes, as `aws --query`."
        ),
    ] = "@",
    application: Annotated[
        str,
        typer.Option(envvar="APPLICATION_ID", metavar="ID", help="ApplicationId, where --json has none."),
    ] = "",
    endpoint_url: Annotated[
        str,
        typer.Option(
            envvar=ENDPOINT_VARIABLES,
            metavar="URL",
            help="The hosted service: output endpointUrl. Without it: Amazon Pinpoint.",
        ),
    ] = "",
) -> None:
    """Call the engagement project's API; prints the answer as JSON. An error of the service is one line, exit code 1."""
    expression = _expression(query)
    config = ONCE if xform_name(operation.replace("_", "-"), "-").startswith(NOT_TWICE) else None
    client: Any = pinpoint_session().client("pinpoint", endpoint_url=endpoint_url or None, config=config)
    client = sign_for_function_url(client) if endpoint_url else client
    name = _operation(client, operation)
    given = _parameters(text)
    shape = client.meta.service_model.operation_model(name).input_shape
    if application and shape and "ApplicationId" in shape.members:
        given.setdefault("ApplicationId", application)
    answer = getattr(client, xform_name(name))(**given)
    answer.pop("ResponseMetadata", None)
    try:
        shown = expression.search(answer)
    except JMESPathError as error:
        raise CommandError(f"{name} was called; --query {query!r} cannot be asked of its answer: {error}") from error
    print(shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False, default=_text))


def _expression(query: str) -> Any:
    try:
        return jmespath.compile(query)
    except JMESPathError as error:
        reason = " ".join(str(error).split())
        raise CommandError(f"--query {query!r} is no JMESPath expression: {reason}") from error


def _operation(client: Any, wanted: str) -> str:
    names: dict[str, str] = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    key = xform_name(wanted.replace("_", "-"), "-")
    if key not in names:
        near = difflib.get_close_matches(key, names, 3)
        hint = f"; near are {', '.join(names[entry] for entry in near)}" if near else ""
        raise CommandError(f"{wanted} is no operation of Pinpoint's API{hint}")
    return names[key]


def _parameters(text: str) -> dict[str, Any]:
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        given = json.loads(text)
    except (OSError, ValueError) as error:
        raise CommandError(f"--json cannot be read as JSON: {error}") from error
    if not isinstance(given, dict):
        raise CommandError(f"--json is a JSON {type(given).__name__}; needed is an object of the call's parameters")
    return given


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


COMMAND = call
"""The module is one command (commands/command.py)."""
