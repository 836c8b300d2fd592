"""Commands for the engagement project itself."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from boto3.session import Session
from botocore.config import Config

from commands.campaigns.project import Project
from commands.erasing.erasure import EXPORTS, write_receipt
from commands.erasing.erasure import erase as erasure
from commands.erasing.person import find
from commands.errors import CommandError
from commands.failures.places import OUTPUTS_VARIABLE, exports_of
from commands.functions import JsonOption, YesOption, confirm
from commands.groups.failures import OutputsOption, StackOption
from commands.loading.load import load as load_all
from commands.loading.report import Report
from commands.loading.segments import read_ids
from commands.loading.sources import found
from commands.service import ENDPOINT_VARIABLES, ApplicationOption, UrlOption, project_endpoints
from commands.service_models import pinpoint_session
from handlers.shared.clients import sign_for_function_url
from handlers.shared.overlapped import WORKERS
from handlers.shared.suppression_lists.requesters import problem_of

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
    """Load endpoints, segments, templates and journeys that were exported from Pinpoint. Loading them again changes nothing.

    Journeys become drafts, which UpdateJourneyState publishes. Endpoints are CSV or JSON lines, the others JSON as the API answers; gzip is unpacked. Ends with 1 where
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


@COMMANDS.command()
def erase(
    who: Annotated[
        list[str], typer.Argument(metavar="WHO...", help="Endpoint ids, user ids, addresses and numbers of one person.")
    ],
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    stack: StackOption = None,
    outputs: OutputsOption = None,
    receipt: Annotated[Path, typer.Option(metavar="FILE", help="JSON file that tells what was deleted where.")] = Path(
        "erasure-receipt.json"
    ),
    reference: Annotated[str, typer.Option(metavar="TEXT", help="Goes into the receipt: a ticket, no name.")] = "",
    by: Annotated[str, typer.Option(metavar="WHO", help="Who does it; default: your user name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find the person, and delete nothing.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete one person: archived messages, events, endpoints, what campaigns and journeys hold of them. Their wish for no more messages stays.

    All endpoints of the person's users are the person's. The receipt has no name of theirs, and says what remains, how long and why.
    Again changes nothing. Ends with 1 where a place failed: endpoints stay then, by which the person is found again.
    """
    deleter = by or getpass.getuser()
    if wrong := problem_of(deleter):
        raise CommandError(f"--by {wrong}")
    exports = dict(exports_of(stack or (), outputs or ()))
    if not exports:
        raise CommandError(
            "name the stacks, by whose outputs archive and events are found: --stack NAME, --outputs FILE or "
            f"{OUTPUTS_VARIABLE}"
        )
    functions = {place: found[name] for place, name in EXPORTS.items() for found in exports.values() if found.get(name)}
    project = Project(application, endpoint_url)
    endpoints = project_endpoints(application, endpoint_url)
    person = find(project, endpoints, who)
    if dry_run or not as_json:
        print(f"{len(person.endpoints)} endpoints, {len(person.users)} users: {', '.join(person.identifiers)}")
    if dry_run:
        return
    confirm("Delete all that is held of this person for good?", yes=yes)
    done = write_receipt(
        receipt, erasure(project, endpoints, person, functions, deleter), reference, deleter, application
    )
    if as_json:
        print(json.dumps(done))
    else:
        for place in done["Places"]:
            counts = ", ".join(f"{value} {name}" for name, value in place.items() if isinstance(value, int))
            print(" ".join(f"{place['Place']}: {place['Result']} {counts} {place.get('Note', '')}".split()))
        print(f"receipt: {receipt}; it says what remains, how long and why")
    if not done["Done"]:
        raise typer.Exit(1)


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
