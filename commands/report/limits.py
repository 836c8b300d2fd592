"""The rates at which SES acts on an account, and how a report stands to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SOURCE = 'SES Developer Guide, "Creating reputation monitoring alarms using CloudWatch"'


class Limit(NamedTuple):
    """name: of the rate. counter: SES's. recommended, paused: fractions; SES recommends to stay below the one, and may pause sending above the other."""

    name: str
    counter: str
    recommended: float
    paused: float


class Standing(NamedTuple):
    """A rate and what it means. rate: a fraction of the emails sent; None where none was."""

    limit: Limit
    number: int
    rate: float | None
    verdict: str


LIMITS = (
    Limit("Hard bounces", "HardBounced", 0.05, 0.1),
    Limit("Complaints", "Complained", 0.001, 0.005),
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
    if rate > limit.paused:
        return "above the limit at which SES may pause sending"
    if rate >= limit.recommended:
        return "above what SES recommends"
    return "below what SES recommends"
