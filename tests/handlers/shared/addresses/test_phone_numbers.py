from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.building_blocks.countries import COUNTRIES as CONFIGURABLE
from handlers.shared.addresses import phone_numbers
from handlers.shared.addresses.e164 import is_e164
from handlers.shared.addresses.phone_numbers import UnreadableNumberError, country_of, read_number
from tests.handlers.shared.addresses.numbering_plans import FORMATS, TAILS, e164, numbers, written

COUNT = int(os.environ.get("PHONE_NUMBERS", "240"))
"""20,000 take minutes: `PHONE_NUMBERS=20000`."""
AROUND = (
    "Tel. {}",
    "tel:{}",
    "{} home",
    "({})",
    " {}\u00a0",
    "\u202a{}\u202c",
    "2) {}",
    "{} / 9-17h",
    "~{}",
    "{};",
    "#31#{}",
)


def read(text, country=""):
    try:
        return read_number(text, country)
    except UnreadableNumberError:
        return None


def wrong(text, country, number):
    return read(text, country) not in (number, None)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("6145550100", "US", "+16145550100"),
        ("6145550100 (2)", "US", None),
        ("6145550100 #1", "US", "+16145550100"),
        ("6145550100/2", "US", None),
        ("6145550100 ext. 5", "US", "+16145550100"),
        ("6145550100x23", "US", "+16145550100"),
        ("6145550100 6145550101", "US", None),
        ("6145550100.0", "US", None),
        ("6.145550100E+9", "US", None),
        ("+49 30 123456 2", "", None),
        ("+49 30 123456 (2)", "", None),
        ("+49 30 1234 office", "", None),
        ("2) 030 123456", "DE", None),
        ("+1 206 555 0100 / +1 206 555 0101", "", None),
        ("tel:+1-206-555-0100", "", "+12065550100"),
        ("+1 206 555 0100 ext. 23", "", "+12065550100"),
        ("tel:+1-206-555-0100;ext=23", "", "+12065550100"),
        ("tel:2065550100;phone-context=+44", "US", None),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "", "+442079460958"),
        ("+44 207 946 0958", "", "+442079460958"),
        ("(+351) 282 43 50 50", "US", "+351282435050"),
        ("06 12 34 56 78", "US", None),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("171 2345678", "DE", "+491712345678"),
        ("0171 234 5678", "DE", "+491712345678"),
        ("030 22345678", "DE", "+493022345678"),
        ("14256791901", "", "+14256791901"),
        ("442079460958", "US", "+442079460958"),
        ("2025550191", "", None),
        ("+2025550191", "US", "+2025550191"),
        ("02025550191", "US", None),
        ("555-0199", "US", None),
        ("\uff12\uff10\uff12 555 0191", "US", "+12025550191"),
        ("+1\u0662\u0660\u0666\u0665\u0665\u0665\u0660\u0661\u0660\u0660", "", "+12065550100"),
        ("\u202a+1 206-555-0100\u202c", "", "+12065550100"),
        ("", "US", None),
        ("not a number", "US", None),
        ("+1 206 555 0100" + " " * 90 + "2", "", None),
    ],
)
def test_a_text_is_the_number_that_is_meant_or_none(text, country, number):
    assert read(text, country) == number


def test_whatever_stands_behind_a_number_never_makes_another_one():
    before = "+12065550100"
    for country, number in numbers(COUNT):
        for form in FORMATS:
            text = written(number, form)
            assert not wrong(text, country, e164(number)), text
            for tail in TAILS:
                other = before if tail == " / " else ""
                assert not wrong(f"{text}{tail}{other}", country, e164(number)), f"{text}{tail}{other}"
            before = text


def test_whatever_stands_around_a_number_never_makes_another_one():
    for country, number in numbers(COUNT, seed=1):
        for form in FORMATS:
            for around in AROUND:
                text = around.format(written(number, form))
                assert not wrong(text, country, e164(number)), text


def test_nearly_every_number_is_read_as_its_country_writes_it():
    read_ones = [
        read(written(number, form), country) == e164(number)
        for country, number in numbers(300, seed=2)
        for form in FORMATS
    ]
    assert sum(read_ones) / len(read_ones) > 0.95


@given(st.text(max_size=40), st.sampled_from(["US", "DE", ""]))
def test_whatever_the_text_is_the_number_is_e164_or_none(text, country):
    number = read(text, country)
    assert number is None or is_e164(number)


@given(st.text(alphabet=" ()-.+0123456789", max_size=20), st.sampled_from(["US", "FR", ""]))
def test_a_number_that_was_read_is_read_as_itself(text, country):
    number = read(text, country)
    assert number is None or read(number, country) == number


@pytest.mark.parametrize(
    "text",
    [
        "+1206555010\u0660",
        "+\u0661206555010",
        "+12065550100\n",
        " +12065550100",
        "12065550100",
        "+02065550100",
        "+123456",
        None,
    ],
)
def test_e164_is_a_plus_and_ascii_digits_and_nothing_around_them(text):
    assert not is_e164(text)
    assert is_e164("+12065550100")


@pytest.mark.parametrize(
    ("value", "country"),
    [("us", "US"), (" de ", "DE"), ("UK", "GB"), ("USA", ""), ("Germany", ""), ("XX", ""), (None, "")],
)
def test_a_country_is_its_two_letters_or_not_known(value, country):
    assert country_of(value) == country


def test_config_knows_the_countries_that_have_numbers():
    assert phone_numbers.phonenumbers.SUPPORTED_REGIONS == CONFIGURABLE
