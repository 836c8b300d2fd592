"""What became of each operation of Pinpoint's API, on each platform.

Source for platform `pinpoint`: the notice of the end of support in Amazon Pinpoint's documentation
(https://docs.aws.amazon.com/pinpoint/latest/developerguide/integrate.html) and its migration guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

ENDED = "ended"
LIVES = "lives on"
READING = " (our reading)"
"""Of operations that AWS's notice does not name by what they are about."""


class Fate(NamedTuple):
    """aws: what platform `pinpoint` has since 2026-10-30. instead: what to use where the hosted service does not offer it."""

    aws: str
    instead: str = ""


_FATES: Mapping[str, Fate] = {
    "templates": Fate(ENDED + READING, "in-app messages: nothing on AWS"),
    "endpoints and users": Fate(ENDED),
    "import and export jobs": Fate(ENDED + READING),
    "segments": Fate(ENDED),
    "campaigns": Fate(ENDED),
    "journeys": Fate(ENDED),
    "events": Fate(ENDED + READING),
    "messages": Fate(LIVES, "AWS's own Pinpoint endpoint"),
    "channels": Fate(LIVES, "AWS's own Pinpoint endpoint for push; no set-up for SMS, voice and email"),
    "recommenders": Fate(ENDED + READING, "a lookup at send time: [send-time attributes](send-time-attributes.md)"),
    "tags": Fate(LIVES + READING),
    "applications": Fate(ENDED),
}
_SINGLE: Mapping[str, Fate] = {
    "CreateApp": Fate(LIVES + READING),
    "DeleteApp": Fate(LIVES + READING),
    "GetApp": Fate(LIVES + READING),
    "GetApps": Fate(LIVES + READING),
    "GetApplicationSettings": Fate(ENDED + READING),
    "UpdateApplicationSettings": Fate(ENDED + READING),
    "GetChannels": Fate(LIVES + READING, "AWS's own Pinpoint endpoint"),
    "SendUsersMessages": Fate(ENDED + READING),
    "GetInAppMessages": Fate(ENDED + READING, "nothing on AWS"),
    "DeleteEmailChannel": Fate(ENDED + READING, "SES; the hosted service sends by it: `project.email`"),
    "GetEmailChannel": Fate(ENDED + READING, "SES; the hosted service sends by it: `project.email`"),
    "UpdateEmailChannel": Fate(ENDED + READING, "SES; the hosted service sends by it: `project.email`"),
    "GetSmsChannel": Fate(LIVES, "End User Messaging; the hosted service sends by it: `project.sms`"),
    "UpdateSmsChannel": Fate(LIVES, "End User Messaging; the hosted service sends by it: `project.sms`"),
    "DeleteSmsChannel": Fate(LIVES, "End User Messaging; the hosted service sends by it: `project.sms`"),
    "GetVoiceChannel": Fate(LIVES, "End User Messaging's SendVoiceMessage"),
    "UpdateVoiceChannel": Fate(LIVES, "End User Messaging's SendVoiceMessage"),
    "DeleteVoiceChannel": Fate(LIVES, "End User Messaging's SendVoiceMessage"),
}


def rows(
    grouped: Mapping[str, list[str]], offered: frozenset[str], listed: Callable[[list[str]], str]
) -> list[tuple[str, ...]]:
    """Rows (about, operations, hosted, pinpoint, instead); operations of one subject with the same answers share one.

    Raises ValueError for a subject whose fate is not said here.
    """
    found: list[tuple[str, ...]] = []
    for about, names in grouped.items():
        if about not in _FATES:
            raise ValueError(f"docs/pinpoint_operations.py does not say what became of {about}")
        alike: dict[tuple[bool, Fate], list[str]] = {}
        for name in names:
            alike.setdefault((name in offered, _SINGLE.get(name, _FATES[about])), []).append(name)
        for (there, fate), group in sorted(alike.items(), key=lambda item: not item[0][0]):
            instead = "-" if there else fate.instead or "-"
            found.append((about, listed(group), "**offered**" if there else "not offered", fate.aws, instead))
    return found
