"""Commands for what could not be done: dead letters, error objects and failed runs of all stacks."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from commands.failures.clients import Clients
from commands.failures.discard import Record
from commands.failures.discard import discard as discard_all
from commands.failures.failure import age, withheld
from commands.failures.overview import Overview, overview, shown
from commands.failures.places import OUTPUTS_VARIABLE, Place, place_named, places_of
from commands.failures.redrive import redrive as redrive_all
from commands.functions import JsonOption, YesOption, confirm

COMMANDS = typer.Typer(help="What could not be done: dead letters, error objects, failed runs.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A place, as `list` names it.")]
StackOption = Annotated[
    list[str] | None,
    typer.Option("--stack", metavar="NAME", help="A Pulumi stack; may be given several times. Needs the Pulumi CLI."),
]
OutputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outputs",
        metavar="FILE",
        help=f"What `pulumi stack output --json` prints, or a folder of such files; - for stdin. Else: {OUTPUTS_VARIABLE}.",
    ),
]


@COMMANDS.callback()
def failures() -> None:
    """What could not be done: dead letters, error objects, failed runs."""


@COMMANDS.command("list")
def list_places(
    *,
    stack: StackOption = None,
    outputs: OutputsOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the places that are empty.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every place of the stacks: how many are in it, since when, why, and where they came from.

    Reasons and ages are those of a few that were looked at. JSON has the empty places too. Ends with 1 where a place
    could not be looked into.
    """
    clients = Clients()
    found = [overview(place, clients) for place in places_of(stack or (), outputs or ())]
    wanted = [each for each in found if each.count or each.problem or everything]
    if as_json:
        print(json.dumps([each.told() for each in found], indent=2))
    elif wanted:
        _print(wanted)
    else:
        print(f"nothing failed: {len(found)} places are empty")
    if any(each.problem for each in found):
        raise typer.Exit(1)


@COMMANDS.command()
def show(
    name: NameArgument,
    *,
    stack: StackOption = None,
    outputs: OutputsOption = None,
    most: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many, the oldest first.")] = 20,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Also what they hold, which may be personal data.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What is in a place: id, age, reason, source. Looking at a message counts as one receive of it."""
    place = _place(name, stack, outputs)
    found = shown(place, Clients(), most)
    if as_json:
        print(json.dumps([failure.told(with_data=with_data) for failure in found], indent=2))
        return
    for failure in found:
        reason = failure.reason if with_data else withheld(failure.reason)
        print(f"{failure.id}  {age(time.time() - failure.since)}  {failure.source}  {reason}")
        if with_data:
            print(f"  {failure.data}")
    if not found:
        print(f"{name} is empty")


@COMMANDS.command()
def redrive(
    name: NameArgument, *, stack: StackOption = None, outputs: OutputsOption = None, as_json: JsonOption = False
) -> None:
    """Try everything in a place again, after its cause was mended. Nothing is done twice.

    What is refused again is there again. Ends with 1 where something was left.
    """
    outcome = redrive_all(_place(name, stack, outputs), Clients())
    if as_json:
        print(json.dumps({"name": name, **outcome.told()}))
    else:
        print(f"{name}: {outcome.done} of {outcome.tried} tried again")
        for reason, count in outcome.kept.items():
            print(f"  {count} left: {reason}")
    if outcome.kept:
        raise typer.Exit(1)


@COMMANDS.command()
def discard(
    name: NameArgument,
    *,
    identifiers: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="One of them; may be given several times. Else: all.")
    ] = None,
    record: Annotated[
        str, typer.Option(metavar="TARGET", help="Where it is written down first: a file, or s3://BUCKET/PREFIX.")
    ] = "",
    stack: StackOption = None,
    outputs: OutputsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete what is in a place for good, after it was written down: what it was, why it failed, who discarded it."""
    place, clients = _place(name, stack, outputs), Clients()
    target = record or f"discarded-{name}.jsonl"
    what = f"{len(identifiers)} of {name}" if identifiers else f"all of {name}"
    confirm(f"Discard {what} for good, with a record in {target}?", yes=yes)
    done = discard_all(place, clients, Record(target, place, clients), frozenset(identifiers or ()))
    if as_json:
        print(json.dumps({"name": name, "discarded": done, "record": target if done else None}))
    else:
        print(f"{name}: {done} discarded" + (f", written down in {target}" if done else ""))
    if done < len(set(identifiers or ())):
        # Of a group of a FIFO queue, SQS hands out ten messages at the most while one of them is in somebody's hands.
        print(f"{name}: the others are not there, or behind the first ten of their group", file=sys.stderr)
        raise typer.Exit(1)


def _place(name: str, stack: list[str] | None, outputs: list[str] | None) -> Place:
    return place_named(places_of(stack or (), outputs or ()), name)


def _print(found: list[Overview]) -> None:
    table = Table("place", "count", "oldest", "why", "from", "redrive", box=None, pad_edge=False)
    for each in found:
        reasons = Counter(each.reasons).most_common(3)
        why = each.problem or "; ".join(reason if count == 1 else f"{reason} ({count})" for reason, count in reasons)
        oldest = "" if each.oldest is None else age(time.time() - each.oldest)
        way = "no" if each.place.way["by"] == "none" else "yes"
        table.add_row(each.place.name, str(each.count), oldest, why, ", ".join(each.sources), way)
    Console(width=200, markup=False).print(table)
