"""White space that tags take away: what `~` points at, and the line of a block, partial or comment that stands alone.

The rules and their order are those of handlebars.js 4.7 (its WhitespaceControl).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from handlers.shared.templates.syntax import Block, Comment, Node, Partial, Tag, Text

_LINE_END = re.compile(r"[ \t]*\r?\n?")


class _Strip(NamedTuple):
    """What a node asks of its surroundings. *_alone: its first or last tag, or all of it, may stand on a line alone."""

    opens: bool
    closes: bool
    open_alone: bool = False
    close_alone: bool = False
    all_alone: bool = False


def strip(nodes: list[Node], *, root: bool = True) -> None:
    """Takes the white space away, in the tree."""
    for at, node in enumerate(nodes):
        if isinstance(node, Text):
            continue
        wish = _of(node)
        before, after = _blank_before(nodes, at, root=root), _blank_after(nodes, at, root=root)
        if wish.closes:
            _cut_start(nodes, at + 1, multiple=True)
        if wish.opens:
            _cut_end(nodes, at - 1, multiple=True)
        if wish.all_alone and before and after:
            _cut_start(nodes, at + 1)
            if _cut_end(nodes, at - 1) and isinstance(node, Partial):
                node.indent = _indent(nodes[at - 1])
        if isinstance(node, Block):
            first, last = _ends(node)
            if wish.open_alone and before:
                _cut_start(first, 0)
                _cut_end(nodes, at - 1)
            if wish.close_alone and after:
                _cut_start(nodes, at + 1)
                _cut_end(last, len(last) - 1)


def _of(node: Node) -> _Strip:
    if isinstance(node, Block):
        return _of_block(node)
    assert isinstance(node, Tag)
    return _Strip(node.opens, node.closes, all_alone=isinstance(node, Comment | Partial))


def _bodies(block: Block) -> list[list[Node]]:
    """In handlebars.js's order: of `{{^x}}a{{else}}b{{/x}}`, b is the block's program."""
    bodies = [branch.body for branch in block.branches]
    return bodies[::-1] if block.inverted else bodies


def _ends(block: Block) -> tuple[list[Node], list[Node]]:
    """The first body and the last; a block with `{{else if}}` leaves the white space before its end."""
    bodies = _bodies(block)
    if len(bodies) == 1:
        return bodies[0], bodies[0]
    return bodies[0], [] if block.branches[1].call is not None else bodies[1]


def _of_block(block: Block) -> _Strip:
    closing = block.closing or Tag(block.line)
    for branch in block.branches:
        strip(branch.body, root=False)
    bodies = _bodies(block)
    wish = _Strip(False, False)
    for at in reversed(range(len(bodies))):
        if at == len(bodies) - 1 and len(bodies) > 1 and block.branches[at].call is None:
            continue  # the last `else` is no block of its own
        tag = block.branches[at].tag
        body = bodies[at]
        following = bodies[at + 1] if at + 1 < len(bodies) else None
        # Before the tags' own wishes are done, as handlebars.js has it.
        ending = body if following is None else following
        wish = _Strip(
            tag.opens,
            closing.closes,
            open_alone=_blank_after(body, -1, root=False),
            close_alone=_blank_before(ending, len(ending), root=False),
        )
        if tag.closes:
            _cut_start(body, 0, multiple=True)
        if following is None:
            if closing.opens:
                _cut_end(body, len(body) - 1, multiple=True)
            continue
        between = block.branches[at + 1].tag
        if between.opens:
            _cut_end(body, len(body) - 1, multiple=True)
        if between.closes:
            _cut_start(following, 0, multiple=True)
        if closing.opens:
            _cut_end(following, len(following) - 1, multiple=True)
        if _blank_before(body, len(body), root=False) and _blank_after(following, -1, root=False):
            _cut_end(body, len(body) - 1)
            _cut_start(following, 0)
    return wish


def _blank_before(nodes: list[Node], at: int, *, root: bool) -> bool:
    """Whether there is nothing but white space between the line's beginning and the node at this place."""
    if at == 0:
        return root
    node = nodes[at - 1]
    if not isinstance(node, Text):
        return False
    tail = node.original[len(node.original.rstrip()) :]
    return "\n" in tail or (at == 1 and root and len(tail) == len(node.original))


def _blank_after(nodes: list[Node], at: int, *, root: bool) -> bool:
    """Whether there is nothing but white space between the node at this place and the line's end."""
    if at + 1 >= len(nodes):
        return root
    node = nodes[at + 1]
    if not isinstance(node, Text):
        return False
    head = node.original[: len(node.original) - len(node.original.lstrip())]
    return "\n" in head or (at + 2 >= len(nodes) and root and len(head) == len(node.original))


def _cut_start(nodes: list[Node], at: int, *, multiple: bool = False) -> None:
    """White space at the beginning of the text at this place: all (multiple), or to the end of the line, once."""
    node = nodes[at] if 0 <= at < len(nodes) else None
    if not isinstance(node, Text) or (not multiple and node.right_stripped):
        return
    before = node.value
    if multiple:
        node.value = before.lstrip()
    else:
        node.value = before[_LINE_END.match(before).end() :]  # type: ignore[union-attr]  # it matches everything
    node.right_stripped = node.value != before


def _cut_end(nodes: list[Node], at: int, *, multiple: bool = False) -> bool:
    """White space at the end of the text at this place: all (multiple), or to the beginning of the line, once."""
    node = nodes[at] if 0 <= at < len(nodes) else None
    if not isinstance(node, Text) or (not multiple and node.left_stripped):
        return False
    before = node.value
    node.value = before.rstrip() if multiple else before.rstrip(" \t")
    node.left_stripped = node.value != before
    return node.left_stripped


def _indent(node: Node) -> str:
    assert isinstance(node, Text)
    return node.original[len(node.original.rstrip(" \t")) :]
