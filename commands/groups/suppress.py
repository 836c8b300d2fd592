"""Commands for the lists of addresses that nobody is to write to any more."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from commands.errors import CommandError
from commands.functions import JsonOption, YesOption, confirm
from commands.service import ApplicationOption, UrlOption, use_service
from handlers.shared.project_endpoints import SearchFailedError
from handlers.shared.records.errors import FileError
from handlers.shared.suppression_lists.entries import (
    BadLine,
    Entry,
    NoAddressError,
    entry_of,
    layout_of,
    read_entries,
)
from handlers.shared.suppression_lists.lists import CHANNELS, DEFAULT_LIST, SuppressionLists
from handlers.shared.suppression_lists.requesters import problem_of

COMMANDS = typer.Typer(help="Numbers and email addresses that nobody is to write to any more.", no_args_is_help=True)
NOTES = Console(stderr=True)
AT_ONCE = 2000
BLOCK = 1 << 18

WhatArgument = Annotated[
    list[str], typer.Argument(metavar="FILE|ADDRESS...", help="Files, email addresses, numbers in E.164.")
]
ListOption = Annotated[
    list[str],
    typer.Option(
        "--opt-out-list",
        metavar="NAME",
        help="An opt-out list of End User Messaging; repeatable.",
        default_factory=lambda: [DEFAULT_LIST],
    ),
]


@COMMANDS.command()
def add(
    what: WhatArgument,
    *,
    application: ApplicationOption = "",
    endpoint_url: UrlOption = "",
    opt_out_list: ListOption,
    by: Annotated[str, typer.Option(metavar="WHO", help="Who asks for it; default: your user name.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Put addresses on every list that holds messages back: SES's, End User Messaging's, the project's.

    A file has one address a line, or is CSV with a column Address. A bad line stops no other. Doing it again changes nothing.
    """
    who = by or getpass.getuser()
    if wrong := problem_of(who):
        raise CommandError(f"--by {wrong}")
    lists = _lists(application, endpoint_url, opt_out_list)
    _change(what, lambda entries: lists.add(entries, who), "suppressed", as_json)


@COMMANDS.command()
def remove(
    what: WhatArgument,
    *,
    application: ApplicationOption = "",
    endpoint_url: UrlOption = "",
    opt_out_list: ListOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take addresses off every list, and opt the endpoints that have them in again.

    A number can be taken off an opt-out list once in 30 days.
    """
    confirm("People who asked for no more messages will get them again. Go on?", yes=yes)
    lists = _lists(application, endpoint_url, opt_out_list)
    _change(what, lists.remove, "taken off all lists", as_json)


@COMMANDS.command("list")
def list_(
    *,
    application: ApplicationOption = "",
    endpoint_url: UrlOption = "",
    opt_out_list: ListOption,
    as_json: JsonOption = False,
) -> None:
    """Everything that is on a list: one row for each address and list. JSON: one object a line."""
    lists = _lists(application, endpoint_url, opt_out_list)
    try:
        rows = ({"Address": found.address, "Channel": found.channel, **found.public()} for found in lists.all())
        if as_json:
            for row in rows:
                print(json.dumps(row, ensure_ascii=False))
            return
        _print(rows, "Address", "List", "Since", "By")
    except SearchFailedError as error:
        raise CommandError(str(error)) from None


@COMMANDS.command()
def check(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An email address, or a number in E.164.")],
    *,
    application: ApplicationOption = "",
    endpoint_url: UrlOption = "",
    opt_out_list: ListOption,
    as_json: JsonOption = False,
) -> None:
    """Which lists hold an address back, since when, who asked; and the endpoints that have it."""
    lists = _lists(application, endpoint_url, opt_out_list)
    try:
        entry = entry_of(address)
        found = lists.find(entry)
        endpoints = _endpoints(lists, entry)
    except (NoAddressError, SearchFailedError) as error:
        raise CommandError(str(error)) from None
    answer = {
        "Address": entry.address,
        "Channel": entry.channel,
        "Suppressed": bool(found),
        "Lists": [item.public() for item in found],
        "Endpoints": endpoints,
    }
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    print(f"{entry.address} is {'suppressed' if found else 'on no list'}")
    if found:
        _print((item.public() for item in found), "List", "Since", "By")
    if endpoints:
        _print(endpoints, "Id", "ChannelType", "EndpointStatus", "OptOut")


def _lists(application: str, endpoint_url: str, names: list[str]) -> SuppressionLists:
    use_service(endpoint_url)
    lists = SuppressionLists(application, names)
    if lists.endpoints is None:
        missing = " and ".join(
            name for name, given in (("--application", application), ("--endpoint-url", endpoint_url)) if not given
        )
        NOTES.print(f"AWS's lists alone, no project's opt-outs: {missing} not given", highlight=False, soft_wrap=True)
    return lists


def _endpoints(lists: SuppressionLists, entry: Entry) -> list[dict[str, Any]]:
    if lists.endpoints is None:
        return []
    found = [lists.endpoints.by_address(channel, {entry.address: ()}) for channel in CHANNELS[entry.channel]]
    shown = ("Id", "ChannelType", "EndpointStatus", "OptOut")
    return [
        {name: endpoint.get(name, "") for name in shown}
        for by_address in found
        for endpoints in by_address.values()
        for endpoint in endpoints
    ]


def _change(what: list[str], change: Any, done: str, as_json: bool) -> None:
    """Carries a change out for all addresses of the arguments, a part at a time. Ends with exit code 1 where one is not done."""
    count = 0
    troubles: list[dict[str, Any]] = []
    read = _read(what)
    while part := list(islice(read, AT_ONCE)):
        good = [(source, entry) for source, entry in part if isinstance(entry, Entry)]
        troubles += [_trouble(source, bad.line, bad.reason) for source, bad in part if isinstance(bad, BadLine)]
        changes = change([entry for _, entry in good])
        count += len(changes.done(len(good)))
        for position, reason in sorted((changes.failed | changes.refused).items()):
            source, entry = good[position]
            troubles.append(_trouble(source, entry.line, reason))
    if as_json:
        print(json.dumps({"Done": count, "NotDone": troubles}, ensure_ascii=False))
    else:
        for trouble in troubles:
            where = f"{trouble['Source']} line {trouble['Line']}" if trouble["Line"] else trouble["Source"]
            print(f"{where}: {trouble['Reason']}")
        print(f"{count} {done}, {len(troubles)} not")
    if troubles:
        raise typer.Exit(1)


def _trouble(source: str, line: int, reason: str) -> dict[str, Any]:
    return {"Source": source, "Line": line, "Reason": reason}


def _read(what: list[str]) -> Iterator[tuple[str, Entry | BadLine]]:
    """The addresses of all arguments, each with the argument. An argument that is a file is read as one."""
    for given in what:
        path = Path(given)
        if path.is_file():
            try:
                with path.open("rb") as file:
                    layout, blocks = layout_of(iter(lambda: file.read(BLOCK), b""))
                    for found, _ in read_entries(_behind(blocks, layout.first.offset), layout, layout.first):
                        yield given, found
            except (FileError, OSError) as error:
                yield given, BadLine(0, str(error))
            continue
        try:
            yield given, entry_of(given)
        except NoAddressError as error:
            yield given, BadLine(0, f"is no file, and {error}")


def _behind(blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    """The bytes from an offset on."""
    for block in blocks:
        if offset < len(block):
            yield block[offset:]
        offset = max(0, offset - len(block))


def _print(rows: Any, *names: str) -> None:
    table = Table(*names)
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in names))
    Console(width=200, soft_wrap=True).print(table)
