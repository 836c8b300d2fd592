"""What a stack has created: enough to compare, to change and to delete it."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.folder import write_text

STACK = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
"""Pulumi's own types, which are of no provider."""


@dataclass
class Record:
    """One resource. order: when it was created, so that what depends on it has a higher number.

    A component (custom False) has no id and no outputs. superseded: it was replaced and waits for its deletion.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    order: int
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    protect: bool = False
    retain: bool = False
    superseded: bool = False


class StackState:
    """The resources of one stack in a file, written after each change, so that a killed run loses at most one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: dict[str, Record] = {}
        self.leftovers: list[Record] = []
        """What is no longer part of the program but still exists: superseded, or retained on delete."""
        self.outputs: dict[str, Any] = {}
        self.references: set[str] = set()
        """Stacks whose outputs the program read at the last `up`."""
        self._next = 0
        self._texts: dict[str, str] = {}
        """Each of `records` as JSON: the file is written hundreds of times, a record changes once or twice."""
        self._changed = self._saved = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        if path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            self.records = {urn: Record(**record) for urn, record in content["resources"].items()}
            self._texts = {urn: json.dumps(record) for urn, record in content["resources"].items()}
            self.leftovers = [Record(**record) for record in content["leftovers"]]
            self.outputs = content["outputs"]
            self.references = set(content.get("references", ()))
            self._next = content["next"]

    def next_order(self) -> int:
        """A number above all that were given before."""
        with self._lock:
            self._next += 1
            return self._next

    def put(self, record: Record) -> None:
        """Records a resource as it now is."""
        with self._lock:
            self.records[record.urn] = record
            self._texts[record.urn] = json.dumps(asdict(record))
            self._changed += 1
        self._save()

    def supersede(self, record: Record) -> None:
        """Keeps a replaced resource until it is deleted."""
        with self._lock:
            self.leftovers.append(record)
            self._changed += 1
        self._save()

    def leave(self, record: Record) -> None:
        """Takes a resource out of the stack without deleting it: it is retained."""
        with self._lock:
            self.records.pop(record.urn, None)
            self._texts.pop(record.urn, None)
            self.leftovers.append(record)
            self._changed += 1
        self._save()

    def remove(self, record: Record) -> None:
        """Forgets a resource that was deleted."""
        with self._lock:
            if self.records.get(record.urn) is record:
                del self.records[record.urn]
                del self._texts[record.urn]
            self.leftovers = [kept for kept in self.leftovers if kept is not record]
            self._changed += 1
        self._save()

    def refer(self, stack: str) -> None:
        """Records that the stack builds on another one."""
        with self._lock:
            self.references.add(stack)
            self._changed += 1
        self._save()

    def set_outputs(self, outputs: Mapping[str, Any], references: Iterable[str] = ()) -> None:
        """Records what the stack exports, and all that it builds on."""
        with self._lock:
            self.outputs = dict(outputs)
            self.references = set(references)
            self._changed += 1
        self._save()

    def _save(self) -> None:
        """Returns when the file holds what was changed before; threads that wait for it are served by one write."""
        mine = self._changed
        with self._writing:
            if self._saved >= mine:
                return
            with self._lock:
                now, text = self._changed, self._text()
            write_text(self.path, text)
            self._saved = now

    def _text(self) -> str:
        rest = json.dumps(
            {
                "next": self._next,
                "outputs": self.outputs,
                "references": sorted(self.references),
                "leftovers": [asdict(record) for record in self.leftovers],
            },
            indent=1,
        )
        resources = ",\n".join(f"{json.dumps(urn)}: {text}" for urn, text in self._texts.items())
        return f'{rest.removesuffix("}").rstrip()},\n "resources": {{\n{resources}\n}}}}\n'
