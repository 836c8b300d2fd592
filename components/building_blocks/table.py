"""DynamoDB tables, all with the same settings: on demand, encrypted, restorable to any second of the last 35 days."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

EXPIRES = "expires"
"""The attribute, in epoch seconds, after which DynamoDB deletes an item."""


def table(
    name: str,
    parent: pulumi.Resource,
    *,
    hash_key: str = "pk",
    range_key: str | None = None,
    indexes: Sequence[Mapping[str, Any]] = (),
    expires: bool = False,
    retain: bool = False,
) -> aws.dynamodb.Table:
    """A table whose keys are strings.

    indexes: made by `index`. expires: whether items with the attribute `expires` go by themselves. retain: whether the
    table outlives its stack, protected against deletion.
    """
    keys = [hash_key, *([range_key] if range_key else [])]
    keys += [schema["attribute_name"] for each in indexes for schema in each["key_schemas"]]
    return aws.dynamodb.Table(
        name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key,
        attributes=[{"name": key, "type": "S"} for key in dict.fromkeys(keys)],
        global_secondary_indexes=list(indexes) or None,
        ttl={"attribute_name": EXPIRES, "enabled": True} if expires else None,
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
        deletion_protection_enabled=retain,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=retain),
    )


def index(name: str, hash_key: str, range_key: str) -> dict[str, Any]:
    """A secondary index that holds whole items."""
    schemas = [
        {"attribute_name": hash_key, "key_type": "HASH"},
        {"attribute_name": range_key, "key_type": "RANGE"},
    ]
    return {"name": name, "key_schemas": schemas, "projection_type": "ALL"}
