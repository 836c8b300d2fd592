"""The rates at which SES acts on an account, and how a report stands to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from components.building_blocks import ses_limits

SOURCE = 'SES Developer Guide, "Creating reputation monitoring alarms using CloudWatch"'


class Limit(NamedTuple):
    """name: of the rate. counter: SES's. rates: where SES acts."""

    name: str
    counter: str
    rates: ses_limits.RateLimit


class Standing(NamedTuple):
    """A rate and what it means. rate: a fraction of the emails sent; None where none was."""

    limit: Limit
    number: int
    rate: float | None
    verdict: str


LIMITS = (
    Limit("Hard bounces", "HardBounced", ses_limits.BOUNCES),
    Limit("Complaints", "Complained", ses_limits.COMPLAINTS),
)


def standings(email: Mapping[str, int]) -> list[Standing]:
    """How emails stand to the limits. email: counters as GetCampaignResults names them."""
    sent = email.get("Sent", 0)
    found = []
    for limit in LIMITS:
        count = email.get(limit.counter, 0)
        rate = count / sent if sent else None
        found.append(Standing(limit, count, rate, _verdict(limit, rate)))
    return found


def _verdict(limit: Limit, rate: float | None) -> str:
    if rate is None:
        return "no email was sent"
    if rate > limit.rates.paused:
        return "above the limit at which SES may pause sending"
    if rate >= limit.rates.recommended:
        return "above what SES recommends"
    return "below what SES recommends"
