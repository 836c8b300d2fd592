"""Reading Handlebars text into a tree: text, values, helpers, blocks, inline partials. Nothing is evaluated here."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

NESTING = 50
TAG = re.compile(r"\{\{\{(?P<raw>.*?)\}\}\}|\{\{!--.*?--~?\}\}|\{\{(?P<tag>(?!\{).*?)\}\}", re.DOTALL)
TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<open>\() | (?P<close>\))
  | (?P<name>[A-Za-z_][\w-]*)=
  | (?P<path>(?:\[[^\]]*\]|[^\s()="'\[\]])+)
)""",
    re.VERBOSE,
)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")


class RenderingError(Exception):
    """A template cannot be read or rendered; the message names the variable, the helper or the place."""


@dataclass(frozen=True)
class Literal:
    """A text, number, boolean or null in the template."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Path:
    """A variable: `up` levels above the current scope, then names. `text` is how the template wrote it."""

    text: str
    names: tuple[str, ...]
    up: int = 0


@dataclass(frozen=True)
class Call:
    """A helper with its arguments, or a variable alone (no arguments: decided when rendering)."""

    name: Path
    arguments: tuple["Expression", ...] = ()
    options: tuple[tuple[str, "Expression"], ...] = ()


Expression = Literal | Path | Call


@dataclass(frozen=True)
class Output:
    """`{{ ... }}`."""

    expression: Expression


@dataclass(frozen=True)
class Partial:
    """`{{> name}}`."""

    name: str


@dataclass
class Block:
    """`{{#helper ...}} body {{else}} otherwise {{/helper}}`, or an inline partial's definition (`inline`: its name)."""

    call: Call | None
    inline: str | None = None
    body: list["Node"] = field(default_factory=list)
    otherwise: list["Node"] = field(default_factory=list)
    closing: str = ""
    chained: bool = False


Node = str | Output | Partial | Block


@lru_cache(maxsize=256)
def parse(template: str) -> list[Node]:
    """The tree of a template; the same text is read once.

    Raises:
        RenderingError: the text is not Handlebars, with what is wrong and in which line.
    """
    root: list[Node] = []
    stack: list[Block] = []
    current = root
    position = 0
    strip_next = False
    for match in TAG.finditer(template):
        text = template[position : match.start()]
        line = template.count("\n", 0, match.start()) + 1
        position = match.end()
        tag = match["raw"] if match["raw"] is not None else match["tag"]
        if strip_next:
            text = text.lstrip()
        if tag is not None and tag.startswith("~"):
            text, tag = text.rstrip(), tag[1:]
        strip_next = tag is not None and tag.endswith("~")
        if text:
            current.append(text)
        if tag is None or tag.startswith("!"):
            continue
        tag = tag.removesuffix("~").strip()
        try:
            current = _tag(tag, current, root, stack)
        except RenderingError as error:
            raise RenderingError(f"line {line}: {error}") from None
    rest = template[position:].lstrip() if strip_next else template[position:]
    if rest:
        current.append(rest)
    if stack:
        raise RenderingError(f"the block {{{{#{stack[-1].closing}}}}} is never closed")
    return root


def _tag(tag: str, current: list[Node], root: list[Node], stack: list[Block]) -> list[Node]:
    """Reads one tag; returns the list that what follows goes into."""
    if tag.startswith("#"):
        block = _opening(tag[1:].strip())
        current.append(block)
        stack.append(block)
        if len(stack) > NESTING:
            raise RenderingError(f"blocks nest deeper than {NESTING}")
        return block.body
    if tag.startswith("/"):
        name = tag[1:].strip()
        while stack and stack[-1].chained:
            stack.pop()
        if not stack or stack[-1].closing != name:
            raise RenderingError(f"{{{{/{name}}}}} closes no block of that name")
        stack.pop()
        return _open_list(stack[-1]) if stack else root
    if tag in ("else", "^"):
        if not stack:
            raise RenderingError("{{else}} outside of a block")
        return stack[-1].otherwise
    if tag.startswith("else ") and stack:
        block = _opening(tag[5:].strip())
        block.chained = True
        stack[-1].otherwise.append(block)
        stack.append(block)
        return block.body
    if tag.startswith(">"):
        current.append(Partial(_unquoted(tag[1:].strip())))
        return current
    current.append(Output(_expression(tag.removeprefix("&"))))
    return current


