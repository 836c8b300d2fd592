"""Phone number validation as Amazon Pinpoint answers it, from the numbering plans that `phonenumbers` knows."""

import functools
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, carrier, geocoder, timezone

MOBILE, LANDLINE, VOIP, INVALID, OTHER, PREPAID = ("MOBILE", "LANDLINE", "VOIP", "INVALID", "OTHER", "PREPAID")
CODES = {MOBILE: 0, LANDLINE: 1, VOIP: 2, INVALID: 3, OTHER: 4, PREPAID: 5}
TYPES = {
    PhoneNumberType.MOBILE: MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: MOBILE,
    PhoneNumberType.FIXED_LINE: LANDLINE,
    PhoneNumberType.VOIP: VOIP,
}
"""North America's plan does not tell mobile from fixed lines: such a number counts as mobile."""
UNKNOWN_TIMEZONE = "Etc/Unknown"


@functools.lru_cache(maxsize=65536)
def _validate(number: str, country: str) -> tuple[tuple[str, Any], ...]:
    parsed = _parse(number, country)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return tuple(_invalid(number, country, parsed).items())
    return tuple(_valid(number, country, parsed).items())


def validate(number: str, country: str = "") -> dict[str, Any]:
    """A NumberValidateResponse; facts that are not known are absent.

    number: as a person wrote it; without a country it must begin with its country code. country: ISO 3166-1 alpha-2.
    """
    return dict(_validate(number, country))


def _parse(number: str, country: str) -> PhoneNumber | None:
    text = number.strip()
    try:
        if text.startswith("+") or country:
            return phonenumbers.parse(text, country or None)
        return phonenumbers.parse(f"+{_digits(text)}", None)
    except NumberParseException:
        return None


def _digits(text: str) -> str:
    return phonenumbers.normalize_digits_only(text)


def _invalid(number: str, country: str, parsed: PhoneNumber | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"OriginalPhoneNumber": number, "PhoneType": INVALID, "PhoneTypeCode": CODES[INVALID]}
    if country:
        answer["OriginalCountryCodeIso2"] = country
    digits = _digits(number)
    if parsed is not None:
        answer["CleansedPhoneNumberE164"] = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        answer["CleansedPhoneNumberNational"] = phonenumbers.national_significant_number(parsed)
    elif digits:
        answer["CleansedPhoneNumberE164"] = f"+{digits}"
        answer["CleansedPhoneNumberNational"] = digits
    return answer


def _valid(number: str, country: str, parsed: PhoneNumber) -> dict[str, Any]:
    kind = _type(parsed)
    region = phonenumbers.region_code_for_number(parsed) or ""
    land = geocoder.country_name_for_number(parsed, "en")
    place = geocoder.description_for_number(parsed, "en")
    zones = timezone.time_zones_for_number(parsed)
    facts = {
        "Carrier": carrier.name_for_number(parsed, "en"),
        "City": place.split(",")[0] if place != land else "",
        "Country": land,
        "CountryCodeIso2": region,
        "OriginalCountryCodeIso2": country,
        "Timezone": zones[0] if zones and zones[0] != UNKNOWN_TIMEZONE else "",
    }
    return {
        **{name: value for name, value in facts.items() if value},
        "CleansedPhoneNumberE164": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        "CleansedPhoneNumberNational": phonenumbers.national_significant_number(parsed),
        "CountryCodeNumeric": str(parsed.country_code),
        "OriginalPhoneNumber": number,
        "PhoneType": kind,
        "PhoneTypeCode": CODES[kind],
    }


def _type(parsed: PhoneNumber) -> str:
    national = phonenumbers.national_significant_number(parsed)
    if parsed.country_code == 1 and national[3:8] == "55501":
        return OTHER
    return TYPES.get(phonenumbers.number_type(parsed), OTHER)
