"""CSV as a stream, from any record on."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.sms_s3_drop.records import RECORD_BYTES, Place, read_records

FIELDS = st.lists(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=2, max_size=4), max_size=12
)


def blocks(content: bytes, size: int):
    return [content[at : at + size] for at in range(0, len(content), size)]


def read(content: bytes | str, size: int = 7):
    data = content.encode() if isinstance(content, str) else content
    return list(read_records(blocks(data, size), Place(0, 1)))


@given(FIELDS, st.sampled_from(["\n", "\r\n"]), st.integers(1, 40))
def test_what_a_csv_writer_writes_is_read_whatever_the_blocks_and_from_any_record_on(rows, ending, size):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(rows)
    content = text.getvalue().encode()
    records = read(content, size)
    assert [record.values for record in records] == rows
    for at, record in enumerate(records):
        rest = read_records(blocks(content[record.start.offset :], size), record.start)
        assert list(rest) == records[at:]


def test_lines_are_counted_as_an_editor_counts_them():
    records = read('a,b\n"x\r\ny\rz",1\n\n\nc,d\r\n')
    assert [(record.line, record.values) for record in records] == [
        (1, ["a", "b"]),
        (2, ["x\r\ny\rz", "1"]),
        (7, ["c", "d"]),
    ]


def test_a_byte_order_mark_belongs_to_no_value():
    assert read(b"\xef\xbb\xbfa,b\n")[0].values == ["a", "b"]
    assert read(b'\xef\xbb\xbf"a",b\n')[0].values == ["a", "b"]


def test_a_file_of_an_old_macintosh_has_lines_too():
    assert [record.values for record in read("a,b\rc,d")] == [["a", "b"], ["c", "d"]]


def test_a_quote_that_is_never_closed_costs_its_own_line():
    records = read('a,1\nb,"2\nc,3\nd,4\n')
    assert [(record.line, record.problem[:28]) for record in records] == [
        (1, ""),
        (2, "has a quote that is not clos"),
        (3, ""),
        (4, ""),
    ]


def test_a_quote_that_is_not_closed_within_bounds_costs_its_own_line():
    lines = [f"{n},{'x' * 100}" for n in range(2 * RECORD_BYTES // 100)]
    records = read('a,"1\n' + "\n".join(lines) + "\n", 4096)
    assert [record.line for record in records if record.problem] == [1]
    assert len(records) == len(lines) + 1


def test_text_behind_a_closing_quote_costs_every_line_of_its_record():
    records = read('a,"1\n2" 3,4\nb,5\n')
    assert [(record.line, record.problem) for record in records] == [
        (1, "is not CSV: something stands behind a closing quote"),
        (2, "belongs to the row that begins in line 1, which is not CSV"),
        (3, ""),
    ]


def test_what_is_not_utf_8_is_left_to_be_seen():
    assert read(b"a,\xff\n")[0].values == ["a", "\udcff"]


@pytest.mark.parametrize("line", [b"x" * 300_000, b'"' + b"x" * 300_000 + b'"'])
def test_a_line_beyond_all_bounds_is_one_bad_record(line):
    records = read(line + b"\na,b\n", 1000)
    assert [bool(record.problem) for record in records] == [True, False]
    assert records[1].start == Place(len(line) + 1, 2)


def test_memory_does_not_grow_with_the_file():
    def content():
        for _ in range(30):
            yield b'+12065550100,"He said ""hi"",\nand more",c,12345,PROMOTIONAL,1,2\n' * 1000

    tracemalloc.start()
    try:
        count = sum(1 for _ in read_records(content(), Place(0, 1)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < 2_000_000
