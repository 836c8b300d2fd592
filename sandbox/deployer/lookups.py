"""What a program may ask the AWS provider about the account that it is deployed to."""

from collections.abc import Callable
from typing import Any

from sandbox.deployer.clients import Clients


class FailedLookupError(Exception):
    """A function that is known, and fails as the AWS provider's does: the program is told."""


def _caller(aws: Clients) -> dict[str, Any]:
    identity = aws("sts").get_caller_identity()
    account = identity["Account"]
    return {"accountId": account, "arn": identity["Arn"], "userId": identity["UserId"], "id": account}


def _region(aws: Clients) -> dict[str, Any]:
    region = aws.region
    return {"region": region, "name": region, "id": region, "description": region, "endpoint": aws.endpoint}


def _partition(aws: Clients) -> dict[str, Any]:
    suffix = "amazonaws.com"
    return {"partition": "aws", "id": "aws", "dnsSuffix": suffix, "reverseDnsPrefix": "com.amazonaws"}


def _active_receipt_rule_set(aws: Clients) -> dict[str, Any]:
    name = aws("ses").describe_active_receipt_rule_set().get("Metadata", {}).get("Name")
    if not name:
        raise FailedLookupError("reading SES Active Receipt Rule Set: empty result")
    arn = f"arn:aws:ses:{aws.region}:{_caller(aws)['accountId']}:receipt-rule-set/{name}"
    return {"ruleSetName": name, "arn": arn, "id": name, "region": aws.region}


LOOKUPS: dict[str, Callable[[Clients], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:ses/getActiveReceiptRuleSet:getActiveReceiptRuleSet": _active_receipt_rule_set,
}
"""The answer of each function by its Pulumi token."""


def look_up(aws: Clients, token: str) -> dict[str, Any]:
    """Answers one function. Raises LookupError for one that is not known, FailedLookupError where it fails."""
    if token not in LOOKUPS:
        raise LookupError(f"{token}: the sandbox does not know this function (it knows {sorted(LOOKUPS)})")
    return LOOKUPS[token](aws)
