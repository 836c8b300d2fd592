"""A report of campaigns, for people to look at."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.campaigns.project import Project
from commands.errors import CommandError
from commands.report.gathering import first_day, of_all, of_campaign, today
from commands.report.page import page
from commands.service import ApplicationOption, UrlOption
from handlers.engagement.metrics.cells import KEPT_DAYS


def report(
    campaign_id: Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help="A campaign; without it all that ran.")] = "",
    *,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="DAY|DAYS",
            help=f"All that ran since a day (2030-01-02) or days back (30d; {KEPT_DAYS}d).",
        ),
    ] = "",
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The file that is written.")] = Path(
        "report.html"
    ),
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    application: ApplicationOption,
    endpoint_url: UrlOption,
) -> None:
    """Write what a campaign came to, or all that ran since a day, as one HTML file with charts and tables.

    It needs nothing from anywhere: it can be mailed, printed and read aloud. The figures are those of `campaign results`.
    """
    if campaign_id and since:
        raise CommandError("give a campaign or --since, not both: a campaign's report is of all its runs")
    project = Project(application, endpoint_url)
    if campaign_id:
        found = of_campaign(project, campaign_id)
    else:
        found = of_all(project, first_day(since or f"{KEPT_DAYS}d", today()))
    html = page(found, datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    try:
        output.write_text(html, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}") from error
    print(f"{output}: {found.title}")
    if show:
        webbrowser.open(output.resolve().as_uri())


COMMAND = report
