"""The hosted service's tables."""

from typing import Any

from handlers.shared.tables import Table


class Tables:
    """The hosted service's tables that a function knows: those that its environment names."""

    def __init__(self, environment: Any, client: Any = None) -> None:
        self.registry = Table(environment.registry_table, client)
        if hasattr(environment, "endpoints_table"):
            self.endpoints = Table(environment.endpoints_table, client)
        if hasattr(environment, "members_table"):
            self.members = Table(environment.members_table, client)
        if hasattr(environment, "sends_table"):
            self.sends = Table(environment.sends_table, client)
