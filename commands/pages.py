"""What the service lists a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_PAGE = "100"


def items(call: Callable[..., Any], answer: str, application: str, **given: str) -> Iterator[dict[str, Any]]:
    """All items that an operation lists, a page a call. answer: the name of the part of its answer that holds them."""
    token: dict[str, str] = {}
    while True:
        page = call(ApplicationId=application, PageSize=_PAGE, **given, **token)[answer]
        yield from page["Item"]
        if not page.get("NextToken"):
            return
        token = {"Token": page["NextToken"]}
