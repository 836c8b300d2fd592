"""CSV as a stream, from any record on, and cut into pieces at records."""

from __future__ import annotations

import csv
import io
import itertools
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.records.dialect import RECORD_BYTES, START, Dialect, Place
from handlers.shared.records.errors import FileError
from handlers.shared.records.quotes import QuoteScan
from handlers.shared.records.reading import read_records

FIELDS = st.lists(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), min_size=2, max_size=4),
    max_size=12,
)  # fmt: skip
LF, CR = Dialect(), Dialect(line_break="\r")


def blocks(content: bytes, size: int):
    return [content[at : at + size] for at in range(0, len(content), size)]


def read(content: bytes | str, size: int = 7, dialect: Dialect = LF):
    data = content.encode() if isinstance(content, str) else content
    return list(read_records(blocks(data, size), dialect, START))


def scanned(content: bytes | str, size: int = 7, dialect: Dialect = LF, step: int = 1):
    data = content.encode() if isinstance(content, str) else content
    scan = QuoteScan(dialect, step)
    for block in blocks(data, size):
        scan.feed(block)
    scan.close()
    return scan


def written(rows, ending="\n", separator=",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    # Before Python 3.13, a line break of another kind than `ending` was written without quotes.
    if any("\r" in value or "\n" in value for row in rows for value in row):
        quoting = csv.QUOTE_ALL
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, delimiter=separator, quoting=quoting).writerows(rows)
    return text.getvalue()


def is_blank(row) -> bool:
    return not any(value.strip() for value in row)


@given(
    FIELDS,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.integers(1, 40),
)
def test_what_a_csv_writer_writes_is_read_whatever_the_blocks_and_from_any_record_on(
    rows, ending, separator, quoting, size
):
    content = written(rows, ending, separator, quoting).encode()
    dialect = Dialect(separator, "\r" if ending == "\r" else "\n")
    records = read(content, size, dialect)
    assert [record.values for record in records] == [row for row in rows if not is_blank(row)]
    assert not any(record.problem for record in records)
    for at, record in enumerate(records):
        rest = read_records(blocks(content[record.start.offset :], size), dialect, record.start)
        assert list(rest) == records[at:]


@given(FIELDS, st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 40), st.integers(1, 60))
def test_a_scan_cuts_at_records_alone_and_can_stop_anywhere(rows, ending, size, step):
    content = written(rows, ending).encode()
    dialect = Dialect(line_break="\r" if ending == "\r" else "\n")
    starts = {START, *(record.end for record in read(content, size, dialect))}
    whole = scanned(content, size, dialect, step)
    assert {cut.offset for cut in whole.cuts} <= {start.offset for start in starts} | {len(content)} | _blank_starts(
        content, dialect
    )
    scan, cuts = QuoteScan(dialect, step), []
    offset = 0
    while offset < len(content):
        scan.feed(content[offset : offset + size])
        cuts += scan.cuts
        scan = QuoteScan(dialect, step, scan.state)
        if scan.place.offset == offset:  # what waits for its next byte
            size += 1
        offset = scan.place.offset
        if offset + 1 >= len(content):
            break
    scan.feed(content[offset:])
    scan.close()
    assert _before_end(cuts + scan.cuts, content) == _before_end(whole.cuts, content)


def _before_end(cuts, content):
    """A cut at the file's end divides nothing, and is there or not."""
    return [cut for cut in cuts if cut.offset < len(content)]


def _blank_starts(content: bytes, dialect: Dialect) -> set[int]:
    """Where records begin that are passed over, by Python's csv module."""
    lines = content.split(dialect.line_break.encode())
    ends, size = [], 0
    for line in lines:
        size += len(line) + 1
        ends.append(size)
    inside = [content[:end].count(b'"') % 2 for end in ends]
    return {end for end, odd in zip(ends, inside, strict=True) if not odd}


FREE_TEXT = ["plain", 'a "quoted" word', "two\nlines", "EMAIL,stranger@example.net,brother", "emoji 👍🏽", '5" pipe', "", " x ",
             "please\r\nwrite to\r\nSMS,+12065550199,x\r\n", "\u2028\x85\x0b", "'", '"']  # fmt: skip


SIZES = [
    *(2**power for power in range(10, 24)),
    *(
        1031,
        1543,
        3079,
        6151,
        12289,
        24593,
        49157,
        98317,
        196613,
        393241,
        786433,
        1572869,
        3145739,
        6291469,
    ),  # primes between
]
WHOLLY_READ = (12289, 65536, 1572869)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(20_000, SIZES), (100_000, (1024, 4099, *WHOLLY_READ, 3145739))],
    ids=["many sizes", "a large file"],
)
def test_a_hundred_thousand_records_cut_at_every_size_are_read_as_the_whole_is(count, sizes):
    chance = random.Random(15)
    rows = [["EMAIL", f"a{number}@example.org", chance.choice(FREE_TEXT)] for number in range(count)]
    content = written(rows, "\r\n").encode()
    records = read(content, 65_536)
    assert [record.values for record in records] == rows
    # What is read from a record's first byte on depends on nothing before it: a piece is right where it begins at a record.
    starts = {record.start for record in records}
    for size in [*sizes, *(chance.randrange(1024, len(content)) for _ in range(4))]:
        cuts = scanned(content, 262_144, LF, size).cuts
        assert starts.issuperset(cuts), size
        bounds = [START, *cuts, Place(len(content), 0)]
        lengths = [after.offset - before.offset for before, after in itertools.pairwise(bounds)]
        assert all(length >= size for length in lengths[:-1]), size
        if size in WHOLLY_READ:
            assert _read_in_pieces(content, bounds) == [(record.line, record.values) for record in records]


