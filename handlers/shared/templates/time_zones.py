"""Time zones of message templates: ids of the tz database, Java's short ids, `GMT+2`; and their English names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from handlers.shared.templates.errors import RenderingError

_GMT = re.compile(r"(?:GMT|UTC)(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?", re.ASCII)
_NUMERIC = re.compile(r"[+-]\d+")
_JAVA = {
    "PST": "America/Los_Angeles", "CST": "America/Chicago", "PNT": "America/Phoenix", "IET": "America/Indiana/Indianapolis",
    "AST": "America/Anchorage", "CNT": "America/St_Johns", "PRT": "America/Puerto_Rico", "AGT": "America/Argentina/Buenos_Aires",
    "BET": "America/Sao_Paulo", "ECT": "Europe/Paris", "ART": "Africa/Cairo", "CAT": "Africa/Harare", "EAT": "Africa/Addis_Ababa",
    "NET": "Asia/Yerevan", "PLT": "Asia/Karachi", "IST": "Asia/Kolkata", "BST": "Asia/Dhaka", "VST": "Asia/Ho_Chi_Minh",
    "CTT": "Asia/Shanghai", "JST": "Asia/Tokyo", "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "SST": "Pacific/Guadalcanal",
    "NST": "Pacific/Auckland", "MIT": "Pacific/Apia",
}  # fmt: skip
"""java.util.TimeZone's short ids that the tz database does not have."""
_NAMES = {
    "UTC": "Coordinated Universal Time", "GMT": "Greenwich Mean Time", "BST": "British Summer Time",
    "IST Europe": "Irish Standard Time", "IST Asia/Jerusalem": "Israel Standard Time", "IDT": "Israel Daylight Time",
    "IST": "India Standard Time", "WET": "Western European Time", "WEST": "Western European Summer Time",
    "CET": "Central European Time", "CEST": "Central European Summer Time", "EET": "Eastern European Time",
    "EEST": "Eastern European Summer Time", "MSK": "Moscow Standard Time", "SAST": "South Africa Standard Time",
    "WAT": "West Africa Time", "CAT": "Central Africa Time", "EAT": "East Africa Time", "PKT": "Pakistan Standard Time",
    "CST Asia": "China Standard Time", "HKT": "Hong Kong Standard Time", "JST": "Japan Standard Time", "KST": "Korean Standard Time",
    "PST Asia": "Philippine Standard Time", "WIB": "Western Indonesia Time", "WITA": "Central Indonesia Time",
    "WIT": "Eastern Indonesia Time", "AWST": "Australian Western Standard Time", "ACST": "Australian Central Standard Time",
    "ACDT": "Australian Central Daylight Time", "AEST": "Australian Eastern Standard Time",
    "AEDT": "Australian Eastern Daylight Time", "NZST": "New Zealand Standard Time", "NZDT": "New Zealand Daylight Time",
    "ChST": "Chamorro Standard Time", "SST": "Samoa Standard Time", "HST": "Hawaii-Aleutian Standard Time",
    "HDT": "Hawaii-Aleutian Daylight Time", "AKST": "Alaska Standard Time", "AKDT": "Alaska Daylight Time",
    "PST": "Pacific Standard Time", "PDT": "Pacific Daylight Time", "MST": "Mountain Standard Time", "MDT": "Mountain Daylight Time",
    "CST Cuba": "Cuba Standard Time", "CST America/Havana": "Cuba Standard Time", "CDT America/Havana": "Cuba Daylight Time",
    "CST": "Central Standard Time", "CDT": "Central Daylight Time", "EST": "Eastern Standard Time", "EDT": "Eastern Daylight Time",
    "AST": "Atlantic Standard Time", "ADT": "Atlantic Daylight Time", "NST": "Newfoundland Standard Time",
    "NDT": "Newfoundland Daylight Time",
}  # fmt: skip
"""CLDR's English names by the tz database's abbreviation, where one abbreviation has several with the zone or its area."""


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """The time zone of this name. Raises RenderingError for one that does not exist."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    offset = _GMT.fullmatch(name)
    if offset:
        hours, minutes = int(offset["hours"]), int(offset["minutes"] or 0)
        if hours <= 23:
            width = timedelta(hours=hours, minutes=minutes)
            return timezone(width if offset["sign"] == "+" else -width)
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only templates with a time zone pay for it

    try:
        return ZoneInfo(_JAVA.get(name, name))
    except (LookupError, ValueError, OSError) as error:
        raise RenderingError(f"the time zone {name[:60]!r} is not in the tz database") from error


def short_name(moment: datetime) -> str:
    """`PDT`; of zones without an abbreviation `GMT+05:30`."""
    name = moment.tzname() or "UTC"
    if isinstance(moment.tzinfo, timezone) and moment.tzinfo is not UTC:
        return gmt(moment)
    return gmt(moment) if _NUMERIC.fullmatch(name) else name


def long_name(moment: datetime) -> str:
    """`Pacific Daylight Time`; of zones whose name is not known here `GMT-07:00`."""
    name = short_name(moment)
    key = str(getattr(moment.tzinfo, "key", ""))
    for wanted in (f"{name} {key}", f"{name} {key.split('/', maxsplit=1)[0]}", name):
        if wanted in _NAMES:
            return _NAMES[wanted]
    return gmt(moment)


def gmt(moment: datetime) -> str:
    """`GMT+02:00`."""
    return f"GMT{offset(moment, ':')}"


def offset(moment: datetime, between: str = "") -> str:
    """`+0200`, or with something between hours and minutes."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    sign, minutes = ("-" if seconds < 0 else "+"), abs(seconds) // 60
    return f"{sign}{minutes // 60:02d}{between}{minutes % 60:02d}"
