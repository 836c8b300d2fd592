"""What docs/templates.md says that a template prints is what it prints."""

from __future__ import annotations

import json
import re

import pytest

from docs import generate
from handlers.shared.templates.helpers import CONDITIONS, HELPERS
from handlers.shared.templates.renderer import render

PAGE = (generate.FOLDER / "templates.md").read_text()
ENDPOINT = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
EXAMPLES = [
    (template.replace("\\|", "|"), printed)
    for table in re.findall(r"\| written \| prints \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    for template, printed in re.findall(r"^\| `(.*)` \| `(.*)` \|$", table, re.MULTILINE)
]


@pytest.mark.parametrize(("template", "printed"), EXAMPLES)
def test_an_example_prints_what_stands_beside_it(template: str, printed: str) -> None:
    assert render(template, ENDPOINT) == printed


def test_every_row_is_an_example_and_every_helper_stands_on_the_page() -> None:
    tables = re.findall(r"\| written \| prints \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert len(EXAMPLES) == sum(table.count("\n") for table in tables) >= 30
    assert [name for name in [*HELPERS, *CONDITIONS] if not re.search(rf"\b{name}\b", PAGE)] == []
