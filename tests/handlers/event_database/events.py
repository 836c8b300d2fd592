"""Events of every type in Pinpoint's event JSON, and Firehose's batches of them."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

APPLICATION = "0a" * 16
CAMPAIGN = "1b" * 16
TIME = 1893456000123  # 2030-01-01T00:00:00.123Z
MAIL = {
    "message_id": "mid-1",
    "message_send_timestamp": TIME,
    "from_address": "shop@example.org",
    "destination": ["bo@example.org"],
    "headers_truncated": False,
    "headers": [{"name": "Subject", "value": "Grüße 🎉"}],
    "common_headers": {"from": "shop@example.org", "to": ["bo@example.org"], "subject": "Grüße 🎉"},
}
MAIL_EVENTS: dict[str, dict[str, Any]] = {
    "send": {"send": {}},
    "delivered": {
        "delivery": {
            "smtp_response": "250 ok",
            "reporting_mta": "mta",
            "recipients": ["bo@example.org"],
            "processing_time_millis": 512,
        }
    },
    "open": {"open": {"ip_address": "192.0.2.1", "user_agent": "reader"}},
    "click": {"click": {"ip_address": "192.0.2.1", "user_agent": "reader", "link": "https://example.org/?a=1"}},
    "unsubscribe": {
        "click": {
            "ip_address": "192.0.2.1",
            "user_agent": "reader",
            "link": "https://example.org/out",
            "link_tags": {"unsubscribeLinkTag": ["out"]},
        }
    },
    "rejected": {"reject": {"reason": "Bad content"}},
    "rendering_failure": {"failure": {"error_message": "Attribute name is not present", "template_name": "welcome"}},
    "complaint": {
        "complaint": {
            "complained_recipients": [{"email_address": "bo@example.org"}],
            "feedback_id": "fb-1",
            "user_agent": "agent",
            "complaint_feedback_type": "abuse",
        }
    },
    **{
        kind: {
            "bounce": {
                "bounce_type": bounce_type,
                "bounce_sub_type": "General",
                "bounced_recipients": [
                    {
                        "email_address": "bo@example.org",
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnostic_code": "smtp; 550 no such user",
                    }
                ],
                "feedback_id": "fb-2",
                "reporting_mta": "dsn; mta",
            }
        }
        for kind, bounce_type in (("hardbounce", "Permanent"), ("softbounce", "Transient"))
    },
}
SMS_KINDS = ("BUFFERED", "SUCCESS", "FAILURE", "OPTOUT")


def envelope(event_type: str, endpoint_id: str = "ep-bo", **members: Any) -> dict[str, Any]:
    return {
        "event_type": event_type,
        "event_timestamp": TIME,
        "arrival_timestamp": TIME + 400,
        "event_version": "3.1",
        "application": {"app_id": APPLICATION, "sdk": {}},
        "client": {"client_id": endpoint_id},
        "device": {"platform": {}},
        "session": {},
        "attributes": {},
        "awsAccountId": "123456789012",
        **members,
    }


def campaign(**more: Any) -> dict[str, Any]:
    return {"campaign_id": CAMPAIGN, "campaign_activity_id": "2c" * 16, "treatment_id": "0", **more}


def email(kind: str, endpoint_id: str = "ep-bo", **members: Any) -> dict[str, Any]:
    return envelope(
        f"_email.{kind}",
        endpoint_id,
        attributes=campaign(feedback=kind),
        client_context={"custom": {"legacy_identifier": APPLICATION, "feedback": "tag"}},
        facets={"email_channel": {"mail_event": copy.deepcopy({"mail": MAIL, **MAIL_EVENTS[kind]})}},
        **members,
    )


def sms(kind: str, **attributes: Any) -> dict[str, Any]:
    return envelope(
        f"_SMS.{kind}",
        "ep-ada",
        attributes=campaign(
            sender_request_id="req-1",
            message_id="msg-1",
            message_type="Transactional",
            record_status="SUCCESSFUL",
            iso_country_code="US",
            number_of_message_parts="2",
            destination_phone_number="+15555550111",
            origination_phone_number="+15555550222",
            **{"customer_context": json.dumps({"userId": "ada"}), **attributes},
        ),
        metrics={"price_in_millicents_usd": 645.0},
    )


def endpoint_record(**members: Any) -> str:
    return json.dumps(
        {
            "ChannelType": "EMAIL",
            "EndpointStatus": "ACTIVE",
            "OptOut": "NONE",
            "Attributes": {"plan": ["gold"]},
            "User": {"UserId": "bo-user"},
            **members,
        }
    )


def campaign_send(endpoint_id: str = "ep-bo", *, record: str | None = None, **attributes: Any) -> dict[str, Any]:
    return envelope(
        "_campaign.send",
        endpoint_id,
        attributes=campaign(**{"delivery_type": "EMAIL", "campaign_send_status": "SUCCESS", **attributes}),
        client_context={"custom": {"endpoint": endpoint_record() if record is None else record}},
    )


def journey_send(endpoint_id: str = "ep-bo", **attributes: Any) -> dict[str, Any]:
    return envelope(
        "_journey.send",
        endpoint_id,
        attributes={
            "journey_id": "3d" * 16,
            "journey_run_id": "4e" * 16,
            "journey_activity_id": "welcome",
            "journey_activity_type": "EMAIL",
            "journey_send_status": "SUCCESS",
            **attributes,
        },
        client_context={"custom": {"endpoint": endpoint_record()}},
    )


def custom(event_type: str = "_custom.registered_for_webinar5", **members: Any) -> dict[str, Any]:
    own = {
        "session": {"session_id": "s1", "start_timestamp": TIME, "stop_timestamp": str(TIME + 1500)},
        "attributes": {"source": "landing", "Seat Row": "B"},
        "metrics": {"seats": 2.0, "price": 3},
        "app_build": {"number": 7},
    }
    return envelope(event_type, **{**own, **members})


def all_events() -> list[dict[str, Any]]:
    """One of each type that has a view."""
    return [
        *(email(kind) for kind in MAIL_EVENTS),
        *(sms(kind) for kind in SMS_KINDS),
        campaign_send(),
        journey_send(),
        custom(),
    ]


def record(data: Any, record_id: str = "r-1") -> dict[str, Any]:
    """A record as Firehose hands it over. data: an object, or bytes as they are."""
    content = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return {
        "recordId": record_id,
        "approximateArrivalTimestamp": TIME + 900,
        "data": base64.b64encode(content).decode(),
        "kinesisRecordMetadata": {"sequenceNumber": f"49{record_id}", "shardId": "shardId-000000000000"},
    }


def batch(*data: Any) -> dict[str, Any]:
    """Firehose's event; records given as whole dicts with `recordId` are taken as they are."""
    return {
        "invocationId": "i-1",
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/d",
        "records": [
            given if isinstance(given, dict) and "recordId" in given else record(given, f"r-{at}")
            for at, given in enumerate(data)
        ],
    }


def delivered(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that a transformation let through, as objects."""
    return [json.loads(base64.b64decode(found["data"])) for found in answer["records"] if found["result"] == "Ok"]


def line(event: dict[str, Any]) -> bytes:
    """The event as the event database writes it."""
    from components.event_database_views.table import EVENT_COLUMNS
    from handlers.event_database.transformation import Rows

    return Rows(EVENT_COLUMNS, "archive/").outcome(json.dumps(event, ensure_ascii=False), event).data
