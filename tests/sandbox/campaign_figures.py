"""What a campaign came to, by the same names from each that tells it: SQL, the results, the report, the metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tests.commands.test_report import Page

Figures = dict[str, float | None]
_EMAIL_FAILURES = ("hard_bounced", "rejected", "not_rendered")
_REPORTED = {
    "sent": ("funnel", "Sent", "Count"),
    "delivered": ("funnel", "Delivered", "Count"),
    "opened": ("funnel", "Opened", "Count"),
    "clicked": ("funnel", "Clicked", "Count"),
    "failed": ("fallen", "Failed", "Figure"),
    "opted_out": ("fallen", "Opted out", "Figure"),
    "complained": ("fallen", "Complained", "Figure"),
    "unique_deliveries": ("fallen", "People who got at least one", "Figure"),
    "sms_spend_dollars": ("fallen", "Spent on texts, US dollars", "Figure"),
    "email_spend_dollars": ("fallen", "Spent on emails by SES's list price, US dollars", "Figure"),
}


def of_sql(row: Mapping[str, Any]) -> Figures:
    """A row of docs/examples/campaign-results.sql, as Athena's texts or as numbers, and what follows from it."""
    told: dict[str, Any] = {name: float(value or 0) for name, value in row.items() if name != "pinpoint_campaign_id"}
    failed = sum(told[name] for name in _EMAIL_FAILURES)
    sent, delivered = (told[f"emails_{name}"] + told[f"texts_{name}"] for name in ("sent", "delivered"))
    return {
        **told,
        "sent": sent,
        "delivered": delivered,
        "emails_failed": failed,
        "failed": failed + told["texts_failed"],
        "opted_out": told["opted_out_by_email"] + told["opted_out_by_text"],
        "email_spend_dollars": told["emails_sent"] / 10_000,
        "delivery_rate": rate(delivered, sent),
        "open_rate": rate(told["opened"], told["emails_delivered"]),
        "click_rate": rate(told["clicked"], told["emails_delivered"]),
        "hard_bounce_rate": rate(told["hard_bounced"], told["emails_sent"]),
    }


def of_results(told: Mapping[str, Any]) -> Figures:
    """What `campaign results --json` tells. `sent` is of the channels, which know it from the same events."""
    found: Figures = {
        "delivered": told["Delivered"],
        "failed": told["Failed"],
        "opened": told["Opened"],
        "clicked": told["Clicked"],
        "opted_out": told["OptedOut"],
        "complained": told["Complained"],
        "unique_deliveries": told["UniqueDeliveries"],
        "sms_spend_dollars": told["SmsSpendDollars"],
        "email_spend_dollars": told["EmailSpendDollars"],
        "delivery_rate": told["DeliveryRate"],
        "open_rate": told["OpenRate"],
        "click_rate": told["ClickRate"],
        "sent": sum(channel["Sent"] for channel in told["Channels"]),
    }
    for channel in told["Channels"]:
        start = {"EMAIL": "emails", "SMS": "texts"}[channel["Channel"]]
        found |= {f"{start}_{name.lower()}": channel[name] for name in ("Sent", "Delivered", "Failed")}
        if start == "texts":
            found["parts"] = channel["Parts"]
    return found


def of_report(html: str) -> Figures:
    """What the report's tables tell. Its `sent` is of the run: who was handed over to the channels."""
    page = Page(html)
    found: Figures = {
        name: float(page.figures(table, column)[label].replace(",", ""))
        for name, (table, label, column) in _REPORTED.items()
    }
    for channel in page.rows("channels") if "channels" in page.tables else ():
        start = {"EMAIL": "emails", "SMS": "texts"}[channel["Channel"]]
        found |= {f"{start}_{name.lower()}": float(channel[name].replace(",", "")) for name in ("Sent", "Delivered")}
    return found


def of_kpis(rows_of: Callable[[str], list[dict[str, Any]]]) -> Figures:
    """What GetCampaignDateRangeKpi tells. rows_of: the rows of a metric. A metric that has none is not there."""

    def total(name: str) -> float | None:
        values = [float(row["Values"][0]["Value"]) for row in rows_of(name)]
        return sum(values) if values else None

    found = {
        "sent": total("attempted-deliveries-grouped-by-campaign-activity"),
        "delivered": total("successful-deliveries-grouped-by-campaign-activity"),
        "opened": total("direct-email-opens-grouped-by-campaign-activity"),
        "clicks": total("clicks-grouped-by-campaign-activity"),
        "unique_deliveries": total("unique-deliveries"),
        "delivery_rate": total("successful-delivery-rate"),
        "open_rate": total("email-open-rate"),
        "hard_bounce_rate": total("hard-bounce-rate"),
    }
    spent = total("sms-spend")
    if spent is not None:
        found["sms_spend_dollars"] = spent / 100_000
    return {name: value for name, value in found.items() if value is not None}


def differences(sql: Figures, other: Figures) -> dict[str, tuple[float | None, float | None]]:
    """Where another tells other than SQL: counts to the unit, rates to the fourth digit, money to a millionth of a dollar."""
    return {name: (sql[name], told) for name, told in other.items() if not _same(name, sql[name], told)}


def rate(part: float, whole: float) -> float | None:
    """A quotient; None where nothing can be divided."""
    return part / whole if whole else None


def _same(name: str, one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one == other
    slack = 0.00005001 if name.endswith("rate") else 0.0000005001 if name.endswith("dollars") else 0
    return math.isclose(one, other, rel_tol=0, abs_tol=slack)
