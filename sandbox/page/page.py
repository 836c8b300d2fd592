"""Reads a running sandbox, and writes the page. Nothing is changed but the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from commands.failures.overview import overview
from commands.failures.places import EXPORT, places_in
from sandbox import operations, outbox
from sandbox.folder import REPOSITORY, Folder, write_text
from sandbox.page import runs
from sandbox.page.mails import Seen, seen
from sandbox.page.stacks import Stack, drawn
from sandbox.page.template import PAGE
from sandbox.servers import Servers

MOST_MESSAGES = 300
MOST_CHARACTERS = 20_000_000
"""Of all mails together: a browser opens no more with ease."""
AT_ONCE = 8


@dataclass(frozen=True)
class Content:
    """What the page tells. places: of errors, as `engagement failures list --json` tells them; empty: how many others there are."""

    at: str
    stacks: Sequence[Stack]
    runs: Sequence[runs.Execution]
    more_runs: int
    messages: Sequence[Seen]
    more_messages: int
    places: Sequence[Mapping[str, Any]]
    empty: int


def write(folder: Folder, servers: Servers) -> Path:
    """Writes the page into the sandbox's own folder; returns its path."""
    file = folder.home / "page.html"
    write_text(file, html(_read(folder, servers)))
    return file


def html(content: Content) -> str:
    """The page. All that is not its own is escaped; what has no UTF-8 is a question mark."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    text = environment.from_string(PAGE).render(**vars(content))
    return text.encode("utf-8", "replace").decode()


def latest(messages: Sequence[Any]) -> tuple[list[Seen], int]:
    """The latest messages as their recipients see them, the newest first; and how many older ones there are."""
    shown: list[Seen] = []
    characters = 0
    for message in reversed(messages[-MOST_MESSAGES:]):
        found = seen(message)
        characters += len(found.html) + len(found.text)
        if shown and characters > MOST_CHARACTERS:
            break
        shown.append(found)
    return shown, len(messages) - len(shown)


def _read(folder: Folder, servers: Servers) -> Content:
    aws: Any = servers.clients()
    states = {stack: operations.state(folder, stack) for stack in operations.deployed(folder)}
    places = [
        place for stack, state in states.items() if EXPORT in state.outputs for place in places_in(stack, state.outputs)
    ]
    for service in ("sqs", "s3", "stepfunctions"):
        aws(service)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [each.told() for each in pool.map(lambda place: overview(place, aws), places)]
    told = [each for each in found if each["count"] or each.get("problem")]
    executions, more_runs = runs.executions(aws("stepfunctions"))
    messages, more_messages = latest(outbox.messages(folder, servers))
    docs = REPOSITORY / "docs"
    return Content(
        at=datetime.now(UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC"),
        stacks=drawn(
            {stack: (list(state.records.values()), state.outputs) for stack, state in states.items()},
            docs if docs.is_dir() else None,
        ),
        runs=executions,
        more_runs=more_runs,
        messages=messages,
        more_messages=more_messages,
        places=[{"problem": "", **each} for each in told],
        empty=len(found) - len(told),
    )
