"""Commands for architecture 8, the message archiver."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.functions import FunctionOption, JsonOption, YesOption, answers, confirm, totals

COMMANDS = typer.Typer(help="The message archive.", no_args_is_help=True)
EndpointArgument = Annotated[str, typer.Argument(help="Endpoint id.")]


@COMMANDS.command("list")
def list_messages(endpoint_id: EndpointArgument, function: FunctionOption, as_json: JsonOption = False) -> None:
    """Print key, size in bytes and time of each message archived for an endpoint. The function is output
    archiveRecordsFunctionName."""
    for answer in answers(function, {"operation": "list", "EndpointId": endpoint_id}):
        for message in answer["Messages"]:
            if as_json:
                print(json.dumps(message))
            else:
                print(f"{message['Key']}  {message['Size']}  {message['LastModified']}")


@COMMANDS.command()
def delete(
    endpoint_id: EndpointArgument,
    function: FunctionOption,
    identifier: Annotated[
        list[str] | None, typer.Option("--also", help="Another id or address of this person.", metavar="IDENTIFIER")
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete all that is archived for an endpoint, its lines in the list of sends and in the refused records included."""
    confirm(f"Delete all that is archived for {endpoint_id} for good?", yes=yes)
    event = {"operation": "delete", "EndpointId": endpoint_id, "Identifiers": identifier or []}
    done = totals(answers(function, event), "Messages", "Objects", "Rewritten", "Deleted", "Lines")
    if as_json:
        print(json.dumps(done))
    else:
        print(
            f"{done['Messages']} versions of messages deleted, {done['Lines']} lines beside them: "
            f"{done['Rewritten']} objects rewritten, {done['Deleted']} deleted, of {done['Objects']} looked through"
        )
