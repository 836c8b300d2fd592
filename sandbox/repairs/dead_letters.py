"""Adds to MiniStack the dead letters of who sends to a queue: what a topic, a rule or a schedule cannot deliver goes to the
queue that its subscription or target names, and a batch of a stream that its function gives up to the mapping's
destination. MiniStack drops the former, lets a rule send to a queue whose policy does not, and tries the latter for ever.

Source: "Amazon SNS dead-letter queues", EventBridge's "Using dead-letter queues to process undelivered events" and "Configuring
a dead-letter queue for EventBridge Scheduler", Lambda's "Retaining discarded batch records for a Kinesis data source".
A failed batch is not split here (`BisectBatchOnFunctionError`).
"""
# pyright: reportMissingImports=false

import hashlib
import json
import logging
import time
from collections import Counter
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, new_uuid
from ministack.services import eventbridge, lambda_svc, sns, sqs, stepfunctions

from sandbox.repairs import publishing

logger = logging.getLogger("sandbox.dead_letters")
_failed: Counter[tuple[str, str]] = Counter()


def install() -> None:
    """Replaces what delivers to queues, what fires targets, and what calls a function with a stream's batch."""
    deliver, fire, call = sns._deliver_to_sqs, eventbridge._invoke_target, lambda_svc._execute_function

    def deliver_or_keep(endpoint: str, envelope: str, raw: bool, raw_message: str, **more: Any) -> None:
        topic = more.get("topic_arn", "")
        reason = _refusal(endpoint, "sns.amazonaws.com", topic)
        if not reason:
            deliver(endpoint, envelope, raw, raw_message, **more)
            return
        attributes = {"RequestID": new_uuid(), "ErrorCode": "400", "ErrorMessage": reason}
        _keep(
            _subscriptions_letters(topic, endpoint),
            "sns.amazonaws.com",
            topic,
            raw_message if raw else envelope,
            attributes,
        )

    def fire_or_keep(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        arn, own = target.get("Arn", ""), rule.get("Arn", "")
        of_schedule = ":schedule/" in own
        reason = _schedule_refusal(target) if of_schedule else _rule_refusal(arn, own)
        if not reason:
            fire(target, event, rule, view)
            return
        logger.warning("%s", reason)
        letters = (target.get("DeadLetterConfig") or {}).get("Arn", "")
        attributes = {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": reason, "TARGET_ARN": arn}
        if of_schedule:
            if not publishing.role_refusal(target["RoleArn"], "sqs:SendMessage", letters, get_account_id()):
                _put(
                    letters,
                    target.get("Input") or "{}",
                    {**attributes, "SCHEDULE_ARN": own, "EXECUTION_ID": new_uuid()},
                )
            return
        body = json.dumps((view or eventbridge._pattern_event_view(event)).event_with_detail())
        _keep(letters, "events.amazonaws.com", own, body, {**attributes, "RULE_ARN": own, "RETRY_ATTEMPTS": "0"})

    def call_or_give_up(function: dict[str, Any], event: Any, *more: Any, **named: Any) -> dict[str, Any]:
        result = call(function, event, *more, **named)
        return _settled(function, event, result) if isinstance(event, dict) else result

    sns._deliver_to_sqs = deliver_or_keep
    eventbridge._invoke_target = fire_or_keep
    lambda_svc._execute_function = call_or_give_up


def _refusal(queue_arn: str, service: str, source_arn: str) -> str:
    """Why a service may not send to a queue; "" if it may."""
    try:
        account = parse_arn(source_arn).account_id
    except ArnParseError:
        account = get_account_id()
    if sqs._queue_by_arn(queue_arn) is None:
        return f"queue {queue_arn} does not exist"
    if not sqs.queue_policy_allows(queue_arn, service, source_arn, account):
        return f"the policy of queue {queue_arn} does not let {service} send for {source_arn}"
    return ""


def _rule_refusal(arn: str, rule_arn: str) -> str:
    return _refusal(arn, "events.amazonaws.com", rule_arn) if arn.startswith("arn:aws:sqs:") else ""


def _schedule_refusal(target: dict[str, Any]) -> str:
    arn = target.get("Arn", "")
    if not arn.startswith("arn:aws:states:"):
        return ""
    if stepfunctions._resolve_state_machine_arn(arn) is None:
        return f"state machine {arn} does not exist"
    return publishing.role_refusal(target["RoleArn"], "states:StartExecution", arn, get_account_id())


def _subscriptions_letters(topic_arn: str, endpoint: str) -> str:
    topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
    for subscription in topic["subscriptions"]:
        if subscription.get("endpoint") == endpoint:
            policy = json.loads(subscription.get("attributes", {}).get("RedrivePolicy") or "{}")
            return policy.get("deadLetterTargetArn", "")
    return ""


def _keep(queue_arn: str, service: str, source_arn: str, body: str, attributes: dict[str, str]) -> None:
    """Puts a letter into a dead-letter queue as a service that its policy must let in."""
    reason = _refusal(queue_arn, service, source_arn) if queue_arn else f"{source_arn} names no dead-letter queue"
    if reason:
        logger.warning("lost: %s", reason)
        return
    _put(queue_arn, body, attributes)


def _put(queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        logger.warning("lost: queue %r does not exist", queue_arn)
        return
    now = time.time()
    told = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    letter = {
        "id": new_uuid(),
        "body": body,
        "md5_body": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "md5_attrs": sqs._md5_msg_attrs(told),
        "message_attributes": told,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
    }
    sqs._ensure_msg_fields(letter)
    queue["messages"].append(letter)
    sqs.esm_wake.set()


def _settled(function: dict[str, Any], event: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """A stream's batch that failed once too often, as one that is done: its place has been told to the destination."""
    records = event.get("Records")
    if not (isinstance(records, list) and records and isinstance(records[0], dict)):
        return result
    first = records[0]
    if first.get("eventSource") != "aws:kinesis" or (mapping := _mapping(function, first)) is None:
        return result
    key = (mapping["UUID"], first["eventID"])
    if not result.get("error"):
        _failed.pop(key, None)
        return result
    _failed[key] += 1
    most = mapping.get("MaximumRetryAttempts", -1)
    if most is None or int(most) < 0 or _failed[key] <= int(most):
        return result
    letters = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination", "")
    _put(letters, json.dumps(_given_up(function, mapping, records, result, _failed.pop(key))), {})
    return {"body": None, "log": result.get("log", "")}


def _mapping(function: dict[str, Any], record: dict[str, Any]) -> dict[str, Any] | None:
    name = (function.get("config") or function).get("FunctionName")
    for _, _, mapping in lambda_svc._iter_all_esms():
        if mapping.get("EventSourceArn") == record.get("eventSourceARN") and mapping.get("FunctionName") == name:
            return mapping
    return None


def _given_up(
    function: dict[str, Any],
    mapping: dict[str, Any],
    records: list[dict[str, Any]],
    result: dict[str, Any],
    attempts: int,
) -> dict[str, Any]:
    """The invocation record: where the batch is, without its records."""
    first, last = records[0], records[-1]
    return {
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": (function.get("config") or function).get("FunctionArn", ""),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": result.get("function_error") or "Unhandled",
        },
        "version": "1.0",
        "timestamp": _iso(time.time()),
        "KinesisBatchInfo": {
            "shardId": first["eventID"].partition(":")[0],
            "startSequenceNumber": first["kinesis"]["sequenceNumber"],
            "endSequenceNumber": last["kinesis"]["sequenceNumber"],
            "approximateArrivalOfFirstRecord": _iso(first["kinesis"]["approximateArrivalTimestamp"]),
            "approximateArrivalOfLastRecord": _iso(last["kinesis"]["approximateArrivalTimestamp"]),
            "batchSize": len(records),
            "streamArn": mapping["EventSourceArn"],
        },
    }


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(seconds)))
