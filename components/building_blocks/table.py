"""DynamoDB tables, all with the same settings: on demand, encrypted, restorable to any second of the last 35 days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import guardrails, watched

FILLING = "24h"
"""How long an update waits for an index to be filled: DynamoDB reads the whole table for it."""
EXPIRES = "expires"
"""The attribute, in epoch seconds, after which DynamoDB deletes an item."""


@dataclass(frozen=True)
class Index:
    """A secondary index: of whole items, or of their keys alone, which costs nothing where an update leaves the keys.

    successor_of: the index in whose place this one comes. advice: how both are kept for the update that fills this one.
    """

    name: str
    hash_key: str
    range_key: str
    keys_only: bool = False
    successor_of: str = ""
    advice: str = ""


def table(
    name: str,
    parent: pulumi.Resource,
    *,
    hash_key: str = "pk",
    range_key: str | None = None,
    indexes: Sequence[Index] = (),
    expires: bool = False,
    retain: bool = False,
) -> aws.dynamodb.Table:
    """A table whose keys are strings. An update that would delete an index before its successor is filled fails.

    expires: whether items with the attribute `expires` go by themselves. retain: whether the table outlives its stack,
    protected against deletion.
    """
    asked = guardrails.current()
    own_key = asked.config.keys.tables
    encryption: aws.dynamodb.TableServerSideEncryptionArgsDict = {"enabled": True}
    if own_key is not None:
        encryption["kms_key_arn"] = own_key
    keys = [hash_key, range_key, *(key for each in indexes for key in (each.hash_key, each.range_key))]
    made = aws.dynamodb.Table(
        name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key,
        attributes=[{"name": key, "type": "S"} for key in dict.fromkeys(keys) if key],
        global_secondary_indexes=[
            {
                "name": each.name,
                "key_schemas": [
                    {"attribute_name": each.hash_key, "key_type": "HASH"},
                    {"attribute_name": each.range_key, "key_type": "RANGE"},
                ],
                "projection_type": "KEYS_ONLY" if each.keys_only else "ALL",
            }
            for each in indexes
        ]
        or None,
        ttl={"attribute_name": EXPIRES, "enabled": True} if expires else None,
        point_in_time_recovery={"enabled": True},
        server_side_encryption=encryption,
        deletion_protection_enabled=retain,
        opts=pulumi.ResourceOptions(
            parent=parent,
            retain_on_delete=retain,
            custom_timeouts=pulumi.CustomTimeouts(update=FILLING) if indexes else None,
            hooks=_successions(name, indexes),
        ),
    )
    watched.note(watched.Kind.TABLE, name, made.name)
    asked.encrypts(made.arn, "dynamodb", own_key)
    return made


def _successions(name: str, indexes: Sequence[Index]) -> pulumi.ResourceHookBinding | None:
    """What keeps a table's lookups whole: DynamoDB makes an index from the table's items, which takes hours of a large one.

    Pulumi's provider deletes indexes before it makes others.
    """
    successors = [each for each in indexes if each.successor_of]
    if not successors:
        return None

    def both_for_a_while(change: pulumi.ResourceHookArgs) -> None:
        before, after = _index_names(change.old_inputs), _index_names(change.new_inputs)
        for each in successors:
            if each.successor_of in before - after and each.name not in before:
                raise ValueError(
                    f"table {name}: this update deletes index {each.successor_of} before its successor {each.name} is filled, "
                    f"and nothing is found by it until then; first {each.advice}"
                )

    hook = pulumi.ResourceHook(f"{name}-successions", both_for_a_while, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def _index_names(inputs: Mapping[str, Any] | None) -> set[str]:
    return {each["name"] for each in (inputs or {}).get("globalSecondaryIndexes") or ()}


def index_arn(of: aws.dynamodb.Table, name: str) -> pulumi.Output[str]:
    """The ARN of a table's index, which the table's own key encrypts where it has one."""
    arn = pulumi.Output.format("{0}/index/{1}", of.arn, name)
    guardrails.current().derived(arn, of.arn)
    return arn
