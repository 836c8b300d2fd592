"""Reads Handlebars text into a tree, by the grammar of handlebars.js 4.7."""

from __future__ import annotations

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.expressions import Head, read
from handlers.shared.templates.scanner import Piece, Token, pieces
from handlers.shared.templates.syntax import (
    Block,
    Branch,
    Call,
    Comment,
    Expression,
    Literal,
    Node,
    Output,
    Partial,
    Path,
    Tag,
    Text,
)
from handlers.shared.templates.whitespace import strip

NESTING = 50
BRANCHES = 300


def parse(template: str) -> list[Node]:
    """The tree of a template, without the white space that its tags take away.

    Raises:
        RenderingError: the text is not Handlebars, with the line and what is wrong there.
    """
    parser = _Parser()
    for piece in pieces(template):
        try:
            parser.take(piece)
        except RenderingError as error:
            raise RenderingError(f"line {piece.line}: {error}") from None
    nodes = parser.finish()
    strip(nodes)
    return nodes


class _Parser:
    def __init__(self) -> None:
        self.root: list[Node] = []
        self.current = self.root
        self.stack: list[tuple[Block, list[Node]]] = []
        """The blocks that are open, each with the list that it stands in."""

    def take(self, piece: Piece) -> None:
        if piece.sigil is None:
            self.current.append(Text(piece.text, piece.text))
            return
        tag = {"line": piece.line, "opens": piece.left, "closes": piece.right}
        if piece.sigil == "!":
            self.current.append(Comment(**tag))
        elif piece.sigil in ("", "{", "&"):
            self.current.append(Output(**tag, expression=_value(piece), raw=piece.sigil != ""))
        elif piece.sigil == ">":
            self.current.append(_partial(piece, tag))
        elif piece.sigil == "else":
            self._otherwise(Tag(**tag))
        elif piece.sigil == "else+":
            self._chain(piece, Tag(**tag))
        elif piece.sigil == "/":
            self._close(piece, Tag(**tag))
        else:
            self._open(piece, tag)

    def finish(self) -> list[Node]:
        if self.stack:
            block = self.stack[-1][0]
            raise RenderingError(f"line {block.line}: the block {{{{#{block.name}}}}} is never closed")
        return self.root

    def _open(self, piece: Piece, tag: dict[str, int | bool]) -> None:
        block = Block(**tag, inverted=piece.sigil == "^")  # type: ignore[arg-type]
        if piece.sigil == "#*":
            block.inline, block.name = _inline_name(piece), "inline"
            call = None
            parameters: tuple[str, ...] = ()
        elif piece.sigil == "#>":
            block.partial = _partial(piece, tag)
            block.name = _closing_name(piece.tokens)
            call, parameters = None, ()
        else:
            call, parameters = _call(piece)
            block.name = _closing_name(piece.tokens)
        block.branches.append(Branch(Tag(**tag), call, parameters))  # type: ignore[arg-type]
        self.current.append(block)
        self.stack.append((block, self.current))
        if len(self.stack) > NESTING:
            raise RenderingError(f"blocks nest deeper than {NESTING}")
        self.current = block.branches[0].body

    def _otherwise(self, tag: Tag) -> None:
        if not self.stack:
            raise RenderingError("{{else}} stands outside of a block")
        block = self.stack[-1][0]
        if block.inline is not None or block.partial is not None:
            raise RenderingError(f"{{{{else}}}} does not belong into {{{{#{block.name}}}}}")
        if len(block.branches) > 1 and block.branches[-1].call is None:
            raise RenderingError(f"the block {{{{#{block.name}}}}} has an {{{{else}}}} already")
        if len(block.branches) > BRANCHES:
            raise RenderingError(f"the block {{{{#{block.name}}}}} has more than {BRANCHES} {{{{else}}}}")
        block.branches.append(Branch(tag, None))
        self.current = block.branches[-1].body

    def _chain(self, piece: Piece, tag: Tag) -> None:
        if self.stack and self.stack[-1][0].inverted:
            raise RenderingError("{{else ...}} with a condition does not follow {{^...}}")
        self._otherwise(tag)
        branch = self.stack[-1][0].branches[-1]
        branch.call, branch.parameters = _call(piece)

    def _close(self, piece: Piece, tag: Tag) -> None:
        name = _closing_name(piece.tokens)
        if len(piece.tokens) != 1:
            raise RenderingError(f"{piece.shown} takes the name of its block and nothing else")
        if not self.stack:
            raise RenderingError(f"{piece.shown} closes no block of that name")
        block = self.stack[-1][0]
        if block.name != name:
            raise RenderingError(
                f"{piece.shown} closes no block of that name; open is {{{{#{block.name}}}}} of line {block.line}"
            )
        block.closing = tag
        self.current = self.stack.pop()[1]


def _value(piece: Piece) -> Expression:
    head = read(piece.tokens, piece.shown)
    if not head.arguments and not head.options:
        # A literal alone is the variable of that name.
        return _named(head, piece)
    return Call(_named(head, piece), head.arguments, head.options)


def _call(piece: Piece) -> tuple[Call, tuple[str, ...]]:
    head = read(piece.tokens, piece.shown, parameters=True)
    return Call(_named(head, piece), head.arguments, head.options), head.parameters


def _named(head: Head, piece: Piece) -> Path:
    if isinstance(head.first, Literal):
        return _as_path(head.first)
    if isinstance(head.first, Call):
        raise RenderingError(f"{piece.shown}: a name stands first, without parentheses")
    return head.first


def _as_path(literal: Literal) -> Path:
    value = literal.value
    text = str(value).lower() if value is None or isinstance(value, bool) else str(value)
    text = "null" if value is None else text
    return Path(text, (text,))


def _partial(piece: Piece, tag: dict[str, int | bool]) -> Partial:
    head = read(piece.tokens, piece.shown)
    if len(head.arguments) > 1:
        raise RenderingError(f"{piece.shown}: a partial takes one context, not {len(head.arguments)}")
    first = head.first
    name: str | Expression = first
    if isinstance(first, Path):
        name = first.text.replace("[", "").replace("]", "")
    elif isinstance(first, Literal):
        name = _as_path(first).text
    context = head.arguments[0] if head.arguments else None
    return Partial(**tag, name=name, context=context, options=head.options)  # type: ignore[arg-type]


def _inline_name(piece: Piece) -> str:
    head = read(piece.tokens, piece.shown)
    named = head.arguments[0] if len(head.arguments) == 1 else None
    if not isinstance(head.first, Path) or head.first.text != "inline" or head.options or named is None:
        raise RenderingError(f'{piece.shown} is not known; allowed is {{{{#*inline "name"}}}}')
    if isinstance(named, Call):
        raise RenderingError(f"{piece.shown}: the name of a partial is a text")
    return str(named.value) if isinstance(named, Literal) else named.text.replace("[", "").replace("]", "")


def _closing_name(tokens: tuple[Token, ...]) -> str:
    """What a block is called at its end; tags that differ in brackets alone are the same."""
    token = next((token for token in tokens if token.kind != "open"), None)
    return token.text.replace("[", "").replace("]", "") if token else ""
