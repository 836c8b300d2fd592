"""What is known of one message: a set of facts that grows with its events, in whichever order they come.

`merge` is commutative, associative and idempotent, so that the same events give the same state always.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from handlers.engagement.metrics.cells import Cells, application_pk, campaign_pk, day_of, journey_pk
from handlers.shared.event_stream import Event

EMAIL, SMS = "e", "s"
"""Channels, as the counters' names begin."""
MOST_CLICKS = 250
PRICE_UNITS = 1_000_000
"""Prices are counted in millionths of a thousandth of a cent, so that sums are exact."""
NO_TRANSACTION = "-"
"""The group of messages that no campaign sent."""
OPT_OUT = "OPTOUT"
UNSENT = frozenset({"rendering_failure", OPT_OUT})
"""What is told of messages that were never taken, or of which nobody knows: a reply may answer one that is not the project's."""
AGAIN_COUNTED = "unsubscribe_again"
"""Stands in `kinds` beside `unsubscribe`: the message's further clicks on unsubscribe links have a counter of their own. Messages of an
item without it were counted before there was one; each of their clicks counts as an opt-out until the next one."""
EMAIL_KINDS = frozenset(
    {
        "send", "rejected", "rendering_failure", "delivered", "open", "click", "unsubscribe", "hardbounce",
        "softbounce", "complaint",
    }
)  # fmt: skip
SMS_KINDS = frozenset({"BUFFERED", "SUCCESS", "FAILURE", OPT_OUT})


