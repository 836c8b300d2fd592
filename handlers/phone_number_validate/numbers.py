"""Which number an endpoint's address is, and what the validation service says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shared.addresses.e164 import is_e164
from handlers.shared.addresses.phone_numbers import UnreadableNumberError, country_of, read_number

UNKNOWN = "Unknown"
INVALID = "INVALID"
VALIDATED = "PNV_PhoneNumberValidated"
YES = "Yes"
CHANNELS = ("SMS", "VOICE")

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


def is_unverified(endpoint: Mapping[str, Any]) -> bool:
    """Whether an exported endpoint is one of the segment of unverified endpoints (`segment.py`): other segments have others, too."""
    told = (endpoint.get("Attributes") or {}).get(VALIDATED) or ()
    return endpoint.get("ChannelType") in CHANNELS and YES not in told


def number_of(endpoint: Mapping[str, Any], default_country: str) -> str:
    """The E.164 number to ask about. Raises UnreadableNumberError, with `no_country` where only its country is missing.

    default_country: whose numbers those without a country code are where the endpoint's Location.Country is empty; "" =
    nobody's. A Location.Country that names no country says nothing of numbers, and is not replaced by another one.
    """
    given = (endpoint.get("Location") or {}).get("Country")
    country = country_of(given) if given else default_country
    return read_number(str(endpoint.get("Address") or ""), country)


def valid_number(asked: str, answer: Mapping[str, Any]) -> str:
    """The E.164 number that the answer calls valid; "" where it calls it invalid.

    Raises UnreadableNumberError where it is about another number than the one that was asked about.
    """
    told = answer.get("CleansedPhoneNumberE164")
    if answer.get("PhoneType") == INVALID or not told:
        return ""
    if told != asked and (not is_e164(told) or read_number(told) != read_number(asked)):
        raise UnreadableNumberError("was answered with another number")
    return told


def endpoint_update(endpoint: Mapping[str, Any], answer: Mapping[str, Any], number: str) -> dict[str, Any]:
    """The EndpointBatchItem that writes the service's answer to an exported endpoint.

    number: the valid one, which becomes the Address; "" = invalid: the endpoint keeps its Address and becomes INACTIVE.
    Nothing else of the endpoint is touched.
    """
    attributes = {name: [_value(answer.get(fact))] for name, fact in _FACTS.items()}
    attributes[VALIDATED] = [YES]
    attributes["PNV_OriginalPhoneNumber"] = [_value(endpoint.get("Address"))]
    if not number:
        attributes["PNV_PhoneType"] = [INVALID]
        return {"Id": endpoint["Id"], "Attributes": attributes, "EndpointStatus": "INACTIVE"}
    return {"Id": endpoint["Id"], "Attributes": attributes, "Address": number}


def _value(fact: Any) -> str:
    return str(fact)[:_LONGEST_VALUE] if fact not in (None, "") else UNKNOWN
