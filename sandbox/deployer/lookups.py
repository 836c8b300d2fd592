"""What a program may ask the AWS provider about the account that it is deployed to."""

from collections.abc import Callable
from typing import Any

from sandbox.deployer.clients import Clients


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


LOOKUPS: dict[str, Callable[[Clients], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
}
"""The answer of each function by its Pulumi token."""


def look_up(aws: Clients, token: str) -> dict[str, Any]:
    """Answers one function. Raises LookupError for one that is not known."""
    if token not in LOOKUPS:
        raise LookupError(f"{token}: the sandbox does not know this function (it knows {sorted(LOOKUPS)})")
    return LOOKUPS[token](aws)
