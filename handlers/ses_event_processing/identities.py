"""Points the bounce and complaint notifications of SES identities to our topic, and takes back only what is ours.

Called by a CRUD invocation with `{"TopicArn", "Identities": [..] | "all", "OverwriteExisting": bool,
"tf": {"action", "prev_input"}}`. An identity that notifies another topic is left alone unless OverwriteExisting; our own
topic is not another. Source: Amazon SES API (v1) GetIdentityNotificationAttributes (100 identities a call),
SetIdentityNotificationTopic (one call a second).
"""

from __future__ import annotations

from typing import Any

from handlers.shared.clients import aws_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

NOTIFICATION_TYPES = {"Bounce": "BounceTopic", "Complaint": "ComplaintTopic"}
_ATTRIBUTES_AT_ONCE = 100


class UnknownIdentityError(ValueError):
    """The config names an identity that SES does not have."""


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns `{"Subscribed": [..], "LeftAlone": [..]}`: identities whose notifications all reach our topic, and
    identities that keep notifying another one."""
    action = event["tf"]["action"]
    topic_arn = event["TopicArn"]
    previous = event["tf"].get("prev_input") or {}
    if action == "delete":
        release(_all_identities(), {topic_arn})
        return {"Subscribed": [], "LeftAlone": []}
    existing = _all_identities()
    wanted = existing if event["Identities"] == "all" else list(dict.fromkeys(event["Identities"]))
    unknown = sorted(set(wanted) - set(existing))
    if unknown:
        raise UnknownIdentityError(
            f"identities {unknown} do not exist in SES here; existing ones: {sorted(existing)[:50]}"
        )
    former = {topic for topic in (previous.get("TopicArn"), topic_arn) if topic}
    subscribed, left_alone = claim(wanted, topic_arn, former, overwrite=event["OverwriteExisting"])
    if action == "update":
        release([identity for identity in existing if identity not in set(wanted)], former)
    logger.info("identities", extra={"subscribed": len(subscribed), "left_alone": len(left_alone)})
    return {"Subscribed": subscribed, "LeftAlone": left_alone}


def claim(identities: list[str], topic_arn: str, ours: set[str], *, overwrite: bool) -> tuple[list[str], list[str]]:
    """Sets the topic of each identity that notifies none, one of `ours`, or, with `overwrite`, whichever."""
    subscribed: list[str] = []
    left_alone: list[str] = []
    for identity, topics in _topics(identities).items():
        foreign = False
        for kind, topic in topics.items():
            if topic and topic not in ours and not overwrite:
                foreign = True
            elif topic != topic_arn:
                _set(identity, kind, topic_arn)
        (left_alone if foreign else subscribed).append(identity)
    return subscribed, left_alone


def release(identities: list[str], ours: set[str]) -> None:
    """Takes the topic off each identity that notifies one of `ours`; others are not touched."""
    for identity, topics in _topics(identities).items():
        for kind, topic in topics.items():
            if topic in ours:
                _set(identity, kind, None)


def _all_identities() -> list[str]:
    pages = _client().get_paginator("list_identities").paginate()
    return [identity for page in pages for identity in page["Identities"]]


def _topics(identities: list[str]) -> dict[str, dict[str, str]]:
    """For each identity the topic ("" = none) of each notification type."""
    topics: dict[str, dict[str, str]] = {}
    for start in range(0, len(identities), _ATTRIBUTES_AT_ONCE):
        chunk = identities[start : start + _ATTRIBUTES_AT_ONCE]
        answer = _client().get_identity_notification_attributes(Identities=chunk)["NotificationAttributes"]
        for identity in chunk:
            attributes = answer.get(identity, {})
            topics[identity] = {kind: attributes.get(name, "") for kind, name in NOTIFICATION_TYPES.items()}
    return topics


def _set(identity: str, kind: str, topic_arn: str | None) -> None:
    topic = {"SnsTopic": topic_arn} if topic_arn else {}
    _client().set_identity_notification_topic(Identity=identity, NotificationType=kind, **topic)


def _client() -> Any:
    return aws_client("ses", retry_mode="adaptive", max_attempts=10)
