"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class TransformationEnvironment(Environment):
    """table_columns: column -> Hive type, as the Glue table has them. archive_prefix: empty without a message archive."""

    table_columns: dict[str, str] = variable(json=True)
    error_bucket: str
    error_prefix: str
    archive_prefix: str = variable(optional=True)


@dataclass(frozen=True, kw_only=True)
class ErasureEnvironment(Environment):
    """The function that deletes one person's events."""

    events_bucket: str
    events_prefix: str
    error_prefix: str
    results_bucket: str
    results_prefix: str
