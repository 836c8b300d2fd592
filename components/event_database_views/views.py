"""Every view of the event database v1.0.0 under its names and in its column order, with its defects mended.

What a view has beyond v1.0.0 stands after v1.0.0's columns: the subject of bounces and complaints, columns that only
some of the SMS views had, the status of sends and where the message archive keeps the message. New views:
email_rendering_failure and custom_events (the events of the team's own apps, with all their metrics).
"""

from components.event_database_views.view import (
    ACCOUNT,
    APPLICATION,
    ARRIVAL_TIME,
    ENDPOINT,
    EVENT_TIME,
    INGESTED,
    INSTANT,
    LEADING,
    MERGED_TAGS,
    METRICS,
    TAGS,
    TEXTS,
    Column,
    View,
    attribute,
    instant,
    json_texts,
)

MAIL_EVENT = "facets.email_channel.mail_event"
EMAIL_LEADING = (
    *LEADING,
    Column("message_id", f"{MAIL_EVENT}.mail.message_id"),
    Column("message_send_timestamp", instant(f"{MAIL_EVENT}.mail.message_send_timestamp"), INSTANT),
    Column("from_address", f"{MAIL_EVENT}.mail.from_address"),
    Column("destination", f"{MAIL_EVENT}.mail.destination", TEXTS),
)
SUBJECT = Column("subject", f"{MAIL_EVENT}.mail.common_headers.subject")
TRAILING = (MERGED_TAGS, INGESTED)
RAW = Column("raw", "raw")


def _members(parent: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, f'{MAIL_EVENT}."{parent}".{name}') for name in names)


def _recipients(parent: str, array: str, *members: str) -> str:
    """The recipients as arrays of texts: UNNEST of rows means different things to different engines, of arrays not."""
    texts = ", ".join(f'recipient."{member}"' for member in members)
    return f'transform({MAIL_EVENT}."{parent}".{array}, recipient -> ARRAY[{texts}])'


def _recipient(name: str, position: int) -> Column:
    return Column(name, f"element_at(element, {position})")


def _email(name: str, event_type: str, *middle: Column, more: tuple[Column, ...] = (), unnest: str = "") -> View:
    columns = (*EMAIL_LEADING, *middle, *TRAILING, *more)
    return View(f"email_{name}", f"event_type = '_email.{event_type}'", columns, unnest)


CLICK = _members("click", "ip_address", "user_agent", "link")
UNSUBSCRIBE_TAG = Column("unsubscribelinktag", f'{MAIL_EVENT}."click".link_tags.unsubscribelinktag', TEXTS)
BOUNCE = (
    *_members("bounce", "bounce_type", "bounce_sub_type", "feedback_id", "reporting_mta"),
    _recipient("bounced_recipient_email_address", 1),
    _recipient("bounced_recipient_action", 2),
    _recipient("bounced_recipient_status", 3),
    _recipient("bounced_recipient_diagnostic_code", 4),
)
BOUNCED = _recipients("bounce", "bounced_recipients", "email_address", "action", "status", "diagnostic_code")

EMAIL_VIEWS = (
    _email("send", "send", SUBJECT),
    _email("hardbounce", "hardbounce", *BOUNCE, more=(SUBJECT,), unnest=BOUNCED),
    _email("softbounce", "softbounce", *BOUNCE, more=(SUBJECT,), unnest=BOUNCED),
    _email(
        "complaint",
        "complaint",
        _recipient("complained_email_address", 1),
        *_members("complaint", "feedback_id", "user_agent", "complaint_feedback_type"),
        more=(SUBJECT,),
        unnest=_recipients("complaint", "complained_recipients", "email_address"),
    ),
    _email(
        "delivered",
        "delivered",
        SUBJECT,
        *_members("delivery", "smtp_response", "reporting_mta"),
        Column("recipients", f'{MAIL_EVENT}."delivery".recipients', TEXTS),
        Column("processing_time_millis", f'{MAIL_EVENT}."delivery".processing_time_millis', "integer"),
    ),
    _email("open", "open", SUBJECT, *_members("open", "ip_address", "user_agent")),
    _email("click", "click", SUBJECT, *CLICK),
    _email("unsubscribe", "unsubscribe", SUBJECT, *CLICK, UNSUBSCRIBE_TAG),
    _email("rejected", "rejected", SUBJECT, Column("reject_reason", f'{MAIL_EVENT}."reject".reason')),
    _email(
        "rendering_failure",
        "rendering_failure",
        SUBJECT,
        *_members("failure", "error_message", "template_name"),
        Column("feedback", attribute("feedback")),
        more=(RAW,),
    ),
)

