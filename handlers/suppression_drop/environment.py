"""What the function of the suppression drop is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class SuppressionDropEnvironment(Environment):
    """prefix: of dropped files. reports_prefix: where reports go, in the same bucket. opt_out_lists: names, joined by commas."""

    application_id: str
    prefix: str = variable("SUPPRESS_PREFIX")
    reports_prefix: str
    opt_out_lists: str
