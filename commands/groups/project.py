"""Commands for the engagement project itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from boto3.session import Session
from botocore.config import Config

from commands.functions import CommandError, JsonOption
from commands.loading.load import load as load_all
from commands.loading.report import Report
from commands.loading.segments import read_ids
from commands.loading.sources import found
from commands.service import ENDPOINT_VARIABLES
from commands.service_models import pinpoint_session
from handlers.shared.clients import sign_for_function_url
from handlers.shared.overlapped import WORKERS

COMMANDS = typer.Typer(help="The engagement project.", no_args_is_help=True)
CONFIG = Config(
    max_pool_connections=WORKERS,
    connect_timeout=5,
    read_timeout=60,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 8},
)


@COMMANDS.callback()
def project() -> None:
    """The engagement project."""


@COMMANDS.command()
def load(
    places: Annotated[list[str], typer.Argument(metavar="PLACE...", help="Files, folders, s3://bucket/prefix.")],
    *,
    application: Annotated[
        str, typer.Option("--application", metavar="ID", help="The project's id: output applicationId.")
    ] = "",
    endpoint_url: Annotated[
        str,
        typer.Option(
            envvar=ENDPOINT_VARIABLES,
            metavar="URL",
            help="The hosted service: output endpointUrl. Without it: Amazon Pinpoint.",
        ),
    ] = "",
    errors: Annotated[Path, typer.Option(metavar="FILE", help="CSV file that gets what was not loaded.")] = Path(
        "load-errors.csv"
    ),
    ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON file of segment ids here by ids there; it is read, and completed."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load endpoints, segments and templates that were exported from Pinpoint. Loading them again changes nothing.

    Endpoints are CSV or JSON lines, segments and templates JSON as the API answers; gzip is unpacked. Ends with 1 where
    something was not loaded.
    """
    if not application and not dry_run:
        raise typer.BadParameter("--application ID is missing: output applicationId of the project's stack")
    client: Any = None
    if not dry_run:
        client = pinpoint_session().client("pinpoint", endpoint_url=endpoint_url or None, config=CONFIG)
        client = sign_for_function_url(client) if endpoint_url else client
        client.get_app(ApplicationId=application)
    known = read_ids(ids)
    with Report(errors) as report:
        try:
            load_all(client, application, found(places, lambda: Session().client("s3")), known, report)
        finally:
            if ids is not None and client is not None and known:
                ids.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    _tell(report, as_json=as_json)
    if report.problems:
        raise typer.Exit(1)
    if not any(report.counts.values()):
        raise CommandError("the files hold nothing to load")


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        file = str(report.path) if report.problems else None
        print(json.dumps({**report.counts, "problems": report.problems, "errors": file}))
        return
    for kind, counts in report.counts.items():
        if counts:
            print(f"{kind}: {', '.join(f'{count:,} {outcome}' for outcome, count in counts.items())}")
    for line in report.first:
        print(line, file=sys.stderr)
    if report.problems:
        print(f"{report.problems:,} problems; all of them are in {report.path}", file=sys.stderr)
