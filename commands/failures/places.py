"""The failure places of deployed stacks, as their output `failurePlaces` lists them (components/building_blocks/failures.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.errors import CommandError

OUTPUTS_VARIABLE = "ENGAGEMENT_OUTPUTS"
EXPORT = "failurePlaces"


@dataclass(frozen=True)
class Place:
    """One place. stack: whose it is. where: `queueUrl`, or `bucket` and `prefix`, or `stateMachineArn`. way: its redrive."""

    stack: str
    name: str
    what: str
    where: Mapping[str, str]
    way: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """`queue`, `objects` or `runs`."""
        if "queueUrl" in self.where:
            return "queue"
        return "objects" if "bucket" in self.where else "runs"


def places_of(stacks: Sequence[str], outputs: Sequence[str]) -> list[Place]:
    """All places of Pulumi stacks, of files with a stack's outputs (`-`: stdin) and of folders of such files.

    A file holds what `pulumi stack output --json` or `sandbox outputs` prints. Raises CommandError where none is found.
    """
    found = [place for stack, exports in exports_of(stacks, outputs) for place in places_in(stack, exports)]
    if not found:
        raise CommandError(
            f"no stack exports {EXPORT}: name stacks with --stack NAME (Pulumi), or files with their outputs with "
            f"--outputs FILE or {OUTPUTS_VARIABLE}; a stack that is older must be brought up once more"
        )
    return found


def place_named(places: Iterable[Place], name: str) -> Place:
    """The place of a name. Raises CommandError for one that is not there, or in several stacks."""
    places = list(places)
    found = [place for place in places if place.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(
            f"{name} is in several stacks, {', '.join(place.stack for place in found)}: name one of them"
        )
    raise CommandError(f"there is no place {name!r}; there are {', '.join(sorted(place.name for place in places))}")


def exports_of(stacks: Sequence[str], outputs: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The outputs of each stack, by its name, from where `places_of` reads them. Raises CommandError where one cannot be read."""
    for stack in stacks:
        yield stack, _of_pulumi(stack)
    named = list(outputs)
    if not named and not stacks:
        named = [name for name in os.environ.get(OUTPUTS_VARIABLE, "").split(os.pathsep) if name]
    for name in named:
        if name == "-":
            yield "stdin", _document("stdin", sys.stdin.read())
            continue
        path = Path(name)
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            try:
                text = file.read_text(encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{file} cannot be read: {error.strerror}") from error
            yield file.stem, _document(str(file), text)


def _of_pulumi(stack: str) -> Mapping[str, Any]:
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 the person's own CLI
    except FileNotFoundError as error:
        raise CommandError("the Pulumi CLI is not there, which --stack needs; --outputs FILE does without") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise CommandError(f"pulumi stack output --stack {stack}: {lines[-1]}")
    return _document(stack, done.stdout)


def _document(name: str, text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{name} is a JSON {type(document).__name__}; needed is an object of a stack's outputs")
    inner = document.get("outputs")
    return inner if isinstance(inner, dict) else document


def places_in(stack: str, exports: Mapping[str, Any]) -> Iterator[Place]:
    """The places that a stack's outputs list."""
    for entry in exports.get(EXPORT, ()):
        where = {name: entry[name] for name in ("queueUrl", "bucket", "prefix", "stateMachineArn") if name in entry}
        yield Place(stack, entry["name"], entry["what"], where, entry["redrive"])
