"""Languages of endpoints as folders name them: lower case, `-` between parts, from the exact one to the broad one."""

from __future__ import annotations

import re

_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


def candidates(given: str, default: str) -> list[str]:
    """Folders for a language, best first: `pt_BR.UTF-8` gives `pt-br`, `pt` and then the default.

    What is no language tag is as good as none.
    """
    tag = given.strip().partition(".")[0].partition("@")[0].replace("_", "-").lower()
    found: list[str] = []
    while tag and _TAG.fullmatch(tag):
        found.append(tag)
        tag = tag.rpartition("-")[0]
    return list(dict.fromkeys([*found, default]))
