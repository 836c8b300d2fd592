"""The tokens of a tag as values and helper calls, by the grammar of handlebars.js 4.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.scanner import PATH_PART, Token
from handlers.shared.templates.syntax import Call, Expression, Literal, Path

NESTING = 50
DIGITS = 300
WORDS = {"true": True, "false": False, "null": None, "undefined": None}


class Head(NamedTuple):
    """A tag's content: the value or name at its beginning, its arguments and options, and its `as |names|`."""

    first: Expression
    arguments: tuple[Expression, ...] = ()
    options: tuple[tuple[str, Expression], ...] = ()
    parameters: tuple[str, ...] = ()


class _Reader:
    def __init__(self, tokens: Sequence[Token], shown: str) -> None:
        self.tokens = tokens
        self.shown = shown
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def fail(self, why: str) -> RenderingError:
        return RenderingError(f"{self.shown}: {why}")


def read(tokens: Sequence[Token], shown: str, *, parameters: bool = False) -> Head:
    """A whole tag. parameters: it may end in `as |names|`. Raises RenderingError; `shown` is the tag in its message."""
    reader = _Reader(tokens, shown)
    if not tokens:
        raise reader.fail("a name is missing")
    head = _head(reader)
    if reader.peek() == "as" and parameters:
        reader.take()
        names: list[str] = []
        while reader.peek() == "path":
            names.append(reader.take().text)
        if reader.peek() != "pipe" or not names:
            raise reader.fail("`as` is followed by names between bars: as |item index|")
        reader.take()
        head = head._replace(parameters=tuple(names))
    if reader.at < len(tokens):
        raise reader.fail(f"{tokens[reader.at].text!r} is not expected there")
    return head


def _head(reader: _Reader) -> Head:
    first = _operand(reader)
    arguments: list[Expression] = []
    options: list[tuple[str, Expression]] = []
    while reader.peek() not in ("", "close", "as", "pipe"):
        if reader.peek() == "key":
            key = reader.take().text
            if reader.peek() in ("", "close", "as", "pipe", "key"):
                raise reader.fail(f"{key}= has no value")
            options.append((_unbracketed(key), _operand(reader)))
        elif options:
            raise reader.fail("values stand before the first name=value")
        else:
            arguments.append(_operand(reader))
    return Head(first, tuple(arguments), tuple(options))


def _operand(reader: _Reader) -> Expression:
    if not reader.peek():
        raise reader.fail("a value is missing at the end")
    token = reader.take()
    if token.kind == "open":
        return _nested(reader)
    if token.kind == "string":
        return Literal(token.text)
    if token.kind == "word":
        return Literal(WORDS[token.text])
    if token.kind == "number":
        if len(token.text) > DIGITS:
            raise reader.fail(f"a number has {len(token.text)} digits; allowed are {DIGITS}")
        return Literal(float(token.text) if "." in token.text else int(token.text))
    if token.kind == "path":
        return path(token.text, reader)
    if token.kind == "key":
        raise reader.fail(f"{token.text}= is not expected there: a name stands first")
    raise reader.fail(f"{token.text!r} is not expected there")


def _nested(reader: _Reader) -> Call:
    reader.depth += 1
    if reader.depth > NESTING:
        raise reader.fail(f"parentheses nest deeper than {NESTING}")
    head = _head(reader)
    if reader.peek() != "close":
        raise reader.fail("a closing parenthesis is missing")
    reader.take()
    reader.depth -= 1
    if not isinstance(head.first, Path):
        raise reader.fail("in parentheses a helper's name stands first")
    return Call(head.first, head.arguments, head.options)


def path(text: str, reader: _Reader) -> Path:
    """A variable as it is written in a template."""
    data = text.startswith("@")
    up, here, names = 0, False, []
    for part in PATH_PART.findall(text[1:] if data else text):
        if part in ("..", ".", "this"):
            if names:
                raise reader.fail(f"the path {text!r} has {part!r} after a name")
            up += part == ".."
            here = here or part != ".."
        else:
            names.append(_unbracketed(part))
    return Path(text, tuple(names), up, here=(here or not names) and not data, data=data)


def _unbracketed(part: str) -> str:
    return part[1:-1].replace("\\]", "]") if part.startswith("[") else part
