from __future__ import annotations

import pytest

from handlers.phone_number_validate.numbers import endpoint_update, number_of, valid_number
from handlers.shared.addresses.phone_numbers import UnreadableNumberError


def read(address, country="US", **location):
    return number_of({"Id": "e", "Address": address, "Location": location}, country)


def test_the_endpoints_country_comes_before_the_configured_one():
    assert read("06 12 34 56 78", Country="FR") == "+33612345678"
    assert read("202 555 0191") == "+12025550191"
    assert read("202 555 0191", Country="") == "+12025550191"


@pytest.mark.parametrize("country", ["FR", "Germany", "USA"])
def test_a_number_that_is_none_of_the_endpoints_country_is_none_of_another_one(country):
    with pytest.raises(UnreadableNumberError):
        read("202 555 0191", Country=country)


def test_a_number_without_a_country_code_is_left_alone_where_no_country_is_known():
    with pytest.raises(UnreadableNumberError) as told:
        read("202 555 0191", country="")
    assert told.value.no_country
    with pytest.raises(UnreadableNumberError) as told:
        read("nothing", country="")
    assert not told.value.no_country


ANSWER = {
    "CleansedPhoneNumberE164": "+12025550191",
    "City": "Washington",
    "Country": "United States",
    "CountryCodeIso2": "US",
    "PhoneType": "MOBILE",
    "Timezone": "America/New_York",
}


def test_a_valid_number_is_written_with_all_attributes_and_unknown_where_the_service_says_nothing():
    endpoint = {"Id": "e", "Address": "(202) 555-0191", "ChannelType": "SMS", "EndpointStatus": "INACTIVE"}
    assert endpoint_update(endpoint, ANSWER, "+12025550191") == {
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
    "answer", [{"PhoneType": "INVALID", "CleansedPhoneNumberE164": "+12025550191"}, {"PhoneType": "MOBILE"}, {}]
)
def test_an_invalid_number_is_marked_keeps_its_address_and_becomes_inactive(answer):
    assert valid_number("+12025550191", answer) == ""
    update = endpoint_update({"Id": "e", "Address": "123"}, answer, "")
    assert "Address" not in update
    assert update["EndpointStatus"] == "INACTIVE"
    assert update["Attributes"]["PNV_PhoneType"] == ["INVALID"]
    assert update["Attributes"]["PNV_PhoneNumberValidated"] == ["Yes"]


@pytest.mark.parametrize("told", ["+12025550192", "+1 202 555 0191", "2025550191", "+1202555019\u0661"])
def test_an_answer_about_another_number_is_not_used(told):
    with pytest.raises(UnreadableNumberError):
        valid_number("+12025550191", {"PhoneType": "MOBILE", "CleansedPhoneNumberE164": told})
