"""What the function of the suppression drop is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class SuppressionDropEnvironment:
    """prefix: of dropped files. reports_prefix: where reports go, in the same bucket. opt_out_lists: names, joined by commas."""

    application_id: str
    prefix: str
    reports_prefix: str
    opt_out_lists: str

    @classmethod
    def read(cls) -> SuppressionDropEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            prefix=required("SUPPRESS_PREFIX"),
            reports_prefix=required("REPORTS_PREFIX"),
            opt_out_lists=required("OPT_OUT_LISTS"),
        )
