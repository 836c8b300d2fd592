"""What this channel is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class ConnectEnvironment(Environment):
    """Which contact flow of which instance talks to people, and the queue whose number it calls from."""

    instance_id: str = variable("CONNECT_INSTANCE_ID")
    contact_flow_id: str = variable("CONNECT_CONTACT_FLOW_ID")
    queue_id: str = variable("CONNECT_QUEUE_ID")
