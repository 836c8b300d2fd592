"""Blocks and partials as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.frames import PARTIALS, SMALL, Body, Frame, Value
from handlers.shared.templates.values import truthy

EACH = 15
"""Rounds of a loop, as in Pinpoint; entries beyond are left out."""

Named = Sequence[tuple[str, Value]]


def condition(find: Value, then: Body, otherwise: Body, include_zero: Value | None) -> Body:
    """`if`. include_zero: 0 counts as true where it is."""
    if include_zero is not None:
        return lambda frame: then(frame) if _with_zero(find(frame), include_zero(frame)) else otherwise(frame)

    def block(frame: Frame) -> str:
        value = find(frame)
        return then(frame) if value or value.__class__ is dict else otherwise(frame)

    return block


def _with_zero(value: object, include_zero: object) -> bool:
    return truthy(value) or (truthy(include_zero) and value == 0 and value is not False and value is not None)


def with_value(find: Value, then: Body, otherwise: Body, parameters: tuple[str, ...]) -> Body:
    """`with`: 0 is a value here."""

    def block(frame: Frame) -> str:
        value = find(frame)
        if not _with_zero(value, True):
            return otherwise(frame)
        names = {parameters[0]: value} if parameters else None
        return then((value, frame, frame[2], None, names))

    return block


def each(find: Value, then: Body, otherwise: Body, parameters: tuple[str, ...], weight: int) -> Body:
    """`each` over a list or an object. weight: how much a round counts."""

    def block(frame: Frame) -> str:
        value = find(frame)
        if value.__class__ is list:
            return (
                _rounds(frame, value, None, then, parameters=parameters, weight=weight) if value else otherwise(frame)
            )
        if value.__class__ is dict and value:
            return _rounds(frame, list(value.values()), list(value), then, parameters=parameters, weight=weight)
        return otherwise(frame)

    return block


def _rounds(
    frame: Frame,
    entries: list[Any],
    keys: list[Any] | None,
    then: Body,
    *,
    parameters: tuple[str, ...],
    weight: int,
) -> str:
    if len(entries) > EACH:
        entries = entries[:EACH]
    run = frame[2]
    run.step(weight * len(entries))
    last = len(entries) - 1
    rounds: list[str] = []
    for index, entry in enumerate(entries):
        key = index if keys is None else keys[index]
        names = dict(zip(parameters, (entry, key), strict=False)) if parameters else None
        rounds.append(then((entry, frame, run, (key, index, last), names)))
    text = "".join(rounds)
    return text if len(text) < SMALL else run.make(text)


def section(find: Value, then: Body, otherwise: Body, parameters: tuple[str, ...], weight: int) -> Body:
    """`{{#variable}}`: a list is a loop, true keeps the scope, everything else that is there becomes the scope."""

    def block(frame: Frame) -> str:
        value = find(frame)
        if not truthy(value):
            return otherwise(frame)
        if value is True:
            return then(frame)
        if value.__class__ is list:
            return _rounds(frame, value, None, then, parameters=parameters, weight=weight)
        names = {parameters[0]: value} if parameters else None
        return then((value, frame, frame[2], None, names))

    return block


def partial(name: Value, context: Value | None, options: Named, *, indent: str, body: Body | None, line: int) -> Body:
    """`{{> name}}`, or with a body `{{#> name}}`: it prints that where there is no such partial, and defines its partials for it."""
    inlines: dict[str, Body] = getattr(body, "inlines", {})

    def block(frame: Frame) -> str:
        run = frame[2]
        wanted = name(frame)
        before, outer = run.partials, run.partial_block
        if inlines:
            run.partials = {**before, **inlines}
        found = run.partials.get(wanted) if isinstance(wanted, str) else None
        if found is None:
            found = body
        if found is None:
            raise RenderingError(f"line {line}: the partial {wanted!r} is not defined there")
        if body is not None:
            run.partial_block = (body, outer)
        try:
            return _called(found, frame, context, options, indent=indent, shown=f"line {line}: the partial {wanted!r}")
        finally:
            run.partials, run.partial_block = before, outer

    return block


def partial_block(context: Value | None, options: Named, indent: str) -> Body:
    """`{{> @partial-block}}`: what the call of this partial holds."""

    def block(frame: Frame) -> str:
        run = frame[2]
        current = run.partial_block
        if current is None:
            raise RenderingError("{{> @partial-block}} stands in no partial that was called with a block")
        run.partial_block = current[1]
        try:
            return _called(current[0], frame, context, options, indent=indent, shown="@partial-block")
        finally:
            run.partial_block = current

    return block


def _called(found: Body, frame: Frame, context: Value | None, options: Named, *, indent: str, shown: str) -> str:
    run = frame[2]
    run.step(1)
    inner = frame
    if context is not None or options:
        this = frame[0] if context is None else context(frame)
        if options:
            this = {**(this if isinstance(this, dict) else {}), **{key: value(frame) for key, value in options}}
        inner = (this, frame, run, None, None)
    run.depth += 1
    if run.depth > PARTIALS:
        raise RenderingError(f"{shown} nests deeper than {PARTIALS}")
    text = run.make(found(inner))
    run.depth -= 1
    return _indented(text, indent) if indent else text


def _indented(text: str, indent: str) -> str:
    lines = text.split("\n")
    last = len(lines) - 1
    return "\n".join(line if at == last and not line else indent + line for at, line in enumerate(lines))
