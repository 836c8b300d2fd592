"""The tables of the hosted service. They hold the customers' data."""

import pulumi

from components.building_blocks.table import Index, table

BY_ADDRESS = "byAddress"


class Tables(pulumi.ComponentResource):
    """endpoints, registry (definitions and jobs), members (imported segments) and sends (the campaigns' ledger)."""

    def __init__(self, name: str, retain_data: bool, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:Tables", name, None, opts)
        self.endpoints = table(
            f"{name}-endpoints",
            self,
            range_key="sk",
            expires=True,
            indexes=[Index(BY_ADDRESS, "address_key", "sk")],
            retain=retain_data,
        )
        self.registry = table(f"{name}-registry", self, range_key="sk", retain=retain_data)
        self.members = table(f"{name}-members", self, range_key="sk", retain=retain_data)
        self.sends = table(f"{name}-sends", self, range_key="sk", expires=True, retain=retain_data)
        self.register_outputs({})
