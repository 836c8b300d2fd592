"""What Handlebars text is made of: values, helper calls, outputs, blocks, partials. A tree; nothing is evaluated here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Literal(NamedTuple):
    """A text, number, boolean or null in the template."""

    value: str | int | float | bool | None


class Path(NamedTuple):
    """A variable.

    text: how the template wrote it. names: its parts, without brackets. up: how many scopes further out it starts
    (`../`). here: it is looked up in its scope alone (`this.x`, `./x`, `.`). data: `@index` and the like.
    """

    text: str
    names: tuple[str, ...]
    up: int = 0
    here: bool = False
    data: bool = False

    @property
    def simple(self) -> bool:
        """Whether it may be a helper's name: one part, no `./`, `../`, `@`."""
        return len(self.names) == 1 and not (self.up or self.here or self.data)


class Call(NamedTuple):
    """A helper with its arguments. In parentheses it may have none; a variable alone is a Path."""

    name: Path
    arguments: tuple[Expression, ...] = ()
    options: tuple[tuple[str, Expression], ...] = ()


Expression = Literal | Path | Call


@dataclass(eq=False, repr=False)
class Text:
    """Text that is printed as it is. original: before white space around tags was taken away."""

    value: str
    original: str = ""
    left_stripped: bool = False
    right_stripped: bool = False


@dataclass(eq=False, repr=False)
class Tag:
    """What stands between braces. opens, closes: its `~` at the left and at the right."""

    line: int
    opens: bool = False
    closes: bool = False


@dataclass(eq=False, repr=False)
class Comment(Tag):
    """`{{! ... }}`."""


@dataclass(eq=False, repr=False)
class Output(Tag):
    """`{{ ... }}`; raw: `{{{ ... }}}` or `{{& ... }}`."""

    expression: Expression = field(default_factory=lambda: Literal(None))
    raw: bool = False


@dataclass(eq=False, repr=False)
class Partial(Tag):
    """`{{> name context key=value}}`. name: a text, or an expression that gives one. indent: of each line that it prints."""

    name: str | Expression = ""
    context: Expression | None = None
    options: tuple[tuple[str, Expression], ...] = ()
    indent: str = ""


@dataclass(eq=False, repr=False)
class Branch:
    """One condition of a block, and what it prints. tag: the tag that opens it. call: None for the last `else`."""

    tag: Tag
    call: Call | None
    parameters: tuple[str, ...] = ()
    body: list[Node] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class Block(Tag):
    """`{{#helper ...}} {{else if ...}} {{else}} {{/helper}}`, or the kinds of it that define or call a partial.

    branches: in the order of the text, at least one. closing: the tag at the end. inverted: it began with `{{^`.
    inline: the name of the partial that it defines. partial: the partial that it calls (`{{#> name}}`).
    """

    branches: list[Branch] = field(default_factory=list)
    closing: Tag | None = None
    name: str = ""
    inverted: bool = False
    inline: str | None = None
    partial: Partial | None = None


Node = Text | Comment | Output | Partial | Block