def _read_in_pieces(content: bytes, bounds: list[Place]) -> list[tuple[int, list[str]]]:
    return [
        (record.line, record.values)
        for before, after in itertools.pairwise(bounds)
        for record in read_records(
            blocks(content[before.offset : after.offset + 4096], 65_536), LF, before, after.offset
        )
    ]


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
    assert scanned(b'\xef\xbb\xbf"a\n",b\nc,d\n').cuts[-2:] == [Place(10, 3), Place(14, 4)]


def test_a_file_of_an_old_macintosh_has_lines_too():
    records = read('a,b\rc,"d\re"\r', dialect=CR)
    assert [(record.line, record.values) for record in records] == [(1, ["a", "b"]), (2, ["c", "d\re"])]


@pytest.mark.parametrize(
    ("row", "dialect"),
    [("EMAIL,a@example.org,x\rEMAIL,b@example.org,y\n", LF), ("a,b\nc,d\r", CR), ('a,"b"\r,c\n', LF), ('a\r,"b"\n', LF)],
)  # fmt: skip
def test_a_line_break_of_another_kind_outside_of_quotes_makes_no_row(row, dialect):
    [record] = read(row, dialect=dialect)
    assert "line break of another kind" in record.problem or "behind a closing quote" in record.problem


def test_a_line_end_that_was_converted_twice_is_one():
    assert [record.values for record in read('a,b\r\r\n"c",d\r\r\n')] == [["a", "b"], ["c", "d"]]


def test_records_of_blanks_are_passed_over():
    assert [record.line for record in read('a,b\n,\n"", \n \n\n,x\n')] == [1, 6]


def test_a_quote_in_a_value_that_does_not_begin_with_one_is_a_character():
    assert [record.values for record in read('5" pipe,a\n6",b "c"\n')] == [['5" pipe', "a"], ['6"', 'b "c"']]
    scanned('5" pipe,a\n6",b "c"\n')


def test_spaces_before_a_quote_are_passed_over_and_others_are_kept():
    assert [record.values for record in read('a, "b\nc", d\n" x", y\n')] == [["a", "b\nc", "d"], [" x", " y"]]


@pytest.mark.parametrize("content", ['a,1\nb,"2\nc,3\nd,4\n', 'a,1\nb,"2\nc,3\nd,4', 'a,1\n\n\n"'])
def test_a_quote_that_is_never_closed_refuses_the_file_and_says_where_it_is(content):
    for act in (read, scanned):
        with pytest.raises(FileError, match=r"a quote in line [24] that is not closed before the end of the file"):
            act(content)


def test_text_behind_a_closing_quote_costs_its_record_where_the_quotes_come_in_pairs():
    records = read('a,"Bob" Smith\nb,"1\n2" 3,4\nc,5\n')
    assert [(record.line, record.problem) for record in records] == [
        (1, "is not CSV: something stands behind a closing quote"),
        (2, "is not CSV: something stands behind a closing quote (lines 2 to 3)"),
        (4, ""),
    ]
    scanned('a,"Bob" Smith\nb,"1\n2" 3,4\nc,5\n')


@pytest.mark.parametrize(
    "content",
    [
        'a,"He said "hi\nEMAIL,stranger@example.net\nthanks"\n',
        'a,"a 5" pipe\nEMAIL,stranger@example.net,brother"\n',
        'a,"a 5" pipe\nEMAIL,stranger@example.net,brother"',
        'a,"stray\nb,2\nc,"x, y"\nd,4\n',
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_quotes_that_cannot_be_paired_refuse_the_file(content, size):
    with pytest.raises(FileError, match="that cannot be paired, so that nobody can say which lines"):
        scanned(content, size)


def test_what_is_not_utf_8_is_told_and_left_to_be_seen():
    assert [(record.values, record.problem) for record in read(b'a,\xff\n"a","\xff"\na,\0\n')] == [
        (["a", "\udcff"], "is not UTF-8 text"),
        (["a", "\udcff"], "is not UTF-8 text"),
        (["a", "\0"], "holds a NUL character"),
    ]


@pytest.mark.parametrize("line", [b"x" * 300_000, b'"' + b"x" * 300_000 + b'"', b'"' + b"x\n" * 300_000 + b'",y'])
def test_a_record_beyond_all_bounds_is_one_bad_record(line):
    records = read(line + b"\na,b\n", 1000)
    assert [record.problem[:27] for record in records] == ["is longer than 262,144 byte", ""]
    assert records[1].start == Place(len(line) + 1, 2 + line.count(b"\n"))


@pytest.mark.parametrize("act", ["read", "scan"])
def test_memory_does_not_grow_with_the_file(act):
    def content():
        for _ in range(30):
            yield b'+12065550100,"He said ""hi"",\nand more",c,12345,PROMOTIONAL,1,2\n' * 1000
        for _ in range(300):
            yield b"x" * 50_000

    scan = QuoteScan(LF)
    tracemalloc.start()
    try:
        if act == "read":
            assert sum(1 for _ in read_records(content(), LF, START)) == 30_001
        else:
            for block in content():
                scan.feed(block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
    assert RECORD_BYTES < 3_000_000
