"""Commands for campaigns of the hosted service."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from commands.campaigns import watching
from commands.campaigns.figures import head, of_campaign, results
from commands.campaigns.output import CsvOption, check, print_csv, print_json, print_rows, print_table, shown
from commands.campaigns.previews import CHANNELS, content_of_template, contents_of_campaign, endpoint_from
from commands.campaigns.previews import preview as preview_of
from commands.campaigns.project import Project
from commands.errors import CommandError
from commands.functions import JsonOption, YesOption, confirm
from commands.service import ApplicationOption, UrlOption, post

COMMANDS = typer.Typer(help="Campaigns of the hosted service.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.")]
TemplateOption = Annotated[str, typer.Option("--template", metavar="NAME", help="A template, by its active version.")]
ChannelOption = Annotated[str, typer.Option("--channel", metavar="SMS|EMAIL", help="The template's type.")]
FileOption = Annotated[
    Path | None, typer.Option("--data", metavar="FILE", help="JSON of an endpoint, as GetEndpoint answers it.")
]

AT_ONCE = 8
FIGURES = (
    *("Audience", "Sent", "Delivered", "Failed", "LeftOut", "OptedOut", "Opened", "Clicked"),
    *("DeliveryRate", "OpenRate", "ClickRate"),
)
LISTED = ("Id", "Name", "State", "When", *FIGURES)


@COMMANDS.callback()
def campaign() -> None:
    """Campaigns of the hosted service."""


@COMMANDS.command("list")
def list_campaigns(
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    most: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many, the newest first.")] = 20,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Campaigns and what they came to: over all their runs, of the last 90 days."""
    check(as_json=as_json, as_csv=as_csv)
    project = Project(application, endpoint_url)

    def row(found: dict[str, Any]) -> dict[str, Any]:
        return {**head(found), **of_campaign(project.activities(found["Id"]), project.counted(found["Id"])).told()}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = list(pool.map(row, islice(project.campaigns(), most)))
    print_rows(rows, LISTED, "campaigns", as_json=as_json, as_csv=as_csv)


