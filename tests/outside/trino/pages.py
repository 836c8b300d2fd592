"""The queries that the pages and the examples show."""

import json
import re
from collections.abc import Iterator

from sandbox.folder import REPOSITORY
from tests.outside.trino.engine import statements

SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)
OPTION = re.compile(r'--query-string "([^"$]+)"')
ARGUMENT = re.compile(r'\bask "(SELECT [^"]+)"')
"""Of the pages' own shell function."""
INPUT = re.compile(r'"Query": ("SELECT (?:[^"\\]|\\.)*")')
SCHEDULE = re.compile(r"^ *(?:# *)?query: (SELECT .+)$", re.MULTILINE)
INLINE = re.compile(r"`(SELECT [^`]+)`")
QUOTE = "'\"'"
"""How the shell has an apostrophe between apostrophes."""
LEFT_OUT = "SELECT ..."


def example(name: str) -> list[str]:
    """The statements of a file of docs/examples/."""
    return list(statements((REPOSITORY / "docs" / "examples" / name).read_text()))


def queries(text: str) -> Iterator[str]:
    """The queries that a page or a stack's sample config shows, in any of its ways to show one."""
    for block in SQL.findall(text):
        yield from statements(block)
    yield from OPTION.findall(text)
    yield from ARGUMENT.findall(text)
    yield from (json.loads(found) for found in INPUT.findall(text.replace(QUOTE, "'")))
    yield from SCHEDULE.findall(text)
    yield from INLINE.findall(text)


def page(name: str) -> list[str]:
    """A page's queries, each once."""
    found = queries((REPOSITORY / "docs" / f"{name}.md").read_text())
    return [query for query in dict.fromkeys(found) if query != LEFT_OUT]
