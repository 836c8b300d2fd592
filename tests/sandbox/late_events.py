"""What SES and End User Messaging tell of a demo's messages afterwards: twice, late, in any order, and to functions that die."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.events import rows

RAW = "SELECT raw FROM all_events WHERE element_at(attributes, 'campaign_id') = '{campaign}'"
ADDED = {
    "opened": 20,
    "clicked": 10,
    "clicks": 24,
    "opted_out_by_email": 4,
    "hard_bounced": 4,
    "soft_bounced": 3,
    "complained": 2,
}
FAILED_TEXTS = 15
CHANGE = {
    **ADDED,
    "emails_delivered": -ADDED["hard_bounced"],
    "texts_failed": FAILED_TEXTS,
    "texts_delivered": -FAILED_TEXTS,
}
"""What `documents` change of a campaign's figures."""


def documents(sandbox: Any, campaign: str, seed: int) -> tuple[list[str], list[str]]:
    """What is told, each thing one to three times, in a random order; and the addresses that it makes suppressed ones."""
    told: dict[str, list[dict[str, Any]]] = {}
    for row in rows(sandbox, RAW.format(campaign=campaign)):
        event = json.loads(row["raw"])
        mail = event.get("facets", {}).get("email_channel", {}).get("mail_event", {}).get("mail", {})
        if name := mail.get("message_id") or event["attributes"].get("message_id"):
            told.setdefault(name, []).append(event)
    of_kinds = {name: {event["event_type"] for event in events} for name, events in sorted(told.items())}
    mails = [told[name][0] for name, kinds in of_kinds.items() if kinds == {"_email.send", "_email.delivered"}]
    texts = [told[name][0] for name, kinds in of_kinds.items() if kinds == {"_SMS.BUFFERED", "_SMS.SUCCESS"}]
    bounced, complained = mails[20:24], mails[27:29]
    made = [_mail(event, "Open", {}) for event in mails[:20]]
    made += [
        _mail(event, "Click", {"link": "https://example.com/offer"}, later) for event in mails[:10] for later in (9, 99)
    ]
    out = {"link": "https://example.com/unsubscribe", "linkTags": {"unsubscribeLinkTag": ["click"]}}
    made += [_mail(event, "Click", out) for event in mails[:4]]
    made += [_mail(event, "Bounce", _bounce(event, "Permanent", "General")) for event in bounced]
    made += [_mail(event, "Bounce", _bounce(event, "Transient", "MailboxFull")) for event in mails[24:27]]
    made += [
        _mail(event, "Complaint", {"complainedRecipients": [{"emailAddress": _to(event)}]}) for event in complained
    ]
    made += [_text(event, "TEXT_UNREACHABLE", 300) for event in texts[:FAILED_TEXTS]]
    made += [_text(event, "TEXT_QUEUED", -1) for event in texts[FAILED_TEXTS : FAILED_TEXTS + 5]]
    drawn = random.Random(seed)
    again = [json.dumps(document) for document in made for _ in range(drawn.randint(1, 3))]
    drawn.shuffle(again)
    return again, [_to(event) for event in (*bounced, *complained)]


def _mail(event: dict[str, Any], kind: str, detail: dict[str, Any], later: int = 60) -> dict[str, Any]:
    mail = event["facets"]["email_channel"]["mail_event"]["mail"]
    sent = mail["message_send_timestamp"]
    tags = {
        "application_id": event["application"]["app_id"],
        "endpoint_id": event["client"]["client_id"],
        **_run(event),
    }
    return {
        "eventType": kind,
        "mail": {
            "messageId": mail["message_id"],
            "timestamp": _iso(sent),
            "source": mail["from_address"],
            "destination": mail["destination"],
            "tags": {name: [value] for name, value in tags.items()},
        },
        kind.lower(): {**detail, "timestamp": _iso(sent + later * 1000)},
    }


def _bounce(event: dict[str, Any], kind: str, subtype: str) -> dict[str, Any]:
    return {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [{"emailAddress": _to(event)}]}


def _text(event: dict[str, Any], kind: str, later: int) -> dict[str, Any]:
    context = {"application_id": event["application"]["app_id"], "endpoint_id": event["client"]["client_id"]}
    return {
        "eventType": kind,
        "eventTimestamp": event["event_timestamp"] + later * 1000,
        "messageId": event["attributes"]["message_id"],
        "messageStatus": kind.removeprefix("TEXT_"),
        "isoCountryCode": "US",
        "totalMessageParts": 2,
        "totalMessagePrice": 0.01162,
        "context": {**context, **_run(event)},
    }


def _run(event: dict[str, Any]) -> dict[str, str]:
    names = ("campaign_id", "campaign_activity_id", "treatment_id")
    return {name: event["attributes"][name] for name in names if name in event["attributes"]}


def _to(event: dict[str, Any]) -> str:
    (address,) = event["facets"]["email_channel"]["mail_event"]["mail"]["destination"]
    return address


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def publish(sandbox: Any, topic: str, told: list[str]) -> None:
    """Publishes to the topic of delivery events, ten a call."""
    for start in range(0, len(told), 10):
        entries = [{"Id": str(at), "Message": document} for at, document in enumerate(told[start : start + 10])]
        answer = sandbox.aws("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        assert not answer.get("Failed")


@contextmanager
def tried_soon_and_often(sandbox: Any, queue_url: str) -> Iterator[None]:
    """What a reader of the queue leaves behind is given out again after two seconds, as often as it takes."""
    sqs, names = sandbox.aws("sqs"), ["RedrivePolicy", "VisibilityTimeout"]
    before = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    policy = json.dumps({**json.loads(before["RedrivePolicy"]), "maxReceiveCount": 1000})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "2"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes=before)
