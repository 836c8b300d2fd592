"""The same templates here and in handlebars.js print the same, but for the differences that docs/templates.md lists."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from docs.handlebars_differences import DIFFERENCES
from handlers.shared.templates.renderer import RenderingError, render
from tests.handlers.shared.templates.differential_cases import AS_TEXT_ALONE, DIFFERENT, VARIABLES, cases

HERE = Path(__file__).parent
MODULES = HERE.parents[3] / "tools" / "node_modules"
CASES = list(cases())

pytestmark = pytest.mark.skipif(
    not (MODULES / "handlebars").is_dir(), reason="tools/node_modules has no handlebars: `make test` installs it (npm)"
)


def theirs(asked: list[dict[str, Any]]) -> list[dict[str, str]]:
    done = subprocess.run(
        ["node", str(HERE / "handlebars.cjs"), str(MODULES)],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(template: str, *, escape: bool) -> dict[str, str]:
    try:
        return {"text": render(template, VARIABLES, escape=escape)}
    except RenderingError as error:
        return {"error": str(error)}


def same(one: dict[str, str], other: dict[str, str]) -> bool:
    return one["text"] == other.get("text") if "text" in one else "error" in other


@pytest.mark.parametrize("escape", [False, True], ids=["as text", "as HTML"])
def test_templates_print_what_handlebars_js_prints(escape: bool) -> None:
    answers = theirs([{"template": template, "variables": VARIABLES, "escape": escape} for template, _ in CASES])
    wrong = []
    for (template, key), their in zip(CASES, answers, strict=True):
        our = ours(template, escape=escape)
        different = bool(key) and not (escape and key in AS_TEXT_ALONE)
        if same(their, our) == different:
            wrong.append(f"{template!r} ({key or 'no difference is intended'})\n   theirs: {their}\n   ours:   {our}")
    assert not wrong, f"{len(wrong)} of {len(CASES)}:\n" + "\n".join(wrong)


def test_they_are_more_than_300_and_every_difference_is_shown() -> None:
    assert len(CASES) >= 300
    assert set(DIFFERENT) == set(DIFFERENCES)
