"""Events that AWS services publish to topics, buses and delivery streams, held to the policies of what they reach."""
# pyright: reportMissingImports=false

import base64
import json
import logging
from typing import Any

from ministack.core.iam_evaluator import (
    EvalContext,
    _gather_role_policies,
    _permissions_boundary,
    evaluate,
    evaluate_resource_policy,
)
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, firehose, iam, kms, sns

logger = logging.getLogger("sandbox.publishing")


def refusal(service: str, topic_arn: str, source_arn: str) -> str:
    """Why a service may not publish to a topic: no such topic, its policy, or the policy of its key; "" if it may."""
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return f"topic {topic_arn} does not exist"
    if not sns.topic_policy_allows(topic_arn, service, source_arn, get_account_id()):
        return f"the policy of topic {topic_arn} does not let {service} publish"
    key_id = topic.get("attributes", {}).get("KmsMasterKeyId", "")
    if not key_id or key_id.startswith("alias/aws/"):
        return ""
    key = kms._resolve_key(key_id)
    if key is None:
        return f"key {key_id} of topic {topic_arn} does not exist"
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        context = EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=key["Arn"],
            region=get_region(),
            service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
        )
        if evaluate_resource_policy(key.get("Policy"), context, service=service).decision != "Allow":
            return f"the policy of key {key['Arn']} does not let {service} do {action}, which topic {topic_arn} needs"
    return ""


def role_refusal(role_arn: str, action: str, resource: str, account: str) -> str:
    """Why a service that took on a role may not do something; "" if it may."""
    name = role_arn.rpartition("/")[2]
    context = EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    boundary = _permissions_boundary(iam._roles, name, account)
    if evaluate(context, _gather_role_policies(name, account), *boundary).decision == "Allow":
        return ""
    return f"role {role_arn} does not allow {action} on {resource}"


def to_topic(service: str, topic_arn: str, message: str, subject: str, source_arn: str) -> str:
    """Publishes as a service. Returns why it may not, or ""."""
    reason = refusal(service, topic_arn, source_arn)
    if reason:
        logger.warning("%s", reason)
        return reason
    sns.publish_internal(topic_arn, message, subject)
    return ""


def to_topic_by_role(role_arn: str, topic_arn: str, message: str, subject: str) -> str:
    """Publishes as a service that took on a role. Returns why it may not, or ""."""
    topic = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return f"topic {topic_arn} does not exist"
    wanted = [("sns:Publish", topic_arn)]
    key_id = topic.get("attributes", {}).get("KmsMasterKeyId", "")
    if key_id and not key_id.startswith("alias/aws/"):
        key = kms._resolve_key(key_id)
        if key is None:
            return f"key {key_id} of topic {topic_arn} does not exist"
        wanted += [(action, key["Arn"]) for action in ("kms:GenerateDataKey", "kms:Decrypt")]
    for action, resource in wanted:
        if reason := role_refusal(role_arn, action, resource, get_account_id()):
            logger.warning("%s", reason)
            return reason
    sns.publish_internal(topic_arn, message, subject)
    return ""


def to_bus(source: str, detail_type: str, detail: dict[str, Any], resources: list[str], bus_arn: str = "") -> None:
    """Puts an event of a service onto a bus; without `bus_arn` the account's default bus."""
    entry: dict[str, Any] = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": resources,
    }
    if bus_arn:
        entry["EventBusName"] = bus_arn
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def to_delivery_stream(stream_arn: str, document: dict[str, Any]) -> None:
    """Puts a document as one line into a Firehose."""
    data = base64.b64encode(json.dumps(document).encode() + b"\n").decode()
    name = stream_arn.rpartition("/")[2]
    status, _, body = firehose._put_record({"DeliveryStreamName": name, "Record": {"Data": data}})
    if status >= 300:
        logger.warning("delivery stream %s took no event: %s", stream_arn, body)
