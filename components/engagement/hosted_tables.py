"""The tables of the hosted service. They hold the customers' data."""

import pulumi

from components.building_blocks.table import Index, table
from components.engagement.project_config import HostedConfig

ADDRESSES = "addresses"
"""The index of endpoints by their address (handlers/engagement/store/endpoints.py)."""
FORMER = "byAddress"
"""The index that `addresses` succeeds: of whole items, so that each update of an endpoint was written twice."""


class Tables(pulumi.ComponentResource):
    """endpoints, registry (definitions and jobs), members (imported segments) and sends (the campaigns' ledger)."""

    def __init__(self, name: str, config: HostedConfig, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:Tables", name, None, opts)
        retain_data = config.retain_data
        self.address_indexes = (ADDRESSES, *([FORMER] if config.former_address_index else []))
        self.endpoints = table(
            f"{name}-endpoints",
            self,
            range_key="sk",
            expires=True,
            indexes=[_by_address(each) for each in self.address_indexes],
            retain=retain_data,
        )
        self.registry = table(f"{name}-registry", self, range_key="sk", retain=retain_data)
        self.members = table(f"{name}-members", self, range_key="sk", retain=retain_data)
        self.sends = table(f"{name}-sends", self, range_key="sk", expires=True, retain=retain_data)
        self.register_outputs({})


def _by_address(name: str) -> Index:
    if name == FORMER:
        return Index(name, "address_key", "sk")
    advice = "bring the stack up with project.hosted.formerAddressIndex: true, then without it"
    return Index(name, "address_key", "sk", keys_only=True, successor_of=FORMER, advice=advice)
