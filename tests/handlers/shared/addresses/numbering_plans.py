"""Valid phone numbers of thirty countries, random but the same for a seed, from the library's own numbering plans."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

COUNTRIES = (
    "AR", "AT", "AU", "BE", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "ES", "FI", "FR", "GB",
    "ID", "IE", "IN", "IT", "JP", "LU", "MX", "NL", "NO", "NZ", "PL", "PT", "SE", "US", "ZA",
)  # fmt: skip
TAILS = (" (2)", " #1", "/2", " ext. 5", "x23", " 2", "-78", ".0", ", 3", " / ")
"""What people put behind a number; behind the last one stands another number."""
KINDS = (
    PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOIP,
)  # fmt: skip
FORMATS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)


def numbers(count: int, seed: int = 0) -> Iterator[tuple[str, PhoneNumber]]:
    """(country, valid number), country after country; national numbers of every length that the country has."""
    choice = random.Random(seed)
    examples = {country: _examples(country) for country in COUNTRIES}
    made = 0
    while made < count:
        country = COUNTRIES[made % len(COUNTRIES)]
        number = _varied(choice.choice(examples[country]), choice)
        if phonenumbers.is_valid_number_for_region(number, country):
            made += 1
            yield country, number


def written(number: PhoneNumber, how: int) -> str:
    """The number in one of the library's formats."""
    return phonenumbers.format_number(number, how)


def e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _examples(country: str) -> list[PhoneNumber]:
    found = [phonenumbers.example_number_for_type(country, kind) for kind in KINDS]
    return [number for number in found if number is not None]


def _varied(example: PhoneNumber, choice: random.Random) -> PhoneNumber:
    national = phonenumbers.national_significant_number(example)
    kept = national[: choice.randint(2, 4)]
    length = len(national) + choice.choice((-2, -1, 0, 0, 0, 1, 2))
    digits = kept + "".join(choice.choice("0123456789") for _ in range(max(length - len(kept), 1)))
    number = PhoneNumber(country_code=example.country_code, national_number=int(digits))
    if digits.startswith("0"):
        number.italian_leading_zero = True
        number.number_of_leading_zeros = len(digits) - len(digits.lstrip("0"))
    return number
