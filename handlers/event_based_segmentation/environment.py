"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class SegmentationEnvironment(Environment):
    """rules: JSON (rules.py). memory_table: what each endpoint's newest events said, kept for memory_days.

    errors_bucket, errors_prefix: where records go that can never be handled. later_queue_url: where updates wait that
    could not be made now, and dead_letter_queue_url where those end that never can.
    """

    application_id: str
    rules: str
    memory_table: str
    memory_days: int = variable(minimum=1)
    errors_bucket: str
    errors_prefix: str
    later_queue_url: str
    dead_letter_queue_url: str
