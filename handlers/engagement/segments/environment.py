"""What the function that deletes segments is told by its component."""

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class DeletionEnvironment(Environment):
    """The function that deletes imported segments (`handlers.engagement.segments.deletion_function.handler`)."""

    registry_table: str
    members_table: str
