"""Writes the generated tables of docs/*.md and README.md: `python -m docs.generate [--check]`.

A table stands between `<!-- generated: NAME ARGUMENT... -->` and `<!-- /generated -->`; NAME is one of docs/tables.py.
With `--check` nothing is written: what would change is shown as a diff, and the exit status is 1 if there is any.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path

from docs.tables import TABLES

FOLDER = Path(__file__).parent
_BLOCK = re.compile(r"<!-- generated: (?P<what>[^>]*?) -->\n(?P<body>.*?)<!-- /generated -->", re.DOTALL)
_MARKS = re.compile(r"<!-- /?generated")


class PageError(ValueError):
    """A page's marks are wrong. The text names the page and what is wrong."""


def pages() -> list[Path]:
    """The pages with tables in them, or that may have."""
    return [*sorted(FOLDER.glob("*.md")), FOLDER.parent / "README.md"]


def generated(page: Path) -> str:
    """The page's text with its tables as the code has them now."""
    text = page.read_text(encoding="utf-8")
    if len(_MARKS.findall(text)) != 2 * len(_BLOCK.findall(text)):
        raise PageError(f"{page.name}: a `<!-- generated: ... -->` without its `<!-- /generated -->`, or the reverse")

    def fill(block: re.Match[str]) -> str:
        name, *arguments = block["what"].split()
        if name not in TABLES:
            raise PageError(f"{page.name}: there is no table {name!r}; known: {', '.join(TABLES)}")
        return f"<!-- generated: {block['what']} -->\n{TABLES[name](*arguments)}\n<!-- /generated -->"

    return _BLOCK.sub(fill, text)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Writes the tables of the docs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a table would change")
    check = parser.parse_args(arguments).check
    changed = False
    for page in pages():
        before, after = page.read_text(encoding="utf-8"), generated(page)
        if before == after:
            continue
        changed = True
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(
                    before.splitlines(keepends=True), after.splitlines(keepends=True), page.name, f"{page.name} (code)"
                )
            )
        else:
            page.write_text(after, encoding="utf-8")
            print(f"written: {page.name}")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
