"""Pinpoint's metrics for a range of days, their formulas and their answers' rows.

Source: Amazon Pinpoint Developer Guide, "Standard Amazon Pinpoint analytics metrics" (application, campaign and journey metrics).
Rates are quotients from 0 to 1. A group without a message that could count is not in the answer, and without any group there is no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.metrics.cells import ALL
from handlers.engagement.metrics.message import NO_TRANSACTION, PRICE_UNITS
from handlers.engagement.metrics.people import CLICKED, DELIVERED, OPENED, distinct
from handlers.engagement.metrics.rows import Row

Group = list[tuple[str, Mapping[str, int]]]
"""The counters that one row of an answer is made of, each with its day."""
Measure = Callable[[Group, str], float]
"""A number of a group; told the first day from which recipients are counted."""

NONE, DATE, CAMPAIGN, ACTIVITY, JOURNEY_ACTIVITY, COUNTRY = (
    "", "date", "campaign", "campaign-activity", "journey-activity", "country",
)  # fmt: skip
_SHOWN = {
    DATE: "Date",
    CAMPAIGN: "CampaignId",
    ACTIVITY: "CampaignActivityId",
    JOURNEY_ACTIVITY: "JourneyActivityId",
    COUNTRY: "Country",
}


@dataclass(frozen=True)
class Kpi:
    """One metric. base: how many messages could count; value: divided by `per`, if there is one, which is not 0 then."""

    value: Measure
    base: Measure
    per: Measure | None = None


def _sum(*names: str, unit: float = 1) -> Measure:
    def measure(group: Group, _start: str) -> float:
        return sum(counters.get(name, 0) for _, counters in group for name in names) / unit

    return measure


def _people(prefix: str) -> Measure:
    return lambda group, start: distinct(group, start, prefix)


def _count(*names: str, base: Measure) -> Kpi:
    return Kpi(_sum(*names), base)


def _rate(value: Measure, per: Measure) -> Kpi:
    return Kpi(value, per, per)


SENT, DELIVERED_MESSAGES = _sum("e_sent", "s_sent"), _sum("e_delivered", "s_delivered")
EMAILS, EMAILS_DELIVERED, TEXTS, PARTS = _sum("e_sent"), _sum("e_delivered"), _sum("s_sent"), _sum("s_parts")
PRICE = _sum("s_price", unit=PRICE_UNITS)

_DELIVERY_RATE = _rate(DELIVERED_MESSAGES, SENT)
_OPEN_RATE = _rate(_sum("e_opened"), EMAILS_DELIVERED)
_PUSH_RATE = _rate(_sum("p_opened"), _sum("p_delivered"))
_UNIQUE = Kpi(_people(DELIVERED), _people(DELIVERED))

CAMPAIGN_KPIS: dict[tuple[str, str], Kpi] = {
    **{("successful-delivery-rate", by): _DELIVERY_RATE for by in (NONE, ACTIVITY, DATE)},
    **{("email-open-rate", by): _OPEN_RATE for by in (NONE, ACTIVITY)},
    **{("push-open-rate", by): _PUSH_RATE for by in (NONE, ACTIVITY)},
    **{("unique-deliveries", by): _UNIQUE for by in (NONE, DATE)},
    # A run sends one message to a recipient.
    ("unique-deliveries", ACTIVITY): Kpi(DELIVERED_MESSAGES, DELIVERED_MESSAGES),
    **{("hard-bounce-rate", by): _rate(_sum("e_hard"), EMAILS) for by in (NONE, ACTIVITY)},
    ("attempted-deliveries", ACTIVITY): Kpi(SENT, SENT),
    ("successful-deliveries", ACTIVITY): Kpi(DELIVERED_MESSAGES, SENT),
    ("direct-email-opens", ACTIVITY): _count("e_opened", base=EMAILS),
    ("direct-push-opens", ACTIVITY): _count("p_opened", base=_sum("p_sent")),
    ("clicks", ACTIVITY): _count("e_clicks", base=EMAILS),
    ("sms-spend", NONE): Kpi(PRICE, TEXTS),
}
"""By name without its grouping, and grouping."""
_OF_CAMPAIGNS: dict[tuple[str, str], Kpi] = {
    **{("successful-delivery-rate", by): _DELIVERY_RATE for by in (NONE, DATE)},
    **{("email-open-rate", by): _OPEN_RATE for by in (NONE, CAMPAIGN)},
    **{("push-open-rate", by): _PUSH_RATE for by in (NONE, CAMPAIGN)},
    **{("unique-deliveries", by): _UNIQUE for by in (NONE, CAMPAIGN, DATE)},
    ("successful-deliveries", CAMPAIGN): Kpi(DELIVERED_MESSAGES, SENT),
}
_EMAILS: dict[str, Kpi] = {
    "sent": Kpi(EMAILS, EMAILS),
    "delivered": _count("e_delivered", base=EMAILS),
    "opened": _count("e_opened", base=EMAILS),
    "clicked": _count("e_clicks", base=EMAILS),
    "unique-opens": Kpi(_people(OPENED), EMAILS),
    "unique-clicks": Kpi(_people(CLICKED), EMAILS),
    "with-complaints": _count("e_complained", base=EMAILS),
    "hard-bounced": _count("e_hard", base=EMAILS),
    "soft-bounced": _count("e_soft", base=EMAILS),
    "delivery-rate": _rate(EMAILS_DELIVERED, EMAILS),
    "complaint-rate": _rate(_sum("e_complained"), EMAILS),
}
_TEXTS: dict[str, tuple[Kpi, tuple[str, ...]]] = {
    "sent": (Kpi(TEXTS, TEXTS), (NONE, COUNTRY, DATE)),
    "delivered": (_count("s_delivered", base=TEXTS), (NONE, COUNTRY, DATE)),
    "sent-by-parts": (Kpi(PARTS, TEXTS), (NONE, COUNTRY)),
    "delivered-by-parts": (_count("s_delivered_parts", base=TEXTS), (NONE, COUNTRY)),
    "delivery-rate": (_rate(_sum("s_delivered"), TEXTS), (NONE, DATE)),
    "average-price": (_rate(PRICE, TEXTS), (COUNTRY,)),
    "average-price-by-parts": (_rate(PRICE, PARTS), (COUNTRY,)),
    "total-price": (Kpi(PRICE, TEXTS), (COUNTRY,)),
}
_ERRORS = "txn-sms-error-distribution"
APPLICATION_KPIS: dict[tuple[str, str], Kpi] = {
    **_OF_CAMPAIGNS,
    **{(f"txn-emails-{name}", by): kpi for name, kpi in _EMAILS.items() for by in (NONE, DATE)},
    **{(f"txn-sms-{name}", by): kpi for name, (kpi, groupings) in _TEXTS.items() for by in groupings},
    (_ERRORS, NONE): Kpi(_sum("s_reason"), _sum("s_reason")),
}
_JOURNEY_COUNTERS = {
    "sent": "e_sent", "delivered": "e_delivered", "opened": "e_opened", "clicked": "e_clicks",
    "complained": "e_complained", "hardbounced": "e_hard", "softbounced": "e_soft", "rejected": "e_rejected",
    "unsubscribed": "e_unsubscribed",
}  # fmt: skip
JOURNEY_KPIS: dict[tuple[str, str], Kpi] = {
    (f"{start}emails-{name}", by): _count(counter, base=EMAILS)
    for name, counter in _JOURNEY_COUNTERS.items()
    for start, by in (("journey-", NONE), ("", JOURNEY_ACTIVITY))
}


def name_of(kpi: tuple[str, str]) -> str:
    """The name that a call gives: `txn-emails-sent-grouped-by-date`."""
    name, grouping = kpi
    return f"{name}-grouped-by-{grouping}" if grouping else name


def result(kpis: Mapping[tuple[str, str], Kpi], name: str, rows: Sequence[Row], start: str) -> dict[str, Any] | None:
    """The KpiResult of a metric, from the rows of its partition; None for a name that is none of `kpis`.

    start: the first day of the range.
    """
    found = next((kpi for kpi in kpis if name_of(kpi) == name), None)
    if found is None:
        return None
    metric, grouping = found
    kpi, shown = kpis[found], _SHOWN.get(grouping, "ErrorCode")
    if metric == _ERRORS:
        groups = _by_suffix(_without_campaign(rows), "s_reason")
    elif grouping == COUNTRY:
        groups = _by_suffix(_without_campaign(rows), *_SMS_COUNTERS)
    else:
        groups = _grouped(_chosen(kpis, metric, grouping, rows), grouping)
    answer = []
    for key, group in sorted(groups.items()):
        first = key if grouping == DATE else start
        if not kpi.base(group, first):
            continue
        value = kpi.value(group, first)
        if kpi.per:
            value /= kpi.per(group, first)
        grouped = bool(grouping) or metric == _ERRORS
        answer.append(
            {
                "GroupedBys": [{"Key": shown, "Type": "String", "Value": key}] if grouped else [],
                "Values": [{"Key": _key(metric), "Type": "Double", "Value": str(float(value))}],
            }
        )
    return {"Rows": answer}


_SMS_COUNTERS = ("s_sent", "s_delivered", "s_failed", "s_parts", "s_delivered_parts", "s_price")


def _chosen(kpis: Mapping[tuple[str, str], Kpi], metric: str, grouping: str, rows: Sequence[Row]) -> Iterable[Row]:
    """The rows that a metric is made of."""
    if metric.startswith("txn-"):
        return [Row(row.day, row.group, _over_countries(row.counters)) for row in _without_campaign(rows)]
    if metric == "unique-deliveries" and grouping in (NONE, DATE):
        return [row for row in rows if row.group == ALL]
    kept = (ALL, NO_TRANSACTION) if kpis is APPLICATION_KPIS else (ALL,)
    return [row for row in rows if row.group not in kept]


def _without_campaign(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.group == NO_TRANSACTION]


def _grouped(rows: Iterable[Row], grouping: str) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for row in rows:
        key = row.day if grouping == DATE else row.group if grouping else ""
        groups.setdefault(key, []).append((row.day, row.counters))
    return groups


def _by_suffix(rows: Iterable[Row], *names: str) -> dict[str, Group]:
    """Counters `{name}_{suffix}`, by suffix."""
    groups: dict[str, Group] = {}
    for row in rows:
        split: dict[str, Counter[str]] = {}
        for name, number in row.counters.items():
            found, suffix = _split(name, names)
            if found:
                split.setdefault(suffix, Counter())[found] += number
        for suffix, counters in split.items():
            groups.setdefault(suffix, []).append((row.day, counters))
    return groups


def _over_countries(counters: Mapping[str, int]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for name, number in counters.items():
        found[_split(name, _SMS_COUNTERS)[0] or name] += number
    return found


def _split(name: str, names: Sequence[str]) -> tuple[str, str]:
    """Name and suffix of a counter; the longest name counts (`s_delivered_parts_US` is no `s_delivered`)."""
    fitting = [known for known in names if name.startswith(f"{known}_")]
    found = max(fitting, key=len, default="")
    return found, name[len(found) + 1 :] if found else ""


def _key(metric: str) -> str:
    return "".join(part.capitalize() for part in metric.split("-"))
