"""Phone numbers as people write them, read into E.164: the number that is meant, or none, never somebody else's.

`phonenumbers` (Google's libphonenumber) reads them. It drops whatever is no digit, so that `6145550100 (2)` would be
eleven digits and an Australian number. Here a number is read only where no part of the text says something else:
what follows it is cut off where the library reads an extension; any other digits or letters make it unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import Leniency, NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from handlers.shared.addresses.e164 import is_e164
from handlers.shared.addresses.written import trimmed

NO_NUMBER = "is no phone number"
NO_COUNTRY = "has no country code, and its country is not known"
MORE_THAN_A_NUMBER = "holds more than one phone number with an extension"

LONGEST = 100
"""Characters: no number is written in more."""
_COUNTRIES = {"UK": "GB"}
"""What people write for an ISO 3166-1 code."""
_START = re.compile(r"[+\uff0b\d]")
_GROUP = re.compile(r"\d+|[^\W\d_]+")
_ABROAD = re.compile(r"00[ .-]?(?=[1-9])")
_DIGITS_WITH_COUNTRY_CODE = re.compile(r"[1-9][0-9]{10,14}")
_SHORTEST_WORD = 3


class UnreadableNumberError(ValueError):
    """The text is not one phone number. The message says why, without the text. no_country: with a country it may be."""

    @property
    def no_country(self) -> bool:
        return str(self) == NO_COUNTRY


def country_of(value: object) -> str:
    """The ISO 3166-1 alpha-2 code that a text names, in any case; "" where it names no country with a numbering plan."""
    code = trimmed(value).upper() if isinstance(value, str) else ""
    code = _COUNTRIES.get(code, code)
    return code if code in phonenumbers.SUPPORTED_REGIONS else ""


def read_number(text: str, country: str = "") -> str:
    """The number in E.164. Raises UnreadableNumberError.

    country: ISO 3166-1 alpha-2, whose numbering plan a number without a country code belongs to; "" = not known.
    What has the form of E.164 is taken as it is where the library does not know it: its tables are never the newest.
    """
    written = trimmed(text)
    if len(written) > LONGEST:
        raise UnreadableNumberError(NO_NUMBER)
    number = _valid(written, country)
    if number is None and is_e164(written):
        return written
    if number is None:
        raise UnreadableNumberError(_reason(written, country))
    start = _START.search(written)
    core = _without_extension(written[start.start() :] if start else written, country, number)
    if not _is_one_number(core, country, number):
        raise UnreadableNumberError(MORE_THAN_A_NUMBER)
    return _e164(number)


def _valid(written: str, country: str) -> PhoneNumber | None:
    """The valid number that the text is in the country's plan, or with the country code that it begins with."""
    start = _START.search(written)
    if start is None:
        return None
    text = written[start.start() :]
    number = _parsed(text, country) if country or text[0] in "+\uff0b" else None
    if number is None and (abroad := _ABROAD.match(text)):
        number = _parsed(f"+{text[abroad.end() :]}", "")
    if number is None and _DIGITS_WITH_COUNTRY_CODE.fullmatch(text):
        number = _parsed(f"+{text}", "")
    return number


def _parsed(text: str, country: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _without_extension(text: str, country: str, number: PhoneNumber) -> str:
    """The text up to its extension: the shortest beginning that is the same number, where it has one."""
    if number.extension is None:
        return text
    for beginning in _beginnings(text):
        found = _valid(beginning, country)
        if found is not None and found.extension is None and _same(found, number):
            return beginning
    return text


def _is_one_number(text: str, country: str, number: PhoneNumber) -> bool:
    """Whether nothing in the text, which has no extension any more, can be another number than the one that was read."""
    groups = _GROUP.findall(text)
    words = [group for group in groups if not group[0].isdigit()]
    if words and (len(words) > 1 or len(words[0]) < _SHORTEST_WORD or groups[-1] != words[0]):
        return False  # 1-800-FLOWERS ends in a word; letters anywhere else say something of the number
    for beginning in _beginnings(text):
        found = _valid(beginning, country)
        if (
            found is not None
            and not _same(found, number)
            and (_is_usual(beginning, found) or not _is_usual(text, number))
        ):
            return False
    return text[0] in "+\uff0b" or not _ends_in_another(text, country, number)


def _ends_in_another(text: str, country: str, number: PhoneNumber) -> bool:
    """Whether a complete other number stands behind the first digits: `2) 030 123456`."""
    trunk = phonenumbers.ndd_prefix_for_region(country, True) if country else None
    for group in list(_GROUP.finditer(text))[1:]:
        end = text[group.start() :]
        if trunk and not end.startswith(trunk):
            continue
        found = _parsed(end, country) if country else None
        if found is not None and not _same(found, number):
            return not _is_grouped_as_usual(text, country)
    return False


def _is_grouped_as_usual(text: str, country: str) -> bool:
    matches = list(PhoneNumberMatcher(text, country, leniency=Leniency.STRICT_GROUPING))
    return len(matches) == 1 and matches[0].raw_string == text


def _is_usual(text: str, number: PhoneNumber) -> bool:
    """Whether the text is the number in the one form that its country's plan has for it."""
    forms = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.E164)
    return any(text == phonenumbers.format_number(number, form) for form in forms)


def _beginnings(text: str) -> Iterator[str]:
    """The text up to each group of digits or letters but the last, the shortest first."""
    for group in list(_GROUP.finditer(text))[:-1]:
        yield text[: group.end()]


def _same(one: PhoneNumber, other: PhoneNumber) -> bool:
    return _e164(one) == _e164(other)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _reason(written: str, country: str) -> str:
    start = _START.search(written)
    if start is None:
        return NO_NUMBER
    if not country and written[start.start()] not in "+\uff0b":
        return NO_COUNTRY
    return NO_NUMBER