@COMMANDS.command("results")
def show_results(
    campaign_id: IdArgument,
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """What a campaign came to: by treatment, channel and run; why messages failed, who was left out and why, what messages cost.

    CSV has a row for each run and treatment. Delivered and what follows need `events.translation: true`.
    """
    check(as_json=as_json, as_csv=as_csv)
    project = Project(application, endpoint_url)
    found = results(project.campaign(campaign_id), project.activities(campaign_id), project.counted(campaign_id))
    if as_json:
        print_json(found)
        return
    if as_csv:
        print_csv(found["Runs"], ("Run", "Start", "State", *FIGURES))
        return
    print(f"{found['Name'] or found['Id']}: {found['State']}")
    for name in (*FIGURES, "Complained", "UniqueDeliveries", "SmsSpendDollars", "EmailSpendDollars"):
        print(f"  {name:<17}{shown(name, found[name]):>12}")
    for title, names in {
        "Treatments": ("Treatment", *FIGURES),
        "Channels": ("Channel", "Sent", "Delivered", "Failed", "Parts"),
        "Reasons": ("Channel", "Reason", "Count"),
        "WhoWasLeftOut": ("Reason", "Count"),
    }.items():
        if found[title]:
            print(f"\n{title}")
            print_table(found[title], names)


@COMMANDS.command()
def recipient(
    campaign_id: IdArgument,
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id.")],
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Whether an endpoint got a campaign's message, run by run, and why not.

    SUCCESS: it was handed over to the channel. NOT_CONSIDERED: it was not in the segment, opted out, inactive, or of another channel then.
    """
    check(as_json=as_json, as_csv=as_csv)
    found = Project(application, endpoint_url).recipient(campaign_id, endpoint)
    names = ("Version", "Run", "Status", "TreatmentId", "At")
    if as_json:
        print_json(found)
    elif as_csv:
        print_csv(found["Item"], names)
    else:
        now = {"CLAIMED": "may be written to"}.get(found["Standing"], found["Standing"])
        print(f"{endpoint}: now {now if found['Exists'] else 'there is no such endpoint'}")
        print_table(found["Item"], names)


@COMMANDS.command()
def watch(
    campaign_id: IdArgument,
    *,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    every: Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="Between two looks.")] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """Follow a campaign's latest run to its end: how many are considered, the rate, and the time that remains.

    The remaining time is known for segments that were imported. JSON: one line for each look. Ends with 1 where the run failed.
    """
    project = Project(application, endpoint_url)
    found = watching.watch(project, project.campaign(campaign_id), every, as_json=as_json)
    if found.result == "FAIL":
        raise typer.Exit(1)


@COMMANDS.command("send-test")
def send_test(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An email address, or a number in E.164.")],
    *,
    template: TemplateOption,
    channel: ChannelOption,
    data: FileOption = None,
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="ID", help="An endpoint whose data it shows.")] = "",
    application: ApplicationOption,
    endpoint_url: UrlOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send a template to one address, rendered with an endpoint's data and shown first."""
    project = Project(application, endpoint_url)
    kind = _channel(channel)
    own = {"Address": address, "ChannelType": kind}
    given = endpoint_from(data) if data else project.endpoint(endpoint) if endpoint else {}
    rendered = preview_of(content_of_template(project, kind, template), {**given, **own})
    if not as_json:
        _print_preview(rendered)
    if "Problem" in rendered:
        raise CommandError(rendered["Problem"])
    if any("{{" in str(value) for value in rendered.values()):
        raise CommandError("the rendered message holds {{, which the service would take for a variable")
    confirm(f"Send this to {address}?", yes=yes)
    parts = {"Subject": "Subject", "Html": "HtmlPart", "Text": "TextPart"}
    message: dict[str, Any] = (
        {"SMSMessage": {"Body": rendered["Body"]}}
        if kind == "SMS"
        else {"EmailMessage": {"SimpleEmail": {to: {"Data": rendered[of]} for of, to in parts.items() if rendered[of]}}}
    )
    request = {"Addresses": {address: {"ChannelType": kind}}, "MessageConfiguration": message}
    result = project.send(request)[address]
    if as_json:
        print_json({**rendered, "Result": result})
    else:
        print(f"{result['DeliveryStatus']}: {result.get('MessageId') or result.get('StatusMessage', '')}")
    if result["DeliveryStatus"] != "SUCCESSFUL":
        raise typer.Exit(1)


@COMMANDS.command()
def preview(
    campaign_id: Annotated[str, typer.Argument(metavar="[ID]", help="A campaign; or --template and --channel.")] = "",
    *,
    template: TemplateOption = "",
    channel: ChannelOption = "",
    endpoint: Annotated[
        list[str] | None, typer.Option("--endpoint", metavar="ID", help="An endpoint; may be given several times.")
    ] = None,
    data: FileOption = None,
    application: ApplicationOption,
    endpoint_url: UrlOption,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """How a campaign's messages, or a template, look for endpoints: rendered, with parts and encoding of a text. Nothing is sent.

    What a hook would change is not shown. Ends with 1 where one cannot be rendered.
    """
    check(as_json=as_json, as_csv=as_csv)
    if bool(campaign_id) == bool(template):
        raise CommandError("give a campaign's id, or --template and --channel")
    project = Project(application, endpoint_url)
    endpoints = [project.endpoint(identifier) for identifier in endpoint or ()]
    endpoints += [endpoint_from(data)] if data else []
    if not endpoints:
        raise CommandError("give whom it is for: --endpoint ID, or --data FILE")
    if template:
        contents = {"": content_of_template(project, _channel(channel), template)}
        endpoints = [{**each, "ChannelType": _channel(channel)} for each in endpoints]
    else:
        contents = contents_of_campaign(project, project.campaign(campaign_id))
    rows = [
        {**({"Treatment": name} if name else {}), **preview_of(content, each)}
        for each in endpoints
        for name, content in contents.items()
    ]
    if as_json:
        print_json(rows)
    elif as_csv:
        names = ("Treatment", "Endpoint", "Channel", "Parts", "Encoding", "Body", "Subject", "Html", "Text", "Problem")
        print_csv(rows, names)
    else:
        for row in rows:
            _print_preview(row)
    if any("Problem" in row for row in rows):
        raise typer.Exit(1)


@COMMANDS.command()
def resume(
    campaign_id: IdArgument, *, application: ApplicationOption, endpoint_url: UrlOption, as_json: JsonOption = False
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


def _channel(given: str) -> str:
    channel = given.upper()
    if channel not in CHANNELS:
        raise CommandError(f"--channel is {given!r}; allowed are {', '.join(CHANNELS)}")
    return channel


def _print_preview(row: dict[str, Any]) -> None:
    head_line = " ".join(str(row[name]) for name in ("Endpoint", "Channel", "Treatment") if row.get(name))
    if "Parts" in row:
        plural = "" if row["Parts"] == 1 else "s"
        head_line += f": {row['Parts']} part{plural}, {row['Encoding']}, {row['Characters']} characters"
    print(f"--- {head_line}")
    for name in ("Subject", "Body", "Text", "Html", "Problem"):
        if row.get(name):
            print(row[name] if name == "Body" else f"{name}: {row[name]}")
