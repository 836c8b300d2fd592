"""Columns and rows."""

from __future__ import annotations

import pytest

from handlers.sms_s3_drop.columns import (
    ORDER,
    Columns,
    Defaults,
    FileRefusedError,
    RowRefusedError,
    Text,
    columns_of,
    text_of,
)

GOOD = ["+12065550001", "Hello", "c", "12345", "PROMOTIONAL", "1", "2"]


def text(values: list[str], columns: Columns | None = None, defaults: Defaults | None = None) -> Text:
    found = columns or columns_of(ORDER)
    return text_of(found, values, run="r", row=0, line=2, defaults=defaults or Defaults())


def test_columns_are_found_by_name_in_any_order_and_case_and_unknown_ones_are_passed_over():
    columns = columns_of(["MESSAGE", "Loyalty level", " short-code", "SMS Number", "Message_Type"])
    made = text(["Hi", "gold", "12345", "+12065550001", "transactional"], columns)
    assert (made.number, made.message, made.origination, made.message_type) == (
        "+12065550001",
        "Hi",
        "12345",
        "TRANSACTIONAL",
    )


def test_a_first_row_with_a_number_is_data_in_the_references_order():
    columns = columns_of(GOOD)
    assert not columns.has_header
    assert text(GOOD, columns).message == "Hello"


def test_a_first_row_in_other_words_is_a_header_in_the_references_order():
    columns = columns_of(["Phone", "Text", "Campaign", "From", "Kind", "Shop", "Till"])
    assert columns.has_header
    assert text(GOOD, columns).id_2 == "2"


@pytest.mark.parametrize("first", [["sms_number"], ["message", "x"], ["sms_number", "message", "message"]])
def test_a_header_that_lacks_or_repeats_a_needed_column_is_refused(first):
    with pytest.raises(FileRefusedError):
        columns_of(first)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, "", "sms_number is empty"),
        (0, "12065550001", "E.164"),
        (0, "+02065550001", "E.164"),
        (0, "+1206555000\u0661", "E.164"),
        (0, "+1206555000112345", "E.164"),
        (1, "", "message is empty"),
        (1, " \n", "message is empty"),
        (1, "x" * 1531, "1,531 characters"),
        (1, "ж" * 631, "631 characters, of which some are not in GSM"),
        (1, "Hi {{User.Name}}", "variable"),
        (1, "a\0b", "NUL"),
        (1, "\udcff", "not UTF-8"),
        (2, "x" * 801, "external_campaign_id has 801"),
        (3, "", "no origination number is configured"),
        (3, "pool-1234567890", "no origination identity"),
        (3, "+1 206", "no origination identity"),
        (4, "", "none is configured"),
        (4, "MARKETING", "'MARKETING'; allowed are TRANSACTIONAL, PROMOTIONAL"),
    ],
)
def test_a_row_that_cannot_be_sent_says_why(place, value, reason):
    values = [*GOOD]
    values[place] = value
    with pytest.raises(RowRefusedError, match=reason):
        text(values)


@pytest.mark.parametrize("origin", ["+12065550100", "123", "12345678", "MyShop", "shop-1"])
def test_numbers_short_codes_and_sender_ids_are_origins(origin):
    assert text([*GOOD[:3], origin, *GOOD[4:]]).origination == origin


def test_a_text_survives_the_queue():
    made = text([*GOOD[:1], 'He said "hi",\r\nthen 👍\ufffe', *GOOD[2:]])
    assert Text.from_json(made.to_json()) == made
    assert made.to_json().isascii()


def test_rows_are_equal_only_if_all_columns_are():
    digests = {text([*GOOD[:place], f"{GOOD[place]}0", *GOOD[place + 1 :]]).digest for place in (0, 1, 2, 3, 5, 6)}
    assert len(digests | {text(GOOD).digest}) == 7
