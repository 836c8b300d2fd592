"""The figures of campaigns: who was considered and left out (activities), and what became of messages (counters)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commands.campaigns.prices import EMAIL_DOLLARS

SENT, PENDING = "SUCCESS", "PENDING"
MILLICENTS = 100_000
"""Of a dollar."""


@dataclass
class Figures:
    """What a run, a treatment or a whole campaign came to.

    Attributes:
        statuses: How many endpoints the run considered, by what became of each (`SUCCESS`: handed over to the channel).
        email, sms: What SES and End User Messaging told of the messages, as GetCampaignResults names it.
        reasons: Why messages were not delivered, by channel and reason.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    email: Counter[str] = field(default_factory=Counter)
    sms: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    price: float = 0.0

    def add(self, activity: Mapping[str, Any], counted: Mapping[str, Any] | None) -> None:
        """Adds an activity, and what was counted of it."""
        self.statuses.update({status: int(number) for status, number in activity["ExecutionMetrics"].items()})
        if counted is None:
            return
        # A service that is older than the command tells each click on an unsubscribe link, and no texts' opt-outs.
        self.email.update({"OptedOut": counted["Email"]["Unsubscribed"], **counted["Email"]})
        self.sms.update({name: number for name, number in counted["Sms"].items() if name != "PriceInMillicents"})
        self.price += counted["Sms"]["PriceInMillicents"]
        for channel, reasons in counted["Reasons"].items():
            if reasons:
                self.reasons.setdefault(channel, Counter()).update(reasons)

    @property
    def left_out(self) -> dict[str, int]:
        """Who got no message, by the reason."""
        return {status: number for status, number in sorted(self.statuses.items()) if status not in (SENT, PENDING)}

    def told(self) -> dict[str, Any]:
        """The figures by name. Rates are None where nothing can be divided."""
        delivered = self.email["Delivered"] + self.sms["Delivered"]
        failed = sum(self.email[name] for name in ("HardBounced", "Rejected", "NotRendered")) + self.sms["Failed"]
        return {
            "Audience": self.statuses.total(),
            "Pending": self.statuses[PENDING],
            "Sent": self.statuses[SENT],
            "Delivered": delivered,
            "Failed": failed,
            "LeftOut": sum(self.left_out.values()),
            "OptedOut": self.email["OptedOut"] + self.sms["OptedOut"],
            "Complained": self.email["Complained"],
            "Opened": self.email["Opened"],
            "Clicked": self.email["Clicked"],
            "DeliveryRate": _rate(delivered, self.email["Sent"] + self.sms["Sent"]),
            "OpenRate": _rate(self.email["Opened"], self.email["Delivered"]),
            "ClickRate": _rate(self.email["Clicked"], self.email["Delivered"]),
        }

    def details(self) -> dict[str, Any]:
        """What the figures are made of: channels, why messages failed, who was left out and why, what messages cost."""
        return {
            "SmsSpendDollars": round(self.price / MILLICENTS, 6),
            "EmailSpendDollars": round(self.email["Sent"] * EMAIL_DOLLARS, 6),
            "Channels": self.channels(),
            "Reasons": [
                {"Channel": channel, "Reason": reason, "Count": number}
                for channel, reasons in sorted(self.reasons.items())
                for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
            ],
            "WhoWasLeftOut": [{"Reason": reason, "Count": number} for reason, number in self.left_out.items()],
        }

    def channels(self) -> list[dict[str, Any]]:
        """Those channels of which something was told."""
        rows = []
        if self.email["Sent"] or self.email["NotRendered"]:
            failed = sum(self.email[name] for name in ("HardBounced", "Rejected", "NotRendered"))
            rows.append({"Channel": "EMAIL", **_channel(self.email, failed)})
        if self.sms["Sent"]:
            rows.append({"Channel": "SMS", **_channel(self.sms, self.sms["Failed"]), "Parts": self.sms["Parts"]})
        return rows


def of_campaign(activities: Iterable[Mapping[str, Any]], counted: Mapping[str, Any]) -> Figures:
    """The figures of all runs."""
    figures = Figures()
    add_runs(figures, activities, counted)
    return figures


def add_runs(figures: Figures, activities: Iterable[Mapping[str, Any]], counted: Mapping[str, Any]) -> None:
    """Adds runs of one campaign. counted: GetCampaignResults."""
    by_activity = {item["ActivityId"]: item for item in counted["Item"]}
    for activity in activities:
        figures.add(activity, by_activity.get(activity["Id"]))


def results(
    campaign: Mapping[str, Any], activities: Iterable[Mapping[str, Any]], counted: Mapping[str, Any]
) -> dict[str, Any]:
    """All that `campaign results` tells."""
    activities = list(activities)
    by_activity = {item["ActivityId"]: item for item in counted["Item"]}
    whole = of_campaign(activities, counted)
    treatments: dict[str, Figures] = {}
    runs = []
    for activity in activities:
        found = by_activity.get(activity["Id"])
        treatments.setdefault(activity.get("TreatmentId", "0"), Figures()).add(activity, found)
        one = Figures()
        one.add(activity, found)
        runs.append(
            {"Run": activity["Id"], "Start": activity.get("Start", ""), "State": activity["State"], **one.told()}
        )
    return {
        **head(campaign),
        **whole.told(),
        "UniqueDeliveries": counted["UniqueDeliveries"],
        "Treatments": [{"Treatment": name, **figures.told()} for name, figures in sorted(treatments.items())],
        **whole.details(),
        "Runs": runs,
    }


def head(campaign: Mapping[str, Any]) -> dict[str, Any]:
    """What a campaign is."""
    return {
        "Id": campaign["Id"],
        "Name": campaign.get("Name", ""),
        "State": campaign["State"]["CampaignStatus"],
        "When": (campaign.get("Schedule") or {}).get("StartTime", ""),
    }


def _channel(counters: Mapping[str, int], failed: int) -> dict[str, int]:
    return {"Sent": counters["Sent"], "Delivered": counters["Delivered"], "Failed": failed}


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
