"""Cuts Handlebars text into tags and the text between, and a tag into its tokens. Linear in the length of the text.

The rules are those of handlebars.js 4.7 (its lexer), `\\{{` (printed as typed) and strings that hold `}}` included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from handlers.shared.templates.errors import RenderingError

_NAME = r"[^\s!\"\#%&'()*+,./;<=>@\[\\\]^`{|}~]+"
_SEGMENT = r"\[(?:\\\]|[^\]])*\]"
_PART = rf"(?:\.\.|\.(?=[=~}}\s/.)|])|{_NAME}|{_SEGMENT})"
_END = r"(?=[=~}\s/.)|])"
_LITERAL_END = r"(?=[~}\s)])"
TOKEN = re.compile(
    rf"""\s*(?:
    (?P<end>\}}~?\}}\}} | ~?\}}\}})
  | (?P<open>\() | (?P<close>\))
  | (?P<string>"(?:\\"|[^"])*"|'(?:\\'|[^'])*')
  | (?P<word>(?:true|false|null|undefined){_LITERAL_END})
  | (?P<number>-?\d+(?:\.\d+)?{_LITERAL_END})
  | (?P<as>as\s+\|)
  | (?P<pipe>\|)
  | (?P<key>{_NAME}|{_SEGMENT})(?:\s*=(?!=))
  | (?P<path>@?{_PART}(?:[./]{_PART})*{_END})
)""",
    re.VERBOSE,
)
PATH_PART = re.compile(rf"(\.\.|\.|{_SEGMENT}|{_NAME})(?:[./]|\Z)")
OPENING = re.compile(r"\{\{(?P<left>~?)(?P<sigil>\{|&|\#>|\#\*|\#|>|/|\^|\*)?")
COMMENT = re.compile(r"\{\{(?P<left>~?)!")
ELSE = re.compile(r"\{\{(?P<left>~?)(?:\s*else\s*|\^\s*)(?P<right>~?)\}\}")
ELSE_CHAIN = re.compile(r"\{\{(?P<left>~?)\s*else(?=\s)")


class Token(NamedTuple):
    """kind: open, close, string, word, number, as, pipe, key or path. text: as typed; of a string, what it stands for."""

    kind: str
    text: str


class Piece(NamedTuple):
    """Text (sigil None) or a tag.

    sigil: `` for an output, else `{ & > #> #* # / ^`, `!` for a comment, `else` and `else+` for else and its chain.
    line: where the tag begins, from 1. left, right: its `~`. shown: the beginning of the tag, for messages.
    """

    sigil: str | None
    text: str = ""
    tokens: tuple[Token, ...] = ()
    line: int = 0
    left: bool = False
    right: bool = False
    shown: str = ""


def pieces(template: str) -> Iterator[Piece]:
    """The template's text and tags, in order. Raises RenderingError that names the line of the tag."""
    position, line, counted = 0, 1, 0
    while True:
        start = template.find("{{", position)
        if start < 0:
            if position < len(template):
                yield Piece(None, template[position:])
            return
        text = template[position:start]
        if text.endswith("\\") and not text.endswith("\\\\"):
            after = _next_tag(template, start + 2)
            yield Piece(None, text[:-1])
            yield Piece(None, template[start:after])
            position = after
            continue
        if text:
            yield Piece(None, text[:-1] if text.endswith("\\\\") else text)
        line += template.count("\n", counted, start)
        counted = start
        try:
            piece, position = _tag(template, start, line)
        except RenderingError as error:
            raise RenderingError(f"line {line}: {error}") from None
        yield piece


def _next_tag(template: str, start: int) -> int:
    """Where text that an escaped tag begins ends: at the next tag, before its backslashes."""
    found = template.find("{{", start)
    if found < 0:
        return len(template)
    for _ in range(2):
        if found > start and template[found - 1] == "\\":
            found -= 1
    return found


def _tag(template: str, start: int, line: int) -> tuple[Piece, int]:
    comment = COMMENT.match(template, start)
    if comment:
        return _comment(template, comment, line)
    found = ELSE.match(template, start)
    if found:
        return Piece("else", line=line, left=bool(found["left"]), right=bool(found["right"])), found.end()
    opening = ELSE_CHAIN.match(template, start)
    sigil = "else+"
    if opening is None:
        opening = OPENING.match(template, start)
        assert opening is not None
        sigil = opening["sigil"] or ""
    if template.startswith("{{{{", start):
        raise RenderingError(
            f"{_shown(template, start)}: raw blocks ({{{{{{{{...}}}}}}}}) are not offered; write \\{{{{"
        )
    if sigil == "*":
        raise RenderingError(f"{_shown(template, start)}: decorators are not offered but {{{{#*inline}}}}")
    tokens, end, closing = _tokens(template, start, opening.end())
    if sigil == "{" and closing not in ("}}}", "}~}}"):
        raise RenderingError(f"{_shown(template, start)} is not closed by }}}}}}")
    if sigil != "{" and closing[0] == "}" and closing != "}}":
        if closing == "}~}}":
            raise RenderingError(f"{_shown(template, start)} is not closed by }}}}")
        closing, end = "}}", end - 1  # `{"name": {{x}}}`: the last brace is text
    right = "~" in closing
    return (
        Piece(sigil, "", tokens, line, bool(opening["left"]), right, _shown(template, start)),
        end,
    )


def _comment(template: str, opening: re.Match[str], line: int) -> tuple[Piece, int]:
    long = template.startswith("--", opening.end())
    if long:
        closing = re.compile(r"--(~?)\}\}").search(template, opening.end() + 2)
    else:
        closing = re.compile(r"(~?)\}\}").search(template, opening.end())
    if closing is None:
        raise RenderingError(f"the comment {_shown(template, opening.start())} is never closed")
    return Piece("!", line=line, left=bool(opening["left"]), right=bool(closing[1])), closing.end()


def _tokens(template: str, start: int, position: int) -> tuple[tuple[Token, ...], int, str]:
    tokens: list[Token] = []
    while True:
        match = TOKEN.match(template, position)
        if match is None:
            rest = template[position : position + 40].strip()
            if not rest or "\n" in rest or "{{" in rest or not template.find("}}", position) >= 0:
                raise RenderingError(f"{_shown(template, start)} is never closed by }}}}")
            raise RenderingError(f"cannot read {rest.split()[0]!r} in {_shown(template, start)}{_hint(rest)}")
        kind = match.lastgroup or ""
        text = match[kind]
        position = match.end()
        if kind == "end":
            return tuple(tokens), position, text
        if kind == "string":
            text = text[1:-1].replace("\\" + text[0], text[0])
        tokens.append(Token(kind, text))


def _hint(rest: str) -> str:
    if rest[0] in "\"'":
        return ": the text has no closing quote"
    return "; a name with such characters stands in brackets: [first name]" if rest[0] not in "{}" else ""


def _shown(template: str, start: int) -> str:
    end = template.find("}}", start, start + 60)
    return template[start : end + 2] if end >= 0 else template[start : start + 30].split("\n", maxsplit=1)[0]
