"""An archived message: MIME multipart/mixed, one part a piece, the same bytes each time it is made.

Headers: EndpointId, ApplicationId, EventTimestamp (milliseconds since 1970), Date, Channel, then CampaignId, TreatmentId and
CampaignVersion or JourneyId and JourneyActivityId, and SendStatus. Each part has Content-Piece-Type: TITLE, BODY, HTML
or RAWCONTENT. `email.message_from_bytes(content, policy=email.policy.default)` reads it, with each part's exact text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from handlers.message_archiver.pieces import HTML, RAWCONTENT
from handlers.message_archiver.send_event import SendEvent

PIECE_TYPE = "Content-Piece-Type"


def compose(event: SendEvent, pieces: Iterable[tuple[str, str]], version: str = "") -> bytes:
    """The archived message from its rendered pieces (type, text)."""
    message = EmailMessage(policy=SMTP)
    message["MIME-Version"] = "1.0"
    message["Date"] = format_datetime(event.sent)
    message["EndpointId"] = event.endpoint_id
    message["ApplicationId"] = event.application_id
    message["EventTimestamp"] = str(event.timestamp)
    message["Channel"] = event.channel
    for name, value in (
        ("CampaignId", event.campaign_id),
        ("TreatmentId", event.treatment_id),
        ("CampaignVersion", version),
        ("JourneyId", event.journey_id),
        ("JourneyActivityId", event.journey_activity_id),
        ("SendStatus", event.status),
    ):
        if value:
            message[name] = value
    message.make_mixed(boundary=f"piece-{event.location.rpartition('/')[2]}")
    for kind, text in pieces:
        message.attach(_part(kind, text))
    return message.as_bytes()


def _part(kind: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    main, sub = "text", "html" if kind == HTML else "plain"
    if kind == RAWCONTENT and _is_json(text):
        main, sub = "application", "json"
    encoding = "base64" if _is_binary(text) else "quoted-printable"
    part.set_content(text.encode("utf-8", "replace"), maintype=main, subtype=sub, cte=encoding)
    part.set_param("charset", "utf-8")
    part[PIECE_TYPE] = kind
    del part["MIME-Version"]
    return part


def _is_binary(text: str) -> bool:
    """Whether more than a third is not ASCII: base64 is shorter then."""
    return sum(character > "\x7f" for character in text) * 3 > len(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
