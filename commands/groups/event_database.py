"""Commands for architecture 7, the event database."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.functions import FunctionOption, JsonOption, YesOption, answers, confirm, totals

COMMANDS = typer.Typer(help="The event database.", no_args_is_help=True)


@COMMANDS.callback()
def group() -> None:
    """The event database."""


@COMMANDS.command()
def erase(
    identifiers: Annotated[
        list[str], typer.Argument(help="Endpoint ids, email addresses, phone numbers, user id of one person.")
    ],
    function: FunctionOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete one person's events, refused records and query results. The function is output eventErasureFunctionName."""
    confirm(f"Delete all events of {', '.join(identifiers)} for good?", yes=yes)
    found = answers(function, {"Identifiers": identifiers})
    done = totals(found, "Objects", "Rewritten", "Deleted", "Lines")
    if as_json:
        print(json.dumps(done))
    else:
        print(
            f"{done['Lines']} lines deleted: {done['Rewritten']} objects rewritten, {done['Deleted']} deleted, "
            f"of {done['Objects']} looked through"
        )
