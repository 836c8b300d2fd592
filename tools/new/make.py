"""Makes the files of a new architecture and enters it everywhere: `make new NAME=birthday_mail [STACK=audience]`.

What it makes works: a queue whose messages a function works off, a topic that tells of each, config, tests, a page. Nothing is
written unless all of it can be.
"""

from __future__ import annotations

import argparse
import ast
import re
import string
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).with_name("templates")
STACKS = ("audience", "campaigns", "email", "events", "sms")
"""The stack files whose `compose` collects exports of architectures that are on the engagement project."""
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 40


class RefusedError(Exception):
    """Cannot be made. The text says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Names:
    """An architecture's names, all of one: `birthday_mail`."""

    name: str
    stack: str
    number: int

    def values(self) -> dict[str, str]:
        words = self.name.split("_")
        title = " ".join(words)
        camel = words[0] + "".join(word.capitalize() for word in words[1:])
        return {
            "name": self.name,
            "stack": self.stack,
            "number": str(self.number),
            "camel": camel,
            "cls": "".join(word.capitalize() for word in words),
            "dashed": "-".join(words),
            "title": title[0].upper() + title[1:],
        }


MADE = {
    "component": "components/{name}.py",
    "package": "handlers/{name}/__init__.py",
    "environment": "handlers/{name}/environment.py",
    "message": "handlers/{name}/message.py",
    "function": "handlers/{name}/function.py",
    "component_test": "tests/components/test_{name}.py",
    "function_test": "tests/handlers/{name}/test_function.py",
    "page": "docs/{dashed}.md",
}
"""Template -> the file that is made of it."""


def new(root: Path, name: str, stack: str) -> list[Path]:
    """Makes the architecture in the repository at `root`. Returns the files that it wrote. Raises RefusedError."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise RefusedError(f"NAME={name!r}; allowed are lower-case words joined by _, {LONGEST} characters at most")
    if stack not in STACKS:
        raise RefusedError(f"STACK={stack!r}; allowed are {', '.join(STACKS)}")
    readme = (root / "README.md").read_text(encoding="utf-8")
    rows = [int(number) for number in re.findall(r"^\| (\d+) \| \[", readme, re.MULTILINE)]
    values = Names(name, stack, max(rows) + 1).values()
    written = {root / path.format(**values): _filled(template, values) for template, path in MADE.items()}
    if there := [str(path.relative_to(root)) for path in written if path.exists()]:
        raise RefusedError(f"NAME={name!r}: {', '.join(there)} exists already; allowed is a name that nothing has")
    written |= _entered(root, values)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(written)


def _filled(template: str, values: dict[str, str]) -> str:
    return string.Template((TEMPLATES / f"{template}.template").read_text(encoding="utf-8")).substitute(values)


def _entered(root: Path, values: dict[str, str]) -> dict[Path, str]:
    """The files that name every architecture, with this one in them."""
    stack, camel = values["stack"], values["camel"]
    found = {
        root / "stacks" / f"{stack}.py": _in_stack(
            (root / "stacks" / f"{stack}.py").read_text(encoding="utf-8"), values
        )
    }
    for config in (stack, "everything"):
        path = root / "stacks" / "config" / f"Pulumi.{config}.yaml"
        found[path] = path.read_text(encoding="utf-8").rstrip("\n") + "\n" + _filled("config", values)
    readme, runbook = root / "README.md", root / "docs" / "runbook.md"
    found[readme] = _after_last(readme, r"\| \d+ \| \[.*", _filled("row", values))
    found[runbook] = _after_last(runbook, r"\| `[a-z0-9-]+-dead-letters-alarm` \|.*", _filled("runbook", values))
    changes, cases = root / "tests/engine/life.py", root / "tests/outside/lambda_runtime/events.py"
    found[changes] = _in_dict(
        changes.read_text(encoding="utf-8"), "CHANGES", f'"{camel}": {{"maximumConcurrency": 3}},'
    )
    found[cases] = _in_dict(cases.read_text(encoding="utf-8"), "CASES", _filled("case", values))
    return found


def _in_stack(source: str, values: dict[str, str]) -> str:
    cls, name, camel = values["cls"], values["name"], values["camel"]
    source = _in_dict(source, "ARCHITECTURES", f'"{camel}": {cls}Config,')
    source = _in_dict(source, "EXPORTS", _filled("exports", values), first=True)
    lines = source.splitlines()
    [compose] = [
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "compose"
    ]
    end = compose.body[-1]
    if not isinstance(end, ast.Return):
        raise RefusedError(f"stacks/{values['stack']}.py: compose does not end with what it returns")
    lines.insert(end.lineno - 1, _filled("composed", values).rstrip("\n"))
    at = next(place for place, line in enumerate(lines) if line.startswith("from stacks import"))
    lines.insert(at, f"from components.{name} import {cls}, {cls}Args, {cls}Config")
    return "\n".join(lines) + "\n"


def _in_dict(source: str, name: str, entry: str, *, first: bool = False) -> str:
    """With one more entry in the dictionary of this name at a module's top level."""
    for node in ast.parse(source).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(each, ast.Name) and each.id == name for each in targets) and isinstance(
            value := node.value,  # pyright: ignore[reportAttributeAccessIssue] an assignment, as its targets show
            ast.Dict,
        ):
            lines = source.splitlines(keepends=True)
            line, column = (value.lineno, value.col_offset + 1) if first else (value.end_lineno, value.end_col_offset)
            assert line and column
            before, after = "".join(lines[: line - 1]), "".join(lines[line - 1 :])
            at = len(after.encode()[:column].decode()) - (0 if first else 1)
            comma = "" if first or (before + after[:at]).rstrip().endswith((",", "{")) else ","
            return f"{before}{after[:at].rstrip()}{comma}\n    {entry.strip()}\n{after[at:]}"
    raise RefusedError(f"there is no dictionary {name} to enter it in")


def _after_last(path: Path, pattern: str, row: str) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    at = max((place for place, line in enumerate(lines) if re.fullmatch(pattern, line)), default=-1)
    if at < 0:
        raise RefusedError(f"{path.name} has no table to enter it in")
    return "\n".join([*lines[: at + 1], row.rstrip("\n"), *lines[at + 1 :]]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make new")
    parser.add_argument("name")
    parser.add_argument("stack", nargs="?", default="audience")
    given = parser.parse_args()
    try:
        written = new(ROOT, given.name, given.stack)
    except RefusedError as refused:
        print(f"make new: {refused}", file=sys.stderr)
        return 1
    sources = [str(path) for path in written if path.suffix == ".py"]
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--select", "I", "--fix", *sources], cwd=ROOT, check=True)
    subprocess.run([*ruff, "format", "--quiet", *sources], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "docs.generate"], cwd=ROOT, check=True)
    print("\n".join(str(path.relative_to(ROOT)) for path in written))
    print("Next: make check, then make it do what it is for (CONTRIBUTING.md, A new architecture)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
