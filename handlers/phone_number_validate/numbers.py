"""Phone numbers as people write them, and what the validation service says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = "Unknown"
INVALID = "INVALID"
VALIDATED = "PNV_PhoneNumberValidated"

_FACTS = {
    "PNV_Carrier": "Carrier",
    "PNV_City": "City",
    "PNV_Country": "Country",
    "PNV_CountryCodeIso2": "CountryCodeIso2",
    "PNV_PhoneType": "PhoneType",
    "PNV_Timezone": "Timezone",
    "PNV_ZipCode": "ZipCode",
}
_LONGEST_VALUE = 100
_LONGEST_E164 = 15
_SHORTEST_NUMBER = 7


def cleanse(address: str, *, assume_us: bool) -> str:
    """The number to ask about: digits, with a leading `+` where the country code is part of it; "" if there is none.

    Spaces and punctuation go first. Then exactly ten digits without `+` are a number of the United States, if
    `assume_us`; eleven to fifteen digits that do not begin with 0 begin with their country code. Letters are no part of
    a number: an address with letters gives "".
    """
    text = address.strip()
    if any(character.isalpha() for character in text):
        return ""
    digits = "".join(str(int(character)) for character in text if character.isdecimal())
    if not digits:
        return ""
    before_digits = text[: next(place for place, character in enumerate(text) if character.isdecimal())]
    if "+" in before_digits:
        return f"+{digits}"
    if len(digits) == 10:
        return f"+1{digits}" if assume_us else digits
    if 11 <= len(digits) <= _LONGEST_E164 and digits[0] != "0":
        return f"+{digits}"
    return digits


def is_plausible(number: str) -> bool:
    """Whether a cleansed number has a length that telephone numbers have (ITU-T E.164: 15 digits at the most)."""
    return _SHORTEST_NUMBER <= len(number.removeprefix("+")) <= _LONGEST_E164


def is_valid(answer: Mapping[str, Any]) -> bool:
    """Whether a NumberValidateResponse is about a number that can be called."""
    return answer.get("PhoneType") != INVALID and bool(answer.get("CleansedPhoneNumberE164"))


def endpoint_update(endpoint: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The EndpointBatchItem that writes the service's answer to an exported endpoint.

    A valid number's Address becomes its E.164 form. An invalid one keeps its Address and becomes INACTIVE. An endpoint
    that was INACTIVE stays so: an update that does not say it would make it ACTIVE.
    """
    valid = is_valid(answer)
    attributes = {name: [_value(answer.get(fact))] for name, fact in _FACTS.items()}
    attributes[VALIDATED] = ["Yes"]
    attributes["PNV_OriginalPhoneNumber"] = [_value(endpoint.get("Address"))]
    if not valid:
        attributes["PNV_PhoneType"] = [INVALID]
    update: dict[str, Any] = {"Id": endpoint["Id"], "Attributes": attributes}
    if valid:
        update["Address"] = answer["CleansedPhoneNumberE164"]
    if not valid or endpoint.get("EndpointStatus") == "INACTIVE":
        update["EndpointStatus"] = "INACTIVE"
    return update


def _value(fact: Any) -> str:
    return str(fact)[:_LONGEST_VALUE] if fact not in (None, "") else UNKNOWN
