"""The lines of a byte range: whatever the ranges and the blocks, each line once, with its number and its end."""

from __future__ import annotations

import io
import itertools
from collections.abc import Generator
from typing import cast

import pytest

from handlers.shared.records import lines
from handlers.shared.records.lines import BLOCK, LINE_LIMIT, Line, read_lines

LIMIT = 8
SEVERAL = b"one\ntwo\r\n\n12345678\n123456789\nlast"
WITH_END = b"\n\r\n1234567890123456789012345678901\n\nx\n"


class Object:
    """A text object. opened: the ranges that were asked for; open: how many are not closed."""

    def __init__(self, data: bytes, block: int = 5) -> None:
        self.data, self.block = data, block
        self.opened: list[tuple[int, int]] = []
        self.open = 0

    def range(self, first, last):
        assert 0 <= first <= last < len(self.data)
        self.opened.append((first, last))
        self.open += 1
        return Stream(self, io.BytesIO(self.data[first : last + 1]))

    def lines(self, start=0, end=None):
        return list(read_lines(self.range, start, len(self.data) if end is None else end, len(self.data)))


class Stream:
    """What an object gives of a range: no more than its block at a time."""

    def __init__(self, of: Object, content: io.BytesIO) -> None:
        self._of, self._content = of, content

    def read(self, amt=None, /):
        return self._content.read(min(self._of.block, amt or self._of.block))

    def close(self):
        self._of.open -= 1


@pytest.fixture(autouse=True)
def short_lines(monkeypatch):
    assert (LINE_LIMIT, BLOCK) == (256 * 1024, 256 * 1024)
    monkeypatch.setattr(lines, "LINE_LIMIT", LIMIT)


def expected(data: bytes):
    """(where it begins, its bytes or None, where it ends) of each line, by Python's split."""
    found, at = [], 0
    for line in data.split(b"\n"):
        end = min(at + len(line) + 1, len(data))
        if end > at:
            found.append((at, None if len(line) > LIMIT else line.removesuffix(b"\r"), end))
        at = end
    return found


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 9, 10, 100])
@pytest.mark.parametrize("data", [SEVERAL, WITH_END, b"x", b"\n", b"123456789", b"12345678", b"12345678\r\n1"])
def test_a_range_has_the_lines_that_begin_in_it_whatever_the_blocks(data, block):
    for start, end in itertools.combinations(range(len(data) + 1), 2):
        whole = Object(data, block)
        owned = [(text, behind) for at, text, behind in expected(data) if start <= at < end]
        read = end + LIMIT  # where one that is too long ends for who reads no further
        wanted = [Line(number, text, min(behind, read)) for number, (text, behind) in enumerate(owned, 1)]
        assert whole.lines(start, end) == wanted, (start, end)


def test_a_line_is_told_with_its_number_its_text_and_its_end():
    assert Object(SEVERAL).lines() == [
        Line(1, b"one", 4),
        Line(2, b"two", 9),
        Line(3, b"", 10),
        Line(4, b"12345678", 19),
        Line(5, None, 29),
        Line(6, b"last", 33),
    ]


@pytest.mark.parametrize(
    ("start", "end", "opened"),
    [
        (0, 33, (0, 32)),
        (0, 4, (0, 11)),  # as far as a line reaches that begins at 3
        (4, 10, (3, 17)),
        (1, 2, (0, 9)),
        (9, 25, (8, 32)),
        (9, 24, (8, 31)),
    ],
)
def test_no_more_is_read_than_a_line_may_reach_behind_the_range_and_the_byte_before_it(start, end, opened):
    whole = Object(SEVERAL)
    whole.lines(start, end)
    assert whole.opened == [opened]


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3)])
def test_of_a_range_without_bytes_nothing_is_opened(start, end):
    whole = Object(SEVERAL)
    assert whole.lines(start, end) == [] and whole.opened == []


def test_an_object_is_closed_at_the_end_and_by_who_reads_no_further():
    whole = Object(SEVERAL)
    whole.lines()
    some = cast(Generator[Line], read_lines(whole.range, 0, 33, 33))
    next(some)
    assert whole.open == 1
    some.close()
    assert whole.open == 0


def test_an_object_is_asked_for_a_block_at_a_time_and_no_block_behind_the_range():
    asked = []

    class Stream:
        def read(self, amt=None, /):
            asked.append(amt)
            return b"x\n" * 4

        def close(self):
            pass

    assert len(list(read_lines(lambda _first, _last: Stream(), 0, 10, 1000))) == 5
    assert asked == [BLOCK, BLOCK]


def test_of_a_line_that_is_too_long_no_more_is_held_than_the_limit_and_a_block():
    held = []

    class Bytes(bytes):
        """Tells how long what it is added to has become."""

        def __radd__(self, other):
            held.append(len(other) + len(self))
            return bytes(other) + bytes(self)

    left = [Bytes(b"1234") for _ in range(10)] + [Bytes(b"\nok\n")]

    class Stream:
        def read(self, _amt=None, /):
            return left.pop(0) if left else b""

        def close(self):
            pass

    assert list(read_lines(lambda _first, _last: Stream(), 0, 45, 45)) == [Line(1, None, 41), Line(2, b"ok", 44)]
    assert max(held) == LIMIT + 4
