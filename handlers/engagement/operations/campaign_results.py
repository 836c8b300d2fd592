"""What became of a campaign's messages, by run, treatment and channel: an operation of the service's own."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.metrics.cells import ALL, campaign_pk, first_day, last_day
from handlers.engagement.metrics.message import PRICE_UNITS
from handlers.engagement.metrics.people import distinct
from handlers.engagement.metrics.rows import read_rows
from handlers.engagement.operations.campaigns import get_campaign

_EMAIL = {
    "Sent": "e_sent", "Delivered": "e_delivered", "Opened": "e_opened", "Clicked": "e_clicked", "Clicks": "e_clicks",
    "Unsubscribed": "e_unsubscribed", "Complained": "e_complained", "HardBounced": "e_hard", "SoftBounced": "e_soft",
    "Rejected": "e_rejected", "NotRendered": "e_unrendered",
}  # fmt: skip
_SMS = {
    "Sent": "s_sent", "Delivered": "s_delivered", "Failed": "s_failed", "Parts": "s_parts", "OptedOut": "s_opted_out",
}  # fmt: skip
_OF_A_DAY = ("Sent", "Delivered", "HardBounced", "SoftBounced", "Complained", "Failed")
_REASONS = {"EMAIL": "e_reason_", "SMS": "s_reason_"}


def get_campaign_results(call: Call) -> dict[str, Any]:
    """GetCampaignResults: the counters of the last 90 days, those of each activity by channel, and the distinct recipients.

    `Days` has those of the days (UTC) on which an activity's messages were sent.
    """
    campaign = get_campaign(call)["Id"]
    now = time.time()
    first, last = first_day(now), last_day(now)
    rows = read_rows(call.service.tables.sends, campaign_pk(call.application_id, campaign), first, last)
    activities: dict[str, Counter[str]] = {}
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.group != ALL:
            activities.setdefault(row.group, Counter()).update(row.counters)
            days.setdefault(row.group, []).append(_day(row.day, Counter(row.counters)))
    people = distinct(((row.day, row.counters) for row in rows if row.group == ALL), first)
    return {
        "CampaignId": campaign,
        "Since": first,
        "UniqueDeliveries": people,
        "Item": [
            {**_item(activity, counters), "Days": days[activity]} for activity, counters in sorted(activities.items())
        ],
    }


def _item(activity: str, counters: Counter[str]) -> dict[str, Any]:
    price = counters["s_price"] / PRICE_UNITS
    return {
        "ActivityId": activity,
        "Email": {
            **{shown: counters[name] for shown, name in _EMAIL.items()},
            "OptedOut": counters["e_unsubscribed"] - counters["e_unsubscribed_again"],
        },
        "Sms": {**{shown: counters[name] for shown, name in _SMS.items()}, "PriceInMillicents": price},
        "Reasons": {
            channel: {
                name.removeprefix(prefix): number
                for name, number in sorted(counters.items())
                if number and name.startswith(prefix)
            }
            for channel, prefix in _REASONS.items()
        },
    }


def _day(day: str, counters: Counter[str]) -> dict[str, Any]:
    channels = {"Email": _EMAIL, "Sms": _SMS}
    return {
        "Day": day,
        **{
            channel: {shown: counters[name] for shown, name in names.items() if shown in _OF_A_DAY}
            for channel, names in channels.items()
        },
    }
