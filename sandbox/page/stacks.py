"""What is up: each architecture of a stack, what it is made of, where it can be looked at, and whom it uses."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.deployer.state import STACK, STACK_REFERENCE, Record

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ADDRESS = re.compile(r"https?://[^\s\"'<>{}|\\^`]+")
_OWN_HOSTS = ("http://127.0.0.1", "http://localhost")
_FOR_PROGRAMS = "QueueUrl"
"""How outputs end whose address is no page."""
_SHOWN = frozenset(
    {
        "Bucket", "CatalogTable", "Dashboard", "Distribution", "EventRule", "FirehoseDeliveryStream", "Function", "FunctionUrl",
        "Key", "LayerVersion", "MetricAlarm", "Queue", "ReceiptRule", "Schedule", "StateMachine", "Stream", "Table", "Topic",
        "Workgroup",
    }
)  # fmt: skip
"""Kinds of resources that do something; roles, policies, settings and logs belong to these, and are counted together."""
_OTHERS = "settings and rights"


@dataclass(frozen=True)
class Part:
    """An architecture, or another component right below a stack.

    Attributes:
        anchor: Its place on the page. page: the file that describes it; "" where there is none.
        made_of: How many resources of a kind, by kind.
        uses: Names and anchors of the parts whose resources it names.
    """

    name: str
    anchor: str
    page: str
    made_of: Mapping[str, int]
    uses: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Stack:
    """A stack that is up, with its parts, and the addresses among its outputs by name."""

    name: str
    parts: Sequence[Part]
    links: Mapping[str, str]


def drawn(states: Mapping[str, tuple[Sequence[Record], Mapping[str, Any]]], docs: Path | None) -> list[Stack]:
    """The stacks, drawn from their resources and outputs, by name. docs: the folder with the pages, where there is one."""
    groups = {stack: _groups(records) for stack, (records, _) in states.items()}
    owners: dict[str, tuple[str, str]] = {}
    for stack, parts in groups.items():
        for part, records in parts.items():
            for name in _names(records):
                owners[name] = (part, _anchor(stack, part))
    return [
        Stack(
            stack,
            [_part(stack, name, records, owners, docs) for name, records in sorted(parts.items())],
            addresses(states[stack][1]),
        )
        for stack, parts in groups.items()
    ]


def addresses(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The outputs that are addresses of this machine, by name."""
    return {
        name: value
        for name, value in sorted(outputs.items())
        if isinstance(value, str) and value.startswith(_OWN_HOSTS) and _ADDRESS.fullmatch(value)
        if not name.endswith(_FOR_PROGRAMS)
    }


def _groups(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The resources by the component right below the stack that they belong to; others by themselves."""
    by_urn = {record.urn: record for record in records}
    found: dict[str, list[Record]] = {}
    for record in records:
        if not record.custom or record.type in (STACK, STACK_REFERENCE):
            continue
        top, above = record, by_urn.get(record.parent)
        while above is not None and above.type != STACK:
            top, above = above, by_urn.get(above.parent)
        found.setdefault(top.type.rpartition(":")[2] if not top.custom else "Others", []).append(record)
    return found


def _part(
    stack: str, name: str, records: Sequence[Record], owners: Mapping[str, tuple[str, str]], docs: Path | None
) -> Part:
    anchor = _anchor(stack, name)
    text = json.dumps([record.inputs for record in records])
    uses = {owner for known, owner in owners.items() if owner[1] != anchor and known in text}
    kinds = Counter(record.type.rpartition(":")[2] for record in records)
    made_of = {kind: number for kind, number in sorted(kinds.items()) if kind in _SHOWN}
    if others := kinds.total() - sum(made_of.values()):
        made_of[_OTHERS] = others
    page = docs / f"{_kebab(name)}.md" if docs else None
    return Part(
        name=" ".join(_WORD.split(name)),
        anchor=anchor,
        page=page.as_uri() if page and page.exists() else "",
        made_of=made_of,
        uses=sorted((" ".join(_WORD.split(used)), place) for used, place in uses),
    )


def _names(records: Sequence[Record]) -> Iterator[str]:
    """What other resources call these: their ARNs, and ids that nothing else is called by."""
    for record in records:
        arn = record.outputs.get("arn")
        if isinstance(arn, str) and arn.startswith("arn:"):
            yield arn
        if record.id.startswith(("arn:", "http")):
            yield record.id


def _anchor(stack: str, part: str) -> str:
    return f"{stack}-{_kebab(part)}"


def _kebab(name: str) -> str:
    return "-".join(_WORD.split(name)).lower()
