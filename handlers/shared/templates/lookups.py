"""Paths compiled into functions that find their value, or print it."""

from __future__ import annotations

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.frames import Body, Frame, Value
from handlers.shared.templates.syntax import Path
from handlers.shared.templates.values import walk

DATA = ("index", "key", "first", "last", "root")
_NOWHERE = (KeyError, TypeError, AttributeError, IndexError)


def finder(path: Path, parameters: frozenset[str]) -> Value:
    """The value of a path, or None. parameters: the names of `as |names|` around it.

    A name that has no value in the scope is looked up in the scopes around it, as Handlebars.java does.
    """
    if path.data:
        return _data(path)
    names, up = path.names, path.up
    if names and names[0] in parameters and not (up or path.here):
        return _parameter(names)
    if path.here:
        return _here(names, up)
    return _anywhere(names, up) if up else _quick(names, _anywhere(names, 0))


def printer(path: Path, parameters: frozenset[str], otherwise: Body) -> Body:
    """What prints a path whose value is a text or a list of one text; the rest is left to `otherwise`."""
    names = path.names
    if path.data or path.up or (names and names[0] in parameters):
        return otherwise
    if not names:

        def this(frame: Frame) -> str:
            value = frame[0]
            return value if value.__class__ is str else otherwise(frame)

        return this
    *steps, last = names
    if not steps:
        return _print_one(last, otherwise)
    return _print_entry(tuple(steps), otherwise) if last == "0" else _print_member(tuple(steps), last, otherwise)


def required(path: Path, find: Value, line: int) -> Value:
    """The same, but in strict mode a path without a value raises."""

    def value(frame: Frame) -> object:
        found = find(frame)
        if found is None and frame[2].strict:
            raise RenderingError(f"line {line}: the variable {path.text} has no value and no default")
        return found

    return value


def _anywhere(names: tuple[str, ...], up: int) -> Value:
    def find(frame: Frame) -> object:
        place: Frame | None = _outwards(frame, up)
        empty = None
        while place is not None:
            value = walk(place[0], names)
            if value is not None:
                if value != []:
                    return value
                empty = value
            place = place[1]
        found = frame[2].indexed.get(names)
        return empty if found is None else found

    return find


def _outwards(frame: Frame, up: int) -> Frame | None:
    place: Frame | None = frame
    for _ in range(up):
        place = place[1] if place else None
    return place


# Most paths are members of the objects of the innermost scope, and perhaps the first entry of a list: only an object can
# be subscripted by a text.


def _quick(names: tuple[str, ...], otherwise: Value) -> Value:
    *steps, last = names
    if steps and last == "0":
        return _entry(tuple(steps), otherwise)

    def single(frame: Frame) -> object:
        value = frame[0]
        if value.__class__ is not dict:
            return otherwise(frame)
        value = value.get(last)
        return value if value or (frame[1] is None and not frame[2].indexed) else otherwise(frame)

    def member(frame: Frame) -> object:
        value = frame[0]
        try:
            for name in steps:
                value = value[name]
            value = value.get(last)
        except _NOWHERE:
            return otherwise(frame)
        return value if value or (frame[1] is None and not frame[2].indexed) else otherwise(frame)

    return member if steps else single


def _entry(steps: tuple[str, ...], otherwise: Value) -> Value:
    def entry(frame: Frame) -> object:
        value = frame[0]
        try:
            for name in steps:
                value = value[name]
        except _NOWHERE:
            return otherwise(frame)
        return value[0] or otherwise(frame) if value.__class__ is list and value else otherwise(frame)

    return entry


def _print_one(name: str, otherwise: Body) -> Body:
    def one(frame: Frame) -> str:
        value = frame[0]
        if value.__class__ is dict:
            value = value.get(name)
            if value.__class__ is str:
                return value
        return otherwise(frame)

    return one


def _print_member(steps: tuple[str, ...], last: str, otherwise: Body) -> Body:
    first, rest = steps[0], steps[1:]

    def member(frame: Frame) -> str:
        try:
            value = frame[0][first]
            for name in rest:
                value = value[name]
            value = value.get(last)
        except _NOWHERE:
            return otherwise(frame)
        if value.__class__ is list and len(value) == 1:
            value = value[0]
        return value if value.__class__ is str else otherwise(frame)

    return member


def _print_entry(steps: tuple[str, ...], otherwise: Body) -> Body:
    first, rest = steps[0], steps[1:]

    def entry(frame: Frame) -> str:
        try:
            value = frame[0][first]
            for name in rest:
                value = value[name]
            if value.__class__ is list:
                value = value[0]
        except _NOWHERE:
            return otherwise(frame)
        return value if value.__class__ is str else otherwise(frame)

    return entry


def _here(names: tuple[str, ...], up: int) -> Value:
    if not names and not up:
        return lambda frame: frame[0]

    def find(frame: Frame) -> object:
        place = _outwards(frame, up)
        return walk(place[0], names) if place else None

    return find


def _parameter(names: tuple[str, ...]) -> Value:
    first, rest = names[0], names[1:]

    def find(frame: Frame) -> object:
        place: Frame | None = frame
        while place is not None:
            if place[4] is not None and first in place[4]:
                return walk(place[4][first], rest)
            place = place[1]
        return None

    return find


def _data(path: Path) -> Value:
    names, up = path.names, path.up
    if not names or names[0] not in DATA:
        raise RenderingError(f"{path.text} is not known; allowed are {', '.join(f'@{name}' for name in DATA)}")
    name, rest = names[0], names[1:]

    def root(frame: Frame) -> object:
        while frame[1] is not None:
            frame = frame[1]
        return walk(frame[0], rest)

    def find(frame: Frame) -> object:
        place: Frame | None = frame
        outwards = up
        while place is not None:
            if place[3] is not None:
                if not outwards:
                    key, index, last = place[3]
                    value = {"key": key, "index": index, "first": index == 0, "last": index == last}[name]
                    return walk(value, rest)
                outwards -= 1
            place = place[1]
        return None

    return root if name == "root" else find
