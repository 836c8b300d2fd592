"""Commands for journeys of the hosted service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import islice
from typing import Annotated

import typer

from commands.campaigns.output import CsvOption, check, print_json, print_rows
from commands.campaigns.project import Project
from commands.errors import CommandError
from commands.functions import JsonOption
from commands.journeys.drawing import lines, mermaid
from commands.journeys.figures import COUNTED, head
from commands.journeys.graph import nodes
from commands.service import ApplicationOption, UrlOption

COMMANDS = typer.Typer(help="Journeys of the hosted service.", no_args_is_help=True)

AT_ONCE = 8
LISTED = ("Id", "Name", "State", "LastModified", *COUNTED)


@COMMANDS.callback()
def journey() -> None:
    """Journeys of the hosted service."""


@COMMANDS.command("list")
def list_journeys(
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    most: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many, the newest first.")] = 20,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Journeys, their states, and how many entered, are inside and left."""
    check(as_json=as_json, as_csv=as_csv)
    project = Project(application, endpoint_url)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = list(pool.map(lambda found: head(project, found), islice(project.journeys(), most)))
    print_rows(rows, LISTED, "journeys", as_json=as_json, as_csv=as_csv)


@COMMANDS.command()
def show(
    journey_id: Annotated[str, typer.Argument(metavar="ID", help="The journey's id.")],
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    run: Annotated[str, typer.Option(metavar="ID", help="Of this run alone (GetJourneyRuns).")] = "",
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="A Mermaid flowchart, for a page.")] = False,
    as_json: JsonOption = False,
) -> None:
    """A journey as a diagram: its activities, what became of participants at each, and how many went which way."""
    if as_mermaid and as_json:
        raise CommandError("--mermaid and --json exclude each other")
    project = Project(application, endpoint_url)
    found = project.journey(journey_id)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = pool.submit(head, project, found, run)
        drawn = nodes(found, lambda activity: project.journey_counts(journey_id, activity, run), pool.map)
    if as_mermaid:
        print("\n".join(mermaid(drawn)))
    elif as_json:
        print_json({**first.result(), "Activities": [asdict(each) for each in drawn]})
    else:
        row = first.result()
        told = ", ".join(f"{row[name]:,} {name.lower()}" for name in COUNTED)
        print(f"{row['Name'] or row['Id']}: {row['State']}, {told}")
        print("\n".join(lines(drawn)))
