"""Shell blocks of a page, run as a person pastes them: in one bash, in order, each with what the page says that it prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Block:
    """Commands, and the lines that they print among others, in this order; `...` stands for whatever differs."""

    commands: str
    printed: tuple[str, ...] = ()

    def missing(self, output: str) -> str | None:
        """The first line that the output does not have, after those before it."""
        lines = iter(output.splitlines())
        for wanted in self.printed:
            pattern = ".*".join(map(re.escape, wanted.strip().split("...")))
            if not any(re.fullmatch(pattern, line.strip()) for line in lines):
                return wanted
        return None


@dataclass(frozen=True)
class Ran:
    """What became of a block. output: of both streams, as a person sees it."""

    block: Block
    output: str
    code: int

    @property
    def wrong(self) -> str | None:
        """What a person would stumble over."""
        if self.code:
            return f"exit code {self.code}"
        missing = self.block.missing(self.output)
        return None if missing is None else f"it does not print {missing!r}"


def section(text: str, title: str) -> str:
    """A section of a page, with those within it."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title!r}"
    return found[1]


def blocks(text: str) -> list[Block]:
    """The shell blocks of a text; a block of kind `text` right after one is what it prints."""
    found: list[Block] = []
    before = None
    for match in FENCE.finditer(text):
        kind, content = match.groups()
        if kind == "sh":
            found.append(Block(content))
        elif kind == "text" and before is not None and before[1] == "sh":
            found[-1] = Block(found[-1].commands, tuple(content.splitlines()))
        before = match
    return found


def run(given: list[Block], folder: Path, environment: Mapping[str, str]) -> list[Ran]:
    """Runs blocks in one bash; it stops at the first command that fails, and after a time that no page needs."""
    mark = f"-- {uuid.uuid4().hex} --"
    script = f"\necho '{mark}'\n".join(["set -e", *(block.commands for block in given)])
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env={**environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LONGEST_SECONDS)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = 124
    parts = output.split(f"{mark}\n")[1:]
    codes = [*[0] * (len(parts) - 1), code]
    return [Ran(block, part, ended) for block, part, ended in zip(given, parts, codes, strict=False)]
