"""A template's tree compiled into functions, once; what can never be rendered is found while that is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from handlers.shared.templates import blocks
from handlers.shared.templates.calls import BLOCKS, Calls
from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.frames import Body, Frame, Value
from handlers.shared.templates.lookups import finder, printer, required
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
    Text,
)
from handlers.shared.templates.values import escaped, text

NOTHING: frozenset[str] = frozenset()
Printed = TypeVar("Printed")
PieceBody = Callable[[Frame], list[str]]
"""What prints a template in pieces."""


def compile_nodes(nodes: Sequence[Node], *, escape: bool) -> Body:
    """The function that prints a tree. escape: values are printed as HTML text, but for `{{{ }}}` and `{{& }}`.

    Raises RenderingError for what can never be rendered, with its line.
    """
    return _compiler(nodes, escape=escape).body(nodes, NOTHING)


def compile_pieces(nodes: Sequence[Node], *, escape: bool) -> tuple[PieceBody, frozenset[int]]:
    """As compile_nodes, but what it makes prints the pieces of the text; and the places of those that variables decide."""
    pattern, changing, inlines = _compiler(nodes, escape=escape).split(nodes, NOTHING)

    def pieces(frame: Frame) -> list[str]:
        parts = pattern.copy()
        for at, part in changing:
            parts[at] = part(frame)
        return parts

    return _with_partials(pieces, inlines), frozenset(at for at, _ in changing)


def _compiler(nodes: Sequence[Node], *, escape: bool) -> _Compiler:
    return _Compiler(escape=escape, partials=frozenset(_inline_names(nodes)))


def _inline_names(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Block):
            if node.inline is not None:
                yield node.inline
            for branch in node.branches:
                yield from _inline_names(branch.body)


class _Compiler:
    """escape: see compile_nodes. partials: all names that the template defines."""

    def __init__(self, *, escape: bool, partials: frozenset[str]) -> None:
        self.escape = escape
        self.partials = partials
        self.calls = Calls(self.value)

    def body(self, nodes: Sequence[Node], names: frozenset[str]) -> Body:
        """What prints the nodes. names: those of `as |names|` around them."""
        pattern, changing, inlines = self.split(nodes, names)
        return _with_partials(_joined(pattern, changing), inlines)

    def split(
        self, nodes: Sequence[Node], names: frozenset[str]
    ) -> tuple[list[str], list[tuple[int, Body]], dict[str, Body]]:
        """The pieces of the nodes' text, what prints those of them that change, by their places, and the partials of the nodes."""
        pattern: list[str] = []
        changing: list[tuple[int, Body]] = []
        inlines: dict[str, Body] = {}
        texts: list[str] = []
        for node in nodes:
            if isinstance(node, Text):
                texts.append(node.value)
            elif isinstance(node, Block) and node.inline is not None:
                inlines[node.inline] = self.body(node.branches[0].body, NOTHING)
            elif not isinstance(node, Comment):
                pattern += filter(None, ["".join(texts)])
                texts.clear()
                changing.append((len(pattern), self.node(node, names)))
                pattern.append("")
        pattern += filter(None, ["".join(texts)])
        return pattern, changing, inlines

    def node(self, node: Output | Partial | Block, names: frozenset[str]) -> Body:
        try:
            if isinstance(node, Output):
                return self.output(node, names)
            if isinstance(node, Partial):
                return self.partial(node, names, None)
            if node.partial is not None:
                return self.partial(node.partial, names, self.body(node.branches[0].body, names))
            return self.block(node, names)
        except RenderingError as error:
            raise error if str(error).startswith("line ") else RenderingError(f"line {node.line}: {error}") from None

    def output(self, node: Output, names: frozenset[str]) -> Body:
        expression = node.expression
        if isinstance(expression, Path) and expression.simple and expression.names[0] not in names:
            self.calls.refuse_block_helper(expression.names[0])
            if self.calls.is_helper(expression.names[0]):
                expression = Call(expression)
        body = _printed(self.value(expression, names, node.line, needed=True), expression, node.line)
        if isinstance(expression, Path):
            body = printer(expression, names, body)
        return body if node.raw or not self.escape else _escaped(body)

    def value(self, expression: Expression, names: frozenset[str], line: int, *, needed: bool) -> Value:
        """What finds an expression's value. needed: in strict mode a variable without one raises."""
        if isinstance(expression, Literal):
            constant = expression.value
            return lambda frame: constant
        if isinstance(expression, Path):
            find = finder(expression, names)
            return required(expression, find, line) if needed else find
        return self.calls.value(expression, names, line)

    def block(self, block: Block, names: frozenset[str]) -> Body:
        branches = block.branches
        bodies = [self.body(branch.body, names | frozenset(branch.parameters)) for branch in branches]
        if block.inverted:
            otherwise = bodies[1] if len(bodies) > 1 else _nothing
            return self.branch(branches[0], names, then=otherwise, otherwise=bodies[0])
        result = bodies.pop() if branches[-1].call is None else _nothing
        for branch, body in zip(reversed(branches[: len(bodies)]), reversed(bodies), strict=True):
            result = self.branch(branch, names, then=body, otherwise=result)
        return result

    def branch(self, branch: Branch, names: frozenset[str], *, then: Body, otherwise: Body) -> Body:
        call, line, parameters = branch.call, branch.tag.line, branch.parameters
        assert call is not None  # only the last branch may have none
        name = call.name.names[0] if call.name.simple else ""
        weight = 1 + len(branch.body)
        if self.calls.is_condition(name):
            return blocks.condition(self.calls.holds(call, names, line), then, otherwise, None)
        if name in BLOCKS:
            value, zero = self.block_values(call, names, line)
            if name == "each":
                return blocks.each(value, then, otherwise, parameters, weight)
            if name == "with":
                return blocks.with_value(value, then, otherwise, parameters)
            if name == "unless":
                then, otherwise = otherwise, then
            return blocks.condition(value, then, otherwise, zero)
        allowed = f"allowed are {', '.join(self.calls.block_names)}, and a variable"
        if name and self.calls.is_helper(name):
            raise RenderingError(f"{name!r} cannot open a block; {allowed}")
        if call.arguments or call.options:
            raise RenderingError(f"there is no helper {call.name.text!r} that opens a block; {allowed}")
        return blocks.section(finder(call.name, names), then, otherwise, parameters, weight)

    def block_values(self, call: Call, names: frozenset[str], line: int) -> tuple[Value, Value | None]:
        """The one value of `each`, `if`, `unless` or `with`, and its includeZero."""
        if len(call.arguments) != 1:
            raise RenderingError(f"{{{{#{call.name.text}}}}} takes one value, not {len(call.arguments)}")
        zero = dict(call.options).get("includeZero")
        return (
            self.value(call.arguments[0], names, line, needed=False),
            None if zero is None else self.value(zero, names, line, needed=False),
        )

    def partial(self, node: Partial, names: frozenset[str], body: Body | None) -> Body:
        context = self.value(node.context, names, node.line, needed=False) if node.context is not None else None
        options = [(key, self.value(value, names, node.line, needed=False)) for key, value in node.options]
        if node.name == "@partial-block":
            return blocks.partial_block(context, options, node.indent)
        if isinstance(node.name, str):
            if node.name not in self.partials and body is None:
                raise RenderingError(f'the partial {node.name!r} is not defined by {{{{#*inline "{node.name}"}}}}')
            name = self.value(Literal(node.name), names, node.line, needed=False)
        else:
            name = self.value(node.name, names, node.line, needed=False)
        return blocks.partial(name, context, options, indent=node.indent, body=body, line=node.line)


