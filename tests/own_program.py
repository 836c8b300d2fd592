"""The programs of docs/own-program.md, as a person would copy them."""

import re

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "own-program.md"


def program(language: str) -> str:
    """The page's first block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{PAGE.name} has no block in {language}"
    return found[1]
