"""What the functions of jobs are told by their component."""

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class JobEnvironment(Environment):
    """The import and the export function (`handlers.engagement.jobs.*`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    account_id: str
