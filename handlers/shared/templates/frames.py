"""Where a running template is: its scope and those around it, and what one rendering has used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handlers.shared.templates.errors import RenderingError

OUTPUT = 2_000_000  # characters; an email is at most 10 MB
STEPS = 100_000
PARTIALS = 20
SMALL = 1000
"""Characters of a text below which it is not worth counting."""


class Run:
    """One rendering. Rounds, calls and long texts count, so that no template runs away.

    indexed: see Defaults. partials: name -> body, of those that are defined here; replaced, never changed.
    partial_block: the body that the partial was called with, and the one that is outside of that call.
    """

    steps = 0
    made = 0
    depth = 0
    partials: Mapping[str, Body] = {}
    partial_block: tuple[Body, Any] | None = None

    def __init__(self, indexed: Mapping[tuple[str, ...], Any], *, strict: bool) -> None:
        self.indexed = indexed
        self.strict = strict

    def step(self, count: int) -> None:
        """Counts rounds and calls, by what they hold."""
        self.steps += count
        if self.steps > STEPS:
            raise RenderingError(f"the template takes more than {STEPS:,} steps")

    def make(self, text: str) -> str:
        """Counts text that a helper or a body made."""
        self.made += len(text)
        if self.made > 10 * OUTPUT or len(text) > OUTPUT:
            raise RenderingError(f"the message would have more than {OUTPUT:,} characters")
        return text


Frame = tuple[Any, Any, Run, "tuple[Any, int, int] | None", "Mapping[str, Any] | None"]
"""A scope: its value, the frame around it (or None), the rendering, of a loop's round (key, index, last index), and the
values of its `as |names|`. A tuple, since each round of a loop makes one."""
Body = Callable[[Frame], str]
"""What prints a part of a template."""
Value = Callable[[Frame], Any]
"""What finds a value; None where there is none."""
