"""Mends MiniStack's SES: suppression list, events of configuration sets and identities, mailbox simulator, opens, clicks.

MiniStack's SES is the base rather than moto's: it has templates, configuration sets with event destinations, the v1 API,
IAM, and it reaches topics and buses in process; moto's sesv2 has none of these. The two versions of the API know each
other's identities here, as on AWS.

`POST /_sandbox/engage` `{"MessageId", "Kind": "open"|"click", "Link"?}`: a recipient opens a message or clicks a link in
it (the first one, unless it says which). A message that was not delivered can be neither.
"""
# pyright: reportMissingImports=false

import contextvars
import json
import logging
import queue
import re
import threading
from collections.abc import Awaitable, Callable
from email.utils import parseaddr
from typing import Any

from ministack import app
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, json_response
from ministack.services import ses, ses_v2

from sandbox.repairs import control, publishing, ses_bulk, ses_limits, ses_mail, ses_receipt_rules, ses_sent
from sandbox.repairs.ses_mail import Event, Mail
from sandbox.repairs.ses_suppression import SuppressionList

SERVICE = "ses.amazonaws.com"
SUBJECT = "Amazon SES Email Event Notification"
GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
SENDING = {"/outbound-emails": "SendEmail", "/outbound-bulk-emails": "SendBulkEmail"}
BULK_ACTIONS = ("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail")
TEMPLATES = re.compile(r"/templates(?:/[^/]+)?")
DESTINATION = re.compile(r"/configuration-sets/([^/]+)/event-destinations(?:/[^/]+)?")

Original = Callable[..., Awaitable[Any]]
"""MiniStack's own answer to the request, or to the same with another body."""

logger = logging.getLogger("sandbox.ses")
_lists = AccountRegionScopedDict()
_mails: dict[str, tuple[contextvars.Context, Mail]] = {}
_work: queue.SimpleQueue[tuple[contextvars.Context, Callable[[], object]]] = queue.SimpleQueue()
_v2_request = ses_v2.handle_request
_v1_request = ses.handle_request


def install() -> None:
    """Replaces what is mended."""
    ses_v2.handle_request = _v2
    ses.handle_request = _v1
    ses._send_notifications = _sent_by_v1
    ses._render_template = ses_v2._render_template = ses_bulk.rendered
    app._enforce_ses_v2 = _enforce
    control.CALLS["engage"] = engage
    threading.Thread(target=_worker, name="sandbox-ses", daemon=True).start()


def _worker() -> None:
    """Publishes what becomes of messages, in order and after their senders were answered."""
    while True:
        context, task = _work.get()
        try:
            context.run(task)
        except Exception:
            logger.exception("an event was not published")


def _later(task: Callable[[], object]) -> contextvars.Context:
    context = contextvars.copy_context()
    _work.put((context, task))
    return context


def suppression() -> SuppressionList:
    """The list of this request's account and region."""
    if "list" not in _lists:
        _lists["list"] = SuppressionList()
    return _lists["list"]


