"""What this channel is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class ConnectEnvironment:
    """Which contact flow of which instance talks to people, and the queue whose number it calls from."""

    instance_id: str
    contact_flow_id: str
    queue_id: str

    @classmethod
    def read(cls) -> ConnectEnvironment:
        return cls(
            instance_id=required("CONNECT_INSTANCE_ID"),
            contact_flow_id=required("CONNECT_CONTACT_FLOW_ID"),
            queue_id=required("CONNECT_QUEUE_ID"),
        )