def _nothing(frame: Frame) -> str:
    return ""


def _joined(pattern: list[str], changing: list[tuple[int, Body]]) -> Body:
    if not changing:
        fixed = "".join(pattern)
        return lambda frame: fixed
    if len(pattern) == 1:
        return changing[0][1]

    def body(frame: Frame) -> str:
        parts = pattern.copy()
        for at, part in changing:
            parts[at] = part(frame)
        return "".join(parts)

    return body


def _with_partials(body: Callable[[Frame], Printed], inlines: dict[str, Body]) -> Callable[[Frame], Printed]:
    """The body with the partials that are defined in it, which its own text and what that calls can use."""
    if not inlines:
        return body

    def defined(frame: Frame) -> Printed:
        run = frame[2]
        before = run.partials
        run.partials = {**before, **inlines}
        try:
            return body(frame)
        finally:
            run.partials = before

    defined.inlines = inlines  # type: ignore[attr-defined]  # a partial's block hands them to the partial
    return defined


def _escaped(body: Body) -> Body:
    return lambda frame: escaped(body(frame))


def _printed(find: Value, expression: Expression, line: int) -> Body:
    name = (
        expression.text
        if isinstance(expression, Path)
        else expression.name.text
        if isinstance(expression, Call)
        else ""
    )

    def printed(frame: Frame) -> str:
        value = find(frame)
        if value.__class__ is str:
            return value
        try:
            return text(value)
        except RenderingError as error:
            raise RenderingError(f"line {line}: {name}: {error}") from None

    return printed
