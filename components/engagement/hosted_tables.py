"""The tables of the hosted service. They hold the customers' data."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks.index_keys import index_keys

BY_ADDRESS = "byAddress"
BY_USER = "byUser"


class Tables(pulumi.ComponentResource):
    """endpoints, registry (definitions and jobs), members (imported segments) and sends (the campaigns' ledger)."""

    def __init__(self, name: str, retain_data: bool, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:Tables", name, None, opts)
        self._retain_data = retain_data
        self.endpoints = self._table(
            f"{name}-endpoints",
            ("address_key", "user_key"),
            global_secondary_indexes=[_index(BY_ADDRESS, "address_key"), _index(BY_USER, "user_key")],
        )
        self.registry = self._table(f"{name}-registry")
        self.members = self._table(f"{name}-members")
        self.sends = self._table(f"{name}-sends", ttl={"attribute_name": "expires", "enabled": True})
        self.register_outputs({})

    def _table(self, name: str, index_keys: Sequence[str] = (), **settings: Any) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attributes=[{"name": key, "type": "S"} for key in ("pk", "sk", *index_keys)],
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=self._retain_data,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=self._retain_data),
            **settings,
        )


def _index(name: str, hash_key: str) -> dict[str, Any]:
    return {"name": name, "key_schemas": index_keys(hash_key, "sk"), "projection_type": "ALL"}
