"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class SegmentationEnvironment(Environment):
    """The state machine's task function.

    role_arn: the role that import jobs read results with. results_bucket: where reports are put, below `reports/`.
    max_chunks: into how many parts, worked off side by side, the result of a `mutate` query is divided at the most.
    """

    application_id: str
    role_arn: str = variable("IMPORT_ROLE_ARN")
    results_bucket: str
    max_chunks: int = variable(minimum=1)
