"""Inbound mail through the receipt rules of the active rule set.

`POST /_sandbox/mail` `{"Raw": base64, "From"?, "To"?: [...], "Verdicts"?: {"spam": "FAIL"}}`: a mail comes in. Without
`From` and `To` the envelope is read from the mail itself. The answer: `MessageId`, `RuleSet`, `Refused` (recipients
that no rule takes), `Rules` (those that took it: `Name`, `Recipients`, `Actions` with `Type`, `Target`, `Outcome`),
`Ended` (what stopped the rule set, or "").
"""
# pyright: reportMissingImports=false

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.services import lambda_svc, ses

from sandbox.repairs import control, publishing, ses_receipt_rules
from sandbox.repairs.ses_receipt_rules import SERVICE
from sandbox.repairs.ses_received import NoMailError, Received, envelope, verdicts_of

SUBJECT = "Amazon SES Email Receipt Notification"
CONTENT_LIMIT = 150 * 1024
"""Bytes of a mail that an SNS action takes; SES bounces a larger one."""
STOP_RULE, STOP_RULE_SET = "STOP_RULE", "STOP_RULE_SET"
"""What a function that SES waits for may answer as `disposition`."""

logger = logging.getLogger("sandbox.ses.receiving")


@dataclass
class Delivery:
    """One mail on its way through one rule. stopped: what ended the rule (STOP_RULE) or all of them."""

    mail: Received
    source_arn: str
    recipients: list[str]
    scanned: bool
    stopped: str = ""
    actions: list[dict[str, str]] = field(default_factory=list)

    def notification(self, action: dict[str, str]) -> dict[str, Any]:
        """What SES publishes about the mail, without its content."""
        receipt = self.mail.receipt(self.recipients, self.scanned, action)
        return {"notificationType": "Received", "mail": self.mail.described(), "receipt": receipt}


def install() -> None:
    """Offers the call."""
    control.CALLS["mail"] = receive
    control.SLOW.add("mail")


def takes(recipients: list[str], address: str) -> bool:
    """Whether a rule with these recipients takes mail to an address: `a@e.org`, `e.org`, `.e.org` (its subdomains)."""
    address = address.lower()
    domain = address.rpartition("@")[2]
    return not recipients or any(
        domain.endswith(wanted) if wanted.startswith(".") else wanted in (address, domain) for wanted in recipients
    )


def receive(given: dict[str, Any]) -> dict[str, Any]:
    """A mail comes in. Raises CallError when SES would not take it at all."""
    raw = base64.b64decode(given["Raw"])
    try:
        sender, recipients = envelope(raw, given.get("From"), given.get("To") or [])
        verdicts = verdicts_of(raw, given.get("Verdicts") or {})
    except NoMailError as error:
        raise control.CallError(str(error)) from error
    name, rules = ses_receipt_rules.rules_of_active_set()
    if not name:
        raise control.CallError("no receipt rule set is active: SES takes no mail")
    accepted = [address for address in recipients if not _refusal(rules, address)]
    if not accepted:
        raise control.CallError("; ".join(_refusal(rules, address) for address in recipients))
    mail = Received(raw, sender, accepted, verdicts)
    done, ended = _through(name, [rule for rule in rules if rule["Enabled"]], mail)
    refused = [address for address in recipients if address not in accepted]
    return {"MessageId": mail.message_id, "RuleSet": name, "Refused": refused, "Rules": done, "Ended": ended}


def _refusal(rules: list[dict[str, Any]], address: str) -> str:
    if not ses._identity_verified(address):
        return f"no verified identity of SES is that of {address}: it takes no mail for it"
    if not any(rule["Enabled"] and takes(rule.get("Recipients") or [], address) for rule in rules):
        return f"no enabled rule of the active rule set takes mail to {address}"
    return ""


def _through(rule_set: str, rules: list[dict[str, Any]], mail: Received) -> tuple[list[dict[str, Any]], str]:
    done = []
    for rule in rules:
        matched = [address for address in mail.recipients if takes(rule.get("Recipients") or [], address)]
        if not matched:
            continue
        source = ses_receipt_rules.rule_arn(rule_set, rule["Name"])
        delivery = Delivery(mail, source, matched, rule["ScanEnabled"])
        for action in rule["Actions"]:
            [(kind, settings)] = action.items()
            delivery.actions.append(_act(delivery, kind, settings))
            if delivery.stopped:
                break
        done.append({"Name": rule["Name"], "Recipients": matched, "Actions": delivery.actions})
        if delivery.stopped == STOP_RULE_SET:
            return done, f"rule {rule['Name']}"
    return done, ""


