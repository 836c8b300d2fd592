"""The time zone of somebody whose endpoint names none, estimated from a phone number (TimezoneEstimationMethods)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from handlers.engagement.sending_times.zones import zone_named, zone_of

PHONE_NUMBER, POSTAL_CODE = "PHONE_NUMBER", "POSTAL_CODE"
PHONES = ("SMS", "VOICE")
"""Channels whose address is a phone number."""


def zones(endpoint: Mapping[str, Any], methods: Collection[str]) -> tuple[ZoneInfo, ...]:
    """The zones in which an endpoint may be: the one that it names, else those that its number may be in; empty: not known.

    An estimate needs `Location.Country` (ISO 3166-1 alpha-2), and the number to be of that country.
    """
    if own := zone_of(endpoint):
        return (own,)
    country = str((endpoint.get("Location") or {}).get("Country") or "").upper()
    if PHONE_NUMBER not in methods or endpoint.get("ChannelType") not in PHONES or not country:
        return ()
    return _of_number(str(endpoint.get("Address") or ""), country)


@lru_cache(maxsize=8192)
def _of_number(number: str, country: str) -> tuple[ZoneInfo, ...]:
    import phonenumbers  # noqa: PLC0415 - only journeys that estimate pay for its tables
    from phonenumbers import timezone  # noqa: PLC0415

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    if phonenumbers.region_code_for_number(parsed) != country:
        return ()
    names = timezone.time_zones_for_number(parsed)
    return tuple(zone for name in names if (zone := zone_named(name)))