async def _v2(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
    below = path.rstrip("/").removeprefix("/v2/email")
    given = _json(body)

    async def original(changed: bytes | None = None) -> Any:
        return await _v2_request(method, path, headers, body if changed is None else changed, query)

    answer = suppression().request(method, below, given, lambda name: ses_v2._query_values(query, name))
    if isinstance(answer, tuple):
        return ses_v2._json_err(answer[1], answer[2], answer[0])
    if answer is not None:
        return json_response(answer)
    if TEMPLATES.fullmatch(below) and method in ("POST", "PUT") and (reason := ses_limits.of_template(given)):
        return ses_v2._json_err("BadRequestException", reason)
    if below in SENDING and method == "POST":
        return await _send(original, given)
    match = DESTINATION.fullmatch(below)
    if match and method in ("POST", "PUT"):
        return await _put_destination(original, method, match[1], given)
    result = await original()
    if result[0] == 200:
        result = _after(method, below, given, result)
    return result


async def _put_destination(original: Original, method: str, name: str, given: dict[str, Any]) -> Any:
    """Creates or changes an event destination. SES greets a new topic, and refuses one to which it may not publish."""
    topic = ((given.get("EventDestination") or {}).get("SnsDestination") or {}).get("TopicArn", "")
    source = _arn(f"configuration-set/{name}")
    if topic and (reason := publishing.refusal(SERVICE, topic, source)):
        return ses_v2._json_err("BadRequestException", f"Could not publish to the SNS topic: {reason}")
    result = await original()
    if result[0] == 200 and topic and method == "POST":
        _later(lambda: publishing.to_topic(SERVICE, topic, GREETING, SUBJECT, source))
    return result


def _after(method: str, below: str, given: dict[str, Any], result: Any) -> Any:
    """Tells the v1 API which identities there are, and the account which reasons its list holds back."""
    if below == "/account" and method == "GET":
        account = json.loads(result[2])
        return json_response({**account, "SuppressionAttributes": {"SuppressedReasons": suppression().reasons}})
    if below == "/identities" and method == "POST":
        name = given["EmailIdentity"]
        kind = "EmailAddress" if "@" in name else "Domain"
        if name not in ses._identities:
            ses._identities[name] = ses._make_identity(name, kind)
    elif below.startswith("/identities/") and method == "DELETE":
        ses._identities.pop(below.removeprefix("/identities/"), None)
    return result


async def _v1(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
    if path.startswith("/v2/") or "sesv2" in headers.get("x-amz-target", "").lower():
        return await _v2(method, path, headers, body, query)
    parameters = {**query, **ses.parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)}
    action = ses._p(parameters, "Action")
    if action == "GetIdentityNotificationAttributes":
        return _notification_attributes(ses._collect_list(parameters, "Identities.member"))
    if action == "SetIdentityNotificationTopic":
        identity, topic = ses._p(parameters, "Identity"), ses._p(parameters, "SnsTopic")
        if identity not in ses._identities:
            return ses._error("InvalidParameterValue", f"Identity {identity} does not exist.", 400)
        if topic and (reason := publishing.refusal(SERVICE, topic, _arn(f"identity/{identity}"))):
            return ses._error("InvalidParameterValue", f"Could not publish to the SNS topic: {reason}", 400)
    answer = ses_receipt_rules.answer(action, parameters)
    if answer is not None:
        return answer
    sent = len(ses._sent_emails_list())
    result = await _v1_request(method, path, headers, body, query)
    if action == "SendRawEmail" and result[0] == 200:
        for record in ses._sent_emails_list()[sent:]:
            if destinations := ses._collect_list(parameters, "Destinations.member"):
                record.update(To=destinations, CC=[], BCC=[])
            ses_sent.complete_raw(record, ses._p(parameters, "RawMessage.Data"))
    if result[0] == 200 and action == "DeleteIdentity":
        ses_v2._identities.pop(ses._p(parameters, "Identity"), None)
    return result


def _notification_attributes(identities: list[str]) -> Any:
    entries = ""
    for identity in identities:
        found = ses._identities.get(identity)
        if found is None:
            continue
        topics = "".join(
            f"<{kind}Topic>{ses._esc(topic)}</{kind}Topic>"
            for kind, topic in found["NotificationTopics"].items()
            if topic
        )
        forwarding = str(found["FeedbackForwardingEnabled"]).lower()
        value = f"{topics}<ForwardingEnabled>{forwarding}</ForwardingEnabled>"
        entries += f"<entry><key>{ses._esc(identity)}</key><value>{value}</value></entry>"
    inner = f"<NotificationAttributes>{entries}</NotificationAttributes>"
    name = "GetIdentityNotificationAttributes"
    return ses._xml(200, f"{name}Response", f"<{name}Result>{inner}</{name}Result>")


async def _send(original: Original, given: dict[str, Any]) -> Any:
    configuration_set = given.get("ConfigurationSetName") or ""
    if configuration_set and configuration_set not in ses_v2._config_sets:
        return ses_v2._missing_config_set(configuration_set)
    if reason := ses_sent.refusal(given) or ses_limits.of_message(given) or ses_bulk.refusal(given):
        return ses_v2._json_err("BadRequestException", reason)
    sent = ses_v2._sent_emails_list()
    before = len(sent)
    result, identifiers = await _sent(original, given)
    records = {record["MessageId"]: record for record in sent[before:]}
    for place, (identifier, own) in enumerate(zip(identifiers, _tags_of(given), strict=False)):
        if record := records.get(identifier):
            template = (given.get("DefaultContent") or given.get("Content") or {}).get("Template") or {}
            if not record.get("Template") and template.get("TemplateContent"):
                record["Inline"] = ses_v2._template_parts(template["TemplateContent"])
            ses_sent.complete(record, given, place)
            _accepted(record, configuration_set, own)
    return result


async def _sent(original: Original, given: dict[str, Any]) -> tuple[Any, list[str]]:
    """MiniStack's answer, and for each message of the request the id that it got; "" where it was not taken."""
    if "BulkEmailEntries" not in given:
        result = await original()
        return result, [json.loads(result[2]).get("MessageId", "") if result[0] == 200 else ""]
    entries = ses_bulk.merged(given)
    valid = [entry for entry in entries if entry is not None]
    told: list[dict[str, Any]] = []
    if valid or not entries:
        result = await original(json.dumps({**given, "BulkEmailEntries": valid}).encode())
        if result[0] != 200:
            return result, []
        told = json.loads(result[2])["BulkEmailEntryResults"]
    results = ses_bulk.results(entries, told)
    return json_response({"BulkEmailEntryResults": results}), [one.get("MessageId", "") for one in results]


def _tags_of(given: dict[str, Any]) -> list[dict[str, list[str]]]:
    """The tags of each message of a request."""
    if "BulkEmailEntries" not in given:
        return [_tags(given.get("EmailTags") or [])]
    default = given.get("DefaultEmailTags") or []
    return [_tags([*default, *(entry.get("ReplacementTags") or [])]) for entry in given["BulkEmailEntries"]]


def _tags(pairs: list[dict[str, str]]) -> dict[str, list[str]]:
    return {pair["Name"]: [pair["Value"]] for pair in pairs}


def _sent_by_v1(message_id: str, source: str, recipients: list[str]) -> None:
    """Stands for MiniStack's own notifications, which know neither suppression nor configuration sets."""
    for record in reversed(ses._sent_emails_list()):
        if record["MessageId"] == message_id:
            _accepted(record, record.get("ConfigurationSetName", ""), {})
            return


def _accepted(record: dict[str, Any], configuration_set: str, tags: dict[str, list[str]]) -> None:
    """A message was accepted: who must not get it is taken off the record, and the events follow."""
    found = ses._notification_identity(record["Source"])
    mail = Mail(
        record["MessageId"],
        record["Source"],
        _arn(f"identity/{found[0] if found else parseaddr(record['Source'])[1]}"),
        get_account_id(),
        [*record.get("To", ()), *record.get("CC", ()), *record.get("BCC", ())],
        record.get("RenderedSubject") or record.get("Subject", ""),
        html=record.get("RenderedBodyHtml") or record.get("BodyHtml") or "",
        text=record.get("RenderedBodyText") or record.get("BodyText") or "",
        configuration_set=configuration_set,
        tags=tags,
    )
    if "TemplateData" in record:
        record["Missing"] = ses_bulk.missing(_template_of(record), record["TemplateData"])
    events = _events(mail, record)
    if events[-1]["eventType"] in ("Reject", "Rendering Failure"):
        ses._sent_emails_list().remove(record)
    _mails[mail.message_id] = (_later(lambda: [_publish(mail, event) for event in events]), mail)


def _template_of(record: dict[str, Any]) -> dict[str, Any]:
    """The template that a record's message was made of: the stored one, or the inline one, which `_send` keeps with it."""
    return record.pop("Inline", None) or ses._templates.get(record.get("Template", "")) or {}


def _events(mail: Mail, record: dict[str, Any]) -> list[Event]:
    if left := record.get("Missing"):
        return [ses_mail.not_rendered(record.get("Template", ""), left)]
    events: list[Event] = [{"eventType": "Send", "send": {}}]
    if ses_mail.EICAR in mail.text or ses_mail.EICAR in mail.html:
        return [*events, ses_mail.rejected()]
    options = (ses_v2._config_sets.get(mail.configuration_set) or {}).get("SuppressionOptions") or {}
    held_back = []
    for recipient in mail.recipients:
        address = parseaddr(recipient)[1]
        suppressed = suppression().holds(address, options.get("SuppressedReasons"))
        became = ses_mail.outcome(address, suppressed)
        events += became
        if ses_mail.held_back(became[0]):
            held_back.append(recipient)
        if became[0]["eventType"] == "Delivery":
            mail.delivered.add(address.lower())
    for field in ("To", "CC", "BCC"):
        record[field] = [recipient for recipient in record.get(field, ()) if recipient not in held_back]
    return events


def _publish(mail: Mail, event: Event) -> None:
    _to_identity_topic(mail, event)
    found = ses_v2._config_sets.get(mail.configuration_set) or {}
    document = {**event, "mail": mail.described()}
    matching = ses_mail.MATCHING[event["eventType"]]
    source = _arn(f"configuration-set/{mail.configuration_set}")
    for destination in list((found.get("EventDestinations") or {}).values()):
        if not destination["Enabled"] or matching not in destination["MatchingEventTypes"]:
            continue
        if topic := destination.get("SnsDestination"):
            publishing.to_topic(SERVICE, topic["TopicArn"], json.dumps(document), SUBJECT, source)
        elif stream := destination.get("KinesisFirehoseDestination"):
            publishing.to_delivery_stream(stream["DeliveryStreamArn"], document)
        elif bus := destination.get("EventBridgeDestination"):
            detail_type = ses_mail.DETAIL_TYPES[event["eventType"]]
            publishing.to_bus("aws.ses", detail_type, document, [source], bus.get("EventBusArn", ""))


def _to_identity_topic(mail: Mail, event: Event) -> None:
    kind = event["eventType"]
    found = ses._notification_identity(mail.source)
    topic = (found[1].get("NotificationTopics", {}) if found else {}).get(kind)
    if topic:
        content = {name: value for name, value in event.items() if name != "eventType"}
        document = {"notificationType": kind, "mail": mail.common(), **content}
        publishing.to_topic(SERVICE, topic, json.dumps(document), SUBJECT, mail.source_arn)


def engage(given: dict[str, Any]) -> dict[str, Any]:
    """A recipient opens or clicks. Raises CallError."""
    message_id, kind = given.get("MessageId", ""), given.get("Kind")
    if message_id not in _mails:
        raise control.CallError(f"no message has the id {message_id!r}")
    context, mail = _mails[message_id]
    if not mail.delivered:
        raise control.CallError(f"message {message_id} was not delivered to anybody")
    if kind == "open":
        event = ses_mail.opened()
    elif kind == "click":
        links = mail.links()
        link = given.get("Link") or next(iter(links), "")
        if link not in links:
            raise control.CallError(f"message {message_id} has no link {link!r} (it has {sorted(links)})")
        event = ses_mail.clicked(link, links[link])
    else:
        raise control.CallError(f"Kind {kind!r} is none of 'open', 'click'")
    _work.put((context, lambda: _publish(mail, event)))
    return {}


def _enforce(method: str, path: str, *request: Any) -> Any:
    """IAM for SES v2: sending is allowed on the identity and on the configuration set, each by its ARN, by address."""
    below = path.rstrip("/").removeprefix("/v2/email")
    if not app.AUTH or below not in SENDING or method != "POST":
        return _enforce_others(method, path, *request)
    headers, body, query, request_id = request
    given = _json(body)
    raw = bool((given.get("Content") or {}).get("Raw"))
    bulk = SENDING[below] == "SendBulkEmail"
    # SendBulkEmail asks for two actions, of which the first has no condition keys for addresses (authorization reference; Anymail's docs).
    actions = BULK_ACTIONS if bulk else ("ses:SendRawEmail" if raw else "ses:SendEmail",)
    address = parseaddr(given.get("FromEmailAddress") or "")[1]
    found = ses._notification_identity(address)
    resources = [given.get("FromEmailAddressIdentityArn") or _arn(f"identity/{found[0] if found else address}")]
    if given.get("ConfigurationSetName"):
        resources.append(_arn(f"configuration-set/{given['ConfigurationSetName']}"))
    template = (given.get("DefaultContent") or {}).get("Template") or {}
    if bulk:  # of the inline ones' too, by the reference: a template is required
        resources.append(template.get("TemplateArn") or _arn(f"template/{template.get('TemplateName') or 'inline'}"))
    for action in actions:
        for resource in resources:
            denied = app._enforce_data_plane(
                "sesv2",
                action,
                headers,
                query,
                request_id,
                resource_arn=resource,
                service_context={} if action == BULK_ACTIONS[0] else {"ses:FromAddress": address},
                named_resource=resource,
            )
            if denied:
                return denied
    return None


_enforce_others = app._enforce_ses_v2


def _arn(resource: str) -> str:
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:{resource}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