def _act(delivery: Delivery, kind: str, settings: dict[str, str]) -> dict[str, str]:
    target, outcome = ACTIONS[kind](delivery, settings) if kind in ACTIONS else ("", "not carried out by the sandbox")
    topic = settings.get("TopicArn")
    if topic and kind != "SNSAction":
        told = {"type": kind.removesuffix("Action"), "topicArn": topic}
        reason = _publish(delivery, topic, delivery.notification(told))
        outcome += f"; topic not told: {reason}" if reason else "; topic told"
    if "refused" in outcome or "failed" in outcome:
        logger.warning("%s of %s: %s", kind, delivery.source_arn, outcome)
    return {"Type": kind, "Target": target, "Outcome": outcome}


def _publish(delivery: Delivery, topic: str, document: dict[str, Any]) -> str:
    return publishing.to_topic(SERVICE, topic, json.dumps(document), SUBJECT, delivery.source_arn)


def _lambda(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    arn, kind = settings["FunctionArn"], settings.get("InvocationType") or "Event"
    if reason := ses_receipt_rules.invoke_refusal(arn, delivery.source_arn):
        return arn, f"refused: {reason}"
    action = {"type": "Lambda", "functionArn": arn, "invocationType": kind}
    if settings.get("TopicArn"):
        action["topicArn"] = settings["TopicArn"]
    content = delivery.notification(action)
    told = {"mail": content["mail"], "receipt": content["receipt"]}
    event = {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": told}]}
    func, config, _ = lambda_svc._get_func_record_for_ref(arn)
    record = lambda_svc._execution_record_for_config(func, config)
    if kind == "Event":
        lambda_svc.invoke_async_with_retry(record, event)
        return arn, "invoked"
    result = lambda_svc._execute_function_with_config_scope(record, event)
    if result.get("error"):
        delivery.stopped = STOP_RULE_SET
        return arn, "failed: the function ended with an error"
    body = result.get("body")
    answer = json.loads(body) if isinstance(body, str | bytes) and body else body
    disposition = (answer or {}).get("disposition", "CONTINUE") if isinstance(answer, dict) else "CONTINUE"
    delivery.stopped = disposition if disposition in (STOP_RULE, STOP_RULE_SET) else ""
    return arn, f"answered {disposition}"


def _sns(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    topic, encoding = settings["TopicArn"], settings.get("Encoding") or "UTF-8"
    content = delivery.mail.content()
    if len(content) > CONTENT_LIMIT:
        return topic, f"failed: the mail has {len(content)} bytes, a topic takes {CONTENT_LIMIT}"
    text = base64.b64encode(content).decode() if encoding == "Base64" else content.decode("utf-8", "replace")
    document = delivery.notification({"type": "SNS", "topicArn": topic, "encoding": encoding})
    reason = _publish(delivery, topic, {**document, "content": text})
    return topic, f"refused: {reason}" if reason else "published"


def _s3(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    bucket, prefix = settings["BucketName"], settings.get("ObjectKeyPrefix") or ""
    key = f"{prefix}{delivery.mail.message_id}"
    reason = ses_receipt_rules.write_refusal(bucket, key, settings.get("IamRoleArn", ""), delivery.source_arn)
    if reason:
        return f"s3://{bucket}/{key}", f"refused: {reason}"
    failed = ses_receipt_rules.write(bucket, key, delivery.mail.content())
    return f"s3://{bucket}/{key}", f"failed: {failed}" if failed else "written"


def _bounce(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    """SES tells the sender that its mail is not taken; a mail without a sender is not answered."""
    if not delivery.mail.sender:
        return "", "not bounced: the mail has no sender"
    text = f"{settings['SmtpReplyCode']} {settings.get('StatusCode', '')} {settings['Message']}"
    subject = "Delivery Status Notification (Failure)"
    ses.send_internal_email(settings["Sender"], [delivery.mail.sender], subject, text, type_name="Bounce")
    return delivery.mail.sender, "bounced"


def _add_header(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    delivery.mail.added.append((settings["HeaderName"], settings["HeaderValue"]))
    return settings["HeaderName"], "added"


def _stop(delivery: Delivery, settings: dict[str, str]) -> tuple[str, str]:
    delivery.stopped = STOP_RULE_SET
    return settings["Scope"], "stopped"


ACTIONS: dict[str, Callable[[Delivery, dict[str, str]], tuple[str, str]]] = {
    "LambdaAction": _lambda,
    "SNSAction": _sns,
    "S3Action": _s3,
    "BounceAction": _bounce,
    "AddHeaderAction": _add_header,
    "StopAction": _stop,
}
"""Each action's target and outcome."""
