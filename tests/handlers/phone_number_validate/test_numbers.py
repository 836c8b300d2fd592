from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.phone_number_validate.numbers import cleanse, endpoint_update

PUNCTUATION = st.text(alphabet=" ()-./\u00a0\t", max_size=3)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("14256791901", "+14256791901"),
        ("(202) 555-0191", "+12025550191"),
        ("605-555-0198", "+16055550198"),
        ("(+351) 282 43 50 50", "+351282435050"),
        ("+1 (425) 679.1901", "+14256791901"),
        ("+2025550191", "+2025550191"),
        ("555-0199", "5550199"),
        ("02025550191", "02025550191"),
        ("\uff12\uff10\uff12 555 0191", "+12025550191"),
        ("", ""),
        ("not a number", ""),
        ("1-800-FLOWERS", ""),
    ],
)
def test_punctuation_goes_before_the_country_code_comes(address, number):
    assert cleanse(address, assume_us=True) == number


def test_ten_digits_get_no_country_code_unless_it_is_assumed():
    assert cleanse("(202) 555-0191", assume_us=False) == "2025550191"


@given(st.text())
def test_whatever_the_address_is_the_number_is_digits_with_a_plus_at_most(address):
    assert re.fullmatch(r"\+?[0-9]+|", cleanse(address, assume_us=True))


@given(st.text(alphabet="0123456789", min_size=1, max_size=15), st.booleans(), st.data())
def test_punctuation_between_the_digits_changes_nothing(digits, plus, data):
    written = ("+" if plus else "") + "".join(digit + data.draw(PUNCTUATION) for digit in digits)
    plain = ("+" if plus else "") + digits
    assert cleanse(data.draw(PUNCTUATION) + written, assume_us=True) == cleanse(plain, assume_us=True)


@given(st.text(alphabet=" ()-.+0123456789", max_size=20), st.booleans())
def test_a_cleansed_number_is_cleansed_for_good(address, assume_us):
    number = cleanse(address, assume_us=assume_us)
    assert cleanse(number, assume_us=assume_us) == number


ANSWER = {
    "CleansedPhoneNumberE164": "+12025550191",
    "City": "Washington",
    "Country": "United States",
    "CountryCodeIso2": "US",
    "PhoneType": "MOBILE",
    "Timezone": "America/New_York",
}


def test_a_valid_number_is_written_with_all_attributes_and_unknown_where_the_service_says_nothing():
    assert endpoint_update({"Id": "e", "Address": "(202) 555-0191", "ChannelType": "SMS"}, ANSWER) == {
        "Id": "e",
        "Address": "+12025550191",
        "Attributes": {
            "PNV_PhoneNumberValidated": ["Yes"],
            "PNV_OriginalPhoneNumber": ["(202) 555-0191"],
            "PNV_Carrier": ["Unknown"],
            "PNV_City": ["Washington"],
            "PNV_Country": ["United States"],
            "PNV_CountryCodeIso2": ["US"],
            "PNV_PhoneType": ["MOBILE"],
            "PNV_Timezone": ["America/New_York"],
            "PNV_ZipCode": ["Unknown"],
        },
    }


@pytest.mark.parametrize(
    "answer", [{"PhoneType": "INVALID", "CleansedPhoneNumberE164": "+123"}, {"PhoneType": "MOBILE"}, {}]
)
def test_an_invalid_number_is_marked_keeps_its_address_and_becomes_inactive(answer):
    update = endpoint_update({"Id": "e", "Address": "123"}, answer)
    assert "Address" not in update
    assert update["EndpointStatus"] == "INACTIVE"
    assert update["Attributes"]["PNV_PhoneType"] == ["INVALID"]
    assert update["Attributes"]["PNV_PhoneNumberValidated"] == ["Yes"]


def test_an_endpoint_that_was_inactive_stays_so():
    update = endpoint_update({"Id": "e", "Address": "2025550191", "EndpointStatus": "INACTIVE"}, ANSWER)
    assert (update["Address"], update["EndpointStatus"]) == ("+12025550191", "INACTIVE")