def _open_list(block: Block) -> list[Node]:
    return block.otherwise if block.otherwise else block.body


def _opening(text: str) -> Block:
    if text.startswith("*"):
        words = text[1:].split()
        if len(words) != 2 or words[0] != "inline":
            raise RenderingError(f'{{{{#{text}}}}} is not known; allowed is {{{{#* inline "name"}}}}')
        return Block(None, inline=_unquoted(words[1]), closing="inline")
    expression = _expression(text)
    call = expression if isinstance(expression, Call) else Call(expression) if isinstance(expression, Path) else None
    if call is None:
        raise RenderingError(f"{{{{#{text}}}}} does not begin with a name")
    return Block(call, closing=call.name.text)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _expression(text: str) -> Expression:
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match or match.end() == position:
            raise RenderingError(f"cannot read {text[position:][:40]!r} in {{{{{text[:60]}}}}}")
        tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
        position = match.end()
    if not tokens:
        raise RenderingError("{{}} is empty")
    expression, rest = _call(tokens, 0, depth=0)
    if rest != len(tokens):
        raise RenderingError(f"a parenthesis too many in {{{{{text[:60]}}}}}")
    return expression


def _call(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Expression, int]:
    """A value and what follows it up to the closing parenthesis or the end."""
    if depth > NESTING:
        raise RenderingError(f"parentheses nest deeper than {NESTING}")
    head, at = _operand(tokens, at, depth)
    arguments: list[Expression] = []
    options: list[tuple[str, Expression]] = []
    while at < len(tokens) and tokens[at][0] != "close":
        if tokens[at][0] == "name":
            value, following = _operand(tokens, at + 1, depth)
            options.append((tokens[at][1], value))
            at = following
        else:
            value, at = _operand(tokens, at, depth)
            arguments.append(value)
    if not arguments and not options:
        return head, at
    if not isinstance(head, Path):
        raise RenderingError("a helper call must begin with the helper's name")
    return Call(head, tuple(arguments), tuple(options)), at


def _operand(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Expression, int]:
    if at >= len(tokens):
        raise RenderingError("a value is missing at the end of a tag")
    kind, text = tokens[at]
    if kind == "open":
        inner, at = _call(tokens, at + 1, depth + 1)
        if at >= len(tokens):
            raise RenderingError("a closing parenthesis is missing")
        return (Call(inner) if isinstance(inner, Path) else inner), at + 1
    if kind == "string":
        return Literal(re.sub(r"\\(.)", r"\1", text[1:-1])), at + 1
    if kind != "path":
        raise RenderingError(f"{text!r} is not expected here")
    if NUMBER.match(text):
        return Literal(float(text) if "." in text else int(text)), at + 1
    if text in ("true", "false", "null", "undefined"):
        return Literal({"true": True, "false": False}.get(text)), at + 1
    return _path(text), at + 1


def _path(text: str) -> Path:
    up, rest = 0, text
    while rest.startswith("../"):
        up, rest = up + 1, rest[3:]
    if rest == "..":
        return Path(text, (), up + 1)
    names = [part[1:-1] if part.startswith("[") else part for part in re.findall(r"\[[^\]]*\]|[^.\[\]/]+", rest)]
    if names and names[0] == "this":
        names = ["@this", *names[1:]]
    elif rest == ".":
        names = ["@this"]
    if not names:
        raise RenderingError(f"{text!r} is not a variable")
    return Path(text, tuple(names), up)
