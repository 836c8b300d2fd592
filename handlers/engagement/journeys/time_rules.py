"""What a journey may say of times: quiet time, sending schedule, local time, the estimation of time zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handlers.engagement.sending_times.estimation import POSTAL_CODE
from handlers.engagement.sending_times.rules import closed_days_problems, open_hours_problems, quiet_time_problems


def time_problems(journey: Mapping[str, Any]) -> Iterator[str]:
    """Everything that keeps a journey (WriteJourneyRequest) from being published for its times."""
    quiet = journey.get("QuietTime") or {}
    hours, closed = _given(journey, "OpenHours"), _given(journey, "ClosedDays")
    yield from quiet_time_problems(quiet)
    for name, rules in (("OpenHours", hours), ("ClosedDays", closed)):
        if rules and not journey.get("SendingSchedule"):
            yield f"{name} is given without SendingSchedule; needed is SendingSchedule true, or no {name}"
    if journey.get("SendingSchedule") and not (quiet.get("Start") and quiet.get("End")):
        yield "SendingSchedule is true without QuietTime; needed is a QuietTime with Start and End"
    yield from open_hours_problems(hours, quiet)
    yield from closed_days_problems(closed)
    if POSTAL_CODE in (journey.get("TimezoneEstimationMethods") or ()):
        yield (
            "TimezoneEstimationMethods has POSTAL_CODE, which the hosted engagement service does not offer: "
            "it has no table of postal codes; allowed is PHONE_NUMBER"
        )
    if journey.get("LocalTime") and (journey.get("StartCondition") or {}).get("EventStartCondition"):
        yield "LocalTime is true with an EventStartCondition; entry by an event is at the event's moment, for everybody"


def _given(journey: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Rules by channel, without channels that have none."""
    rules = {channel: given for channel, given in (journey.get(member) or {}).items() if given}
    return {channel: given for channel, given in rules.items() if not isinstance(given, Mapping) or any(given.values())}
