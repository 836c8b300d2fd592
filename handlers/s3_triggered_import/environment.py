"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class ImportEnvironment(Environment):
    """The state machine's task function. file_format: CSV or JSON."""

    application_id: str
    role_arn: str = variable("IMPORT_ROLE_ARN")
    file_format: str = variable("IMPORT_FORMAT")