@dataclass(frozen=True)
class Message:
    """The facts of one message.

    Attributes:
        channel: EMAIL or SMS.
        person: Digest of the recipient's endpoint id; "" where a reply alone is known.
        sent, last: Earliest and latest `event_timestamp`, in milliseconds since 1970.
        kinds: Which events have come (`delivered`, `SUCCESS`).
        clicks, unsubscribes: Ids of those events, at most the 250 that sort first.
        outcome: Of the latest final event: when, kind, reason.
        price, parts, country: Of the latest event that tells: when, and the value. price: in PRICE_UNITS.
    """

    channel: str
    person: str
    sent: int
    last: int
    campaign: str = ""
    activity: str = ""
    journey: str = ""
    journey_activity: str = ""
    kinds: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()
    unsubscribes: tuple[str, ...] = ()
    outcome: tuple[int, str, str] = (0, "", "")
    price: tuple[int, int] = (-1, 0)
    parts: tuple[int, int] = (-1, 0)
    country: tuple[int, str] = (-1, "")

    def merge(self, other: Message) -> Message:
        """What both tell."""
        return Message(
            channel=self.channel,
            person=max(self.person, other.person),
            sent=min(self.sent, other.sent),
            last=max(self.last, other.last),
            campaign=max(self.campaign, other.campaign),
            activity=max(self.activity, other.activity),
            journey=max(self.journey, other.journey),
            journey_activity=max(self.journey_activity, other.journey_activity),
            kinds=_union(self.kinds, other.kinds),
            clicks=_union(self.clicks, other.clicks)[:MOST_CLICKS],
            unsubscribes=_union(self.unsubscribes, other.unsubscribes)[:MOST_CLICKS],
            outcome=max(self.outcome, other.outcome),
            price=max(self.price, other.price),
            parts=max(self.parts, other.parts),
            country=max(self.country, other.country),
        )

    @property
    def day(self) -> str:
        """The UTC day that the message counts for."""
        return day_of(self.sent)

    @property
    def was_sent(self) -> bool:
        """Whether SES or End User Messaging took the message: any event but a failure to render, or a reply, says so."""
        return not UNSENT.issuperset(self.kinds)

    @property
    def delivered(self) -> bool:
        """As Pinpoint's KPIs count: a text by its latest final event, a campaign's email unless it bounced for good, another email
        unless it bounced or was rejected."""
        if self.channel == SMS:
            return self.outcome[1] == "SUCCESS"
        undelivered = {"hardbounce"} if self.campaign else {"hardbounce", "softbounce", "rejected"}
        return self.was_sent and undelivered.isdisjoint(self.kinds)

    def counters(self) -> Counter[str]:
        """What the message adds to its counters, by name."""
        return self._sms() if self.channel == SMS else self._email()

    def cells(self, application: str) -> Cells:
        """What the message adds, and where."""
        counters, day = self.counters(), self.day
        if self.campaign:
            places = [
                (application_pk(application), f"{day}#{self.campaign}"),
                (campaign_pk(application, self.campaign), f"{day}#{self.activity or NO_TRANSACTION}"),
            ]
        elif self.journey:
            places = [(journey_pk(application, self.journey), f"{day}#{self.journey_activity or NO_TRANSACTION}")]
        else:
            places = [(application_pk(application), f"{day}#{NO_TRANSACTION}")]
            counters = self._by_country(counters)
        return Counter(
            {(pk, row, name): int(number) for pk, row in places for name, number in counters.items() if number}
        )

    def to_json(self) -> str:
        """The facts as one text; those that are not there are left out."""
        told = {name: value for name, value in vars(self).items() if value != _NOTHING.get(name)}
        return json.dumps(told, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Message:
        """The facts of `to_json`."""
        found: dict[str, Any] = {}
        for name, value in json.loads(text).items():
            found[name] = tuple(value) if isinstance(value, list) else value
        return cls(**found)

    def _email(self) -> Counter[str]:
        found = Counter(
            {
                "e_sent": self.was_sent,
                "e_delivered": self.delivered,
                "e_opened": "open" in self.kinds,
                "e_clicked": bool(self.clicks),
                "e_clicks": len(self.clicks),
                "e_unsubscribed": len(self.unsubscribes),
                "e_unsubscribed_again": len(self.unsubscribes) - 1 if AGAIN_COUNTED in self.kinds else 0,
                "e_complained": "complaint" in self.kinds,
                "e_hard": "hardbounce" in self.kinds,
                "e_soft": "softbounce" in self.kinds,
                "e_rejected": "rejected" in self.kinds,
                "e_unrendered": "rendering_failure" in self.kinds,
            }
        )
        if self.outcome[2]:
            found[f"e_reason_{self.outcome[2]}"] = 1
        return found

    def _sms(self) -> Counter[str]:
        if not self.was_sent:
            return Counter()
        parts = self.parts[1] or 1
        found = Counter(
            {
                "s_sent": 1,
                "s_delivered": self.delivered,
                "s_failed": self.outcome[1] == "FAILURE",
                "s_opted_out": OPT_OUT in self.kinds,
                "s_parts": parts,
                "s_delivered_parts": parts if self.delivered else 0,
                "s_price": self.price[1],
            }
        )
        if self.outcome[1] == "FAILURE":
            found[f"s_reason_{self.outcome[2]}"] = 1
        return found

    def _by_country(self, counters: Counter[str]) -> Counter[str]:
        """Transactional texts are counted by country, other than their reasons."""
        country = self.country[1] or "-"
        return Counter(
            {
                f"{name}_{country}" if name.startswith("s_") and not name.startswith("s_reason_") else name: number
                for name, number in counters.items()
            }
        )


_NOTHING = {entry.name: entry.default for entry in fields(Message)}
"""The facts of a message of which nothing is known."""


@dataclass(frozen=True)
class Observation:
    """What one event tells: whose message (the key of its item), and the facts."""

    application: str
    key: str
    message: Message


def observed(event: Event) -> Observation | None:
    """What an event of the stream tells of a message; None for an event that tells nothing of one."""
    family, _, kind = event["event_type"].partition(".")
    if family == "_email" and kind in EMAIL_KINDS:
        return _email_observation(event, kind)
    if family == "_SMS" and kind in SMS_KINDS:
        return _sms_observation(event, kind)
    return None


def digest(*parts: str) -> str:
    """A name of 32 hexadecimal digits, whatever the parts are."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _email_observation(event: Event, kind: str) -> Observation:
    parts = event["facets"]["email_channel"]["mail_event"]
    moment, clicked = event["arrival_timestamp"], (event["event_id"][:16],)
    outcome = (0, "", "")
    if kind in ("hardbounce", "softbounce"):
        bounce = parts["bounce"]
        outcome = (moment, kind, f"{bounce['bounce_type']}/{bounce['bounce_sub_type'] or 'Undetermined'}"[:80])
    elif kind == "rejected":
        outcome = (moment, kind, "Rejected")
    elif kind == "rendering_failure":
        outcome = (moment, kind, "RenderingFailure")
    return _observation(
        event,
        EMAIL,
        parts["mail"]["message_id"],
        kinds=(kind, AGAIN_COUNTED) if kind == "unsubscribe" else (kind,),
        clicks=clicked if kind == "click" else (),
        unsubscribes=clicked if kind == "unsubscribe" else (),
        outcome=outcome,
    )


def _sms_observation(event: Event, kind: str) -> Observation:
    attributes, moment = event["attributes"], event["event_timestamp"]
    if kind == OPT_OUT:  # which knows the message that it answers, and neither its endpoint nor its parts
        return _observation(event, SMS, attributes["message_id"], person="", kinds=(kind,))
    more: dict[str, Any] = {}
    if kind != "BUFFERED":
        reason = attributes["record_status"][:80] if kind == "FAILURE" else ""
        more["outcome"] = (moment, kind, reason)
    price = event.get("metrics", {}).get("price_in_millicents_usd")
    if price is not None:
        more["price"] = (moment, round(price * PRICE_UNITS))
    if (parts := attributes.get("number_of_message_parts", "")).isdecimal():
        more["parts"] = (moment, int(parts))
    if country := attributes.get("iso_country_code"):
        more["country"] = (moment, country[:8])
    return _observation(event, SMS, attributes["message_id"], kinds=(kind,), **more)


def _observation(event: Event, channel: str, message_id: str, **facts: Any) -> Observation:
    application, run = event["application"]["app_id"], event["attributes"]
    moment = event["event_timestamp"]
    told: dict[str, Any] = {
        "person": digest(application, event["client"]["client_id"]),
        "campaign": _text(run, "campaign_id"),
        "activity": _text(run, "campaign_activity_id"),
        "journey": _text(run, "journey_id"),
        "journey_activity": _text(run, "journey_activity_id"),
    }
    message = Message(channel=channel, sent=moment, last=moment, **{**told, **facts})
    return Observation(application, digest(application, channel, message_id), message)


def _text(attributes: Mapping[str, Any], name: str) -> str:
    return str(attributes.get(name) or "")[:256]


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))
