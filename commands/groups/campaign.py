"""Commands for campaigns of the hosted service."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import quote

import typer

from commands.functions import JsonOption
from commands.service import ENDPOINT_VARIABLES, post

COMMANDS = typer.Typer(help="Campaigns of the hosted service.", no_args_is_help=True)


@COMMANDS.callback()
def campaign() -> None:
    """Campaigns of the hosted service."""


@COMMANDS.command()
def resume(
    campaign_id: Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.")],
    *,
    application: Annotated[
        str, typer.Option(envvar="APPLICATION_ID", metavar="ID", help="The project's id: output applicationId.")
    ],
    endpoint_url: Annotated[
        str,
        typer.Option(envvar=ENDPOINT_VARIABLES, metavar="URL", help="The service: output endpointUrl."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Send the latest run's message to those who have none yet, and to nobody twice.

    Whoever was throttled or met a failure that passes is tried again, and so are the people whom the run did not reach. A message whose
    fate is not known (UNKNOWN) is not sent again.
    """
    path = f"/v1/apps/{quote(application, safe='')}/campaigns/{quote(campaign_id, safe='')}/resume"
    answer = post(endpoint_url, path)
    if as_json:
        print(json.dumps(answer))
        return
    before = ", ".join(f"{count} {status}" for status, count in sorted(answer["Before"].items())) or "nobody considered"
    print(f"campaign {campaign_id}, version {answer['Version']}, run {answer['Run']}: resumed. Before: {before}")
