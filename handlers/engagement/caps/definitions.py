"""Which caps hold for a campaign's or a journey's messages, and which counters its messages count in.

Choices where Pinpoint's documents are silent: 0 is no cap; times are rolling; what a campaign or a journey says itself, 0 too, stands in
place of what its application says, but its messages count for the others all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DAY_SECONDS = 24 * 3600
DAILY_CAP, CAMPAIGN_CAP = "DAILY_CAP", "CAMPAIGN_CAP"
CAMPAIGN, JOURNEY = "c", "j"
"""Whose a counted message is, as counters note it."""
JOURNEYS_COUNT = "_JourneysCount"
"""Member of the application's settings: a journey with a TimeframeCap was published, so all journeys' messages count."""


class Cap(NamedTuple):
    """At most so many messages.

    Args:
        owner: Whose counter: the campaign's, the journey's or the application's id.
        seconds: In how many; None: ever.
        status: What becomes of a message that would be one too many.
        kinds: Whose messages count.
    """

    owner: str
    most: int
    seconds: int | None
    status: str
    kinds: str = CAMPAIGN + JOURNEY


class CapSet(NamedTuple):
    """The caps of messages of one kind, and the counters (owners' ids) that they count in."""

    kind: str
    caps: tuple[Cap, ...] = ()
    owners: tuple[str, ...] = ()


def campaign_caps(campaign: Mapping[str, Any], settings: Mapping[str, Any]) -> CapSet:
    """Those of a campaign: its own `Limits`, else the application's."""
    own, shared = campaign.get("Limits") or {}, settings.get("Limits") or {}
    identifier, application = campaign["Id"], campaign["ApplicationId"]
    caps = [Cap(identifier, _first(own, shared, "Total"), None, CAMPAIGN_CAP)]
    if own.get("Daily") is not None:
        caps.append(Cap(identifier, own["Daily"], DAY_SECONDS, DAILY_CAP))
    else:
        caps.append(Cap(application, shared.get("Daily") or 0, DAY_SECONDS, DAILY_CAP))
    return _set(CAMPAIGN, caps, application if shared.get("Daily") else None)


def journey_caps(journey: Mapping[str, Any], settings: Mapping[str, Any]) -> CapSet:
    """Those of a journey: its own `Limits`, else the application's `JourneyLimits`, else, for 24 hours, its `Limits`."""
    own, shared = journey.get("Limits") or {}, settings.get("JourneyLimits") or {}
    all_messages = (settings.get("Limits") or {}).get("Daily") or 0
    identifier, application = journey["Id"], journey["ApplicationId"]
    caps = [Cap(identifier, _first(own, shared, "TotalCap"), None, DAILY_CAP)]
    if own.get("DailyCap") is not None:
        caps.append(Cap(identifier, own["DailyCap"], DAY_SECONDS, DAILY_CAP))
    elif shared.get("DailyCap") is not None:
        caps.append(Cap(application, shared["DailyCap"], DAY_SECONDS, DAILY_CAP, JOURNEY))
    else:
        caps.append(Cap(application, all_messages, DAY_SECONDS, DAILY_CAP))
    frame = own["TimeframeCap"] if own.get("TimeframeCap") is not None else shared.get("TimeframeCap") or {}
    days = frame.get("Days") or 0
    caps.append(Cap(application, (frame.get("Cap") or 0) if days else 0, days * DAY_SECONDS, DAILY_CAP, JOURNEY))
    counted = bool(
        all_messages or shared.get("DailyCap") or is_cap(shared.get("TimeframeCap")) or settings.get(JOURNEYS_COUNT)
    )
    return _set(JOURNEY, caps, application if counted else None)


def is_cap(frame: Mapping[str, Any] | None) -> bool:
    """Whether a TimeframeCap caps anything."""
    return bool(frame and frame.get("Cap") and frame.get("Days"))


def journey_cap_problems(limits: Mapping[str, Any], path: str) -> Iterator[str]:
    """What is wrong with DailyCap, TotalCap and TimeframeCap of a journey's Limits or an application's JourneyLimits."""
    for name in ("DailyCap", "TotalCap"):
        yield from _range(limits, path, name, 100)
    frame = limits.get("TimeframeCap") or {}
    yield from _range(frame, f"{path}.TimeframeCap", "Cap", 100)
    yield from _range(frame, f"{path}.TimeframeCap", "Days", 30)
    if bool(frame.get("Cap")) != bool(frame.get("Days")):
        given = ", ".join(f"{name} {frame[name]}" for name in ("Cap", "Days") if frame.get(name))
        yield f"{path}.TimeframeCap has {given} alone; needed are Cap and Days, or 0 for both"


def _range(holder: Mapping[str, Any], path: str, name: str, most: int) -> Iterator[str]:
    if not 0 <= (holder.get(name) or 0) <= most:
        yield f"{path}.{name} is {holder[name]}; allowed are 0 to {most}"


def _first(own: Mapping[str, Any], shared: Mapping[str, Any], name: str) -> int:
    return own[name] if own.get(name) is not None else shared.get(name) or 0


def _set(kind: str, caps: list[Cap], counts_in: str | None) -> CapSet:
    holding = tuple(cap for cap in caps if cap.most)
    owners = [cap.owner for cap in holding] + ([counts_in] if counts_in else [])
    return CapSet(kind, holding, tuple(dict.fromkeys(owners)))