MESSAGE_TYPE = Column("message_type", attribute("message_type"))
ORIGINATION = Column("origination_phone_number", attribute("origination_phone_number"))


def _sms(name: str, *of_version_1: Column) -> View:
    """v1.0.0 had message_type and the origination number in some views; the others get them at the end."""
    added = tuple(column for column in (MESSAGE_TYPE, ORIGINATION) if column not in of_version_1)
    texts = ("sender_request_id", "destination_phone_number", "record_status", "iso_country_code")
    columns = (
        *LEADING,
        *(Column(text, attribute(text)) for text in texts),
        Column("number_of_message_parts", f"TRY_CAST({attribute('number_of_message_parts')} AS integer)", "integer"),
        Column("message_id", attribute("message_id")),
        *of_version_1,
        Column("price_in_millicents_usd", "metrics.price_in_millicents_usd", "double"),
        Column("message_tags", json_texts(attribute("customer_context")), TAGS),
        INGESTED,
        *added,
    )
    return View(f"sms_{name}", f"event_type = '_SMS.{name.upper()}'", columns)


SMS_VIEWS = (
    _sms("buffered", MESSAGE_TYPE),
    _sms("success", MESSAGE_TYPE, ORIGINATION),
    _sms("failure"),
    _sms("optout", MESSAGE_TYPE, ORIGINATION),
)

ARCHIVED = Column("message_archive_location", attribute("message_archive_location", "client_context.custom"))
SEND_VIEWS = (
    View(
        "campaign_send",
        "event_type = '_campaign.send'",
        (
            *LEADING,
            Column("message_tags", "coalesce(attributes, MAP())", TAGS),
            INGESTED,
            Column("delivery_type", attribute("delivery_type")),
            Column("campaign_send_status", attribute("campaign_send_status")),
            ARCHIVED,
        ),
    ),
    View(
        "journey_send",
        "event_type = '_journey.send'",
        (
            EVENT_TIME,
            ARRIVAL_TIME,
            APPLICATION,
            ENDPOINT,
            *(
                Column(key, attribute(key))
                for key in ("journey_run_id", "journey_send_status", "journey_id", "journey_activity_id")
            ),
            ACCOUNT,
            *TRAILING,
            ARCHIVED,
        ),
    ),
)

OWN_FAMILIES = ("_email.", "_SMS.", "_campaign.", "_journey.", "_test.")
CUSTOM_EVENTS = View(
    "custom_events",
    " AND ".join(f"NOT starts_with(event_type, '{family}')" for family in OWN_FAMILIES),
    (
        Column("event_type", "event_type"),
        EVENT_TIME,
        ARRIVAL_TIME,
        APPLICATION,
        ENDPOINT,
        ACCOUNT,
        Column("cognito_id", "client.cognito_id"),
        Column("session_id", attribute("session_id", "session")),
        *(
            Column(name, instant(f"TRY_CAST({attribute(key, 'session')} AS double)"), INSTANT)
            for name, key in (("session_start_time", "start_timestamp"), ("session_stop_time", "stop_timestamp"))
        ),
        Column("attributes", "coalesce(attributes, MAP())", TAGS),
        Column("metrics", "coalesce(metric_values, MAP())", METRICS),
        RAW,
        INGESTED,
    ),
)

VIEWS: tuple[View, ...] = (*EMAIL_VIEWS, *SMS_VIEWS, *SEND_VIEWS, CUSTOM_EVENTS)
