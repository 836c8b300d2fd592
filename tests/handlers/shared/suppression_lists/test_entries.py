"""What a file of addresses says, line by line."""

from __future__ import annotations

import pytest

from handlers.shared.records.errors import FileError
from handlers.shared.suppression_lists.entries import BadLine, Entry, NoAddressError, entry_of, layout_of, read_entries


def read(data: bytes, block: int = 7) -> list[Entry | BadLine]:
    layout, _ = layout_of([data])
    rest = data[layout.first.offset :]
    blocks = [rest[at : at + block] for at in range(0, len(rest), block)]
    return [found for found, _ in read_entries(blocks, layout, layout.first)]


ADA, NUMBER = ("EMAIL", "ada@example.com"), ("SMS", "+12065550100")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"ada@example.com\n+12065550100\n", {1: ADA, 2: NUMBER}),
        (b"\xef\xbb\xbfada@example.com\r\n\r\n +1 206-555-0100 \r\n", {1: ADA, 3: NUMBER}),
        (b"ada@example.com\r+12065550100", {1: ADA, 2: NUMBER}),
        (b"Address\n+12065550100\n", {2: NUMBER}),
        (b'Name;address;Why\n"Doe;\nAda";Ada@Example.com;asked\nBo;"+1 206 555 0100";\n', {2: ADA, 4: NUMBER}),
        (b"sep=,\nEmailAddress,Reason\nada@example.com,COMPLAINT\n", {3: ADA}),
        (b"ada@example.com,a note\n", {1: ADA}),
        (b"Name,PhoneNumber\nBo,+12065550100\n", {2: NUMBER}),
        (b"PhoneNumber,EmailAddress\n+12065550100,ada@example.com\n", {2: ADA}),
    ],
)
def test_files_with_and_without_a_header_are_read(data, found):
    assert {entry.line: (entry.channel, entry.address) for entry in read(data)} == found


def test_a_bad_line_is_told_with_its_number_and_its_cause_and_stops_no_other():
    data = 'nobody\nada@example.com\n206 555 0100\n1.42568E+10\n\ufffd@\n"a"b\n+12065550100\n'.encode()
    found = {item.line: item for item in read(data)}
    bad = {line: item.reason for line, item in found.items() if isinstance(item, BadLine)}
    assert list(bad) == [1, 3, 4, 5, 6]
    assert "neither an email address nor a phone number" in bad[1]
    assert "no country code" in bad[3]
    assert "scientific notation" in bad[4]
    assert "is not an email address" in bad[5]
    assert "CSV" in bad[6]
    assert found[2].address == "ada@example.com" and found[7].address == "+12065550100"
    assert not any("206" in reason or "nobody" in reason for reason in bad.values() if "allowed" not in reason)


def test_a_row_without_an_address_is_told():
    found = read(b"Name,Address\nBo,\nCy\nAda,ada@example.com\n")
    assert found == [BadLine(2, "has no address"), BadLine(3, "has no address"), Entry(*ADA, 4)]


def test_a_header_behind_other_lines_is_refused_as_what_stands_before_it_would_be_read_as_addresses():
    with pytest.raises(FileError, match="names its columns in line 3"):
        read(b"June\nada@example.com\nName,Address\nBo,+12065550100\n")


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xff\xfeA\0d\0", b"PK\x03\x04x"])
def test_what_is_no_list_is_refused_as_a_whole(data):
    with pytest.raises(FileError):
        read(data)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("a@b\u00fccher.de", "A@xn--bcher-kva.de"),
        ("tel:+1-206-555-0100", "+12065550100"),
    ],
)
def test_spellings_of_an_address_are_one(one, other):
    assert entry_of(one) == entry_of(other)


@pytest.mark.parametrize(
    "text", ["", "x", "+1 206 555 0100 (2)", "\u00fc@example.com", "+\u0661\u0662\u0660\u0666\u0665"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(NoAddressError):
        entry_of(text)


def test_an_address_that_stands_in_no_file_has_no_line():
    assert entry_of("ada@example.com") == Entry(*ADA) == Entry(*ADA, line=0)


def test_why_a_text_is_no_address_is_told_with_what_is_allowed():
    with pytest.raises(NoAddressError, match=r"^is neither an email address nor a phone number; allowed are ana@"):
        entry_of("nobody")
