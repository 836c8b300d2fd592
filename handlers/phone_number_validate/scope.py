"""Which segment a run exports: that of the import that it follows, or that of all unverified endpoints."""

from __future__ import annotations


def imported_segment(run_input: object, application_id: str) -> str | None:
    """The segment of the endpoints that an import of this application wrote; None where the run's input is no such import's result.

    Of an import that registered no endpoints there is none: nobody could write answers back to its members.
    """
    if not isinstance(run_input, dict) or run_input.get("ApplicationId") != application_id:
        return None
    definition = run_input.get("Definition")
    if not isinstance(definition, dict) or definition.get("RegisterEndpoints") is not True:
        return None
    segment_id = definition.get("SegmentId")
    return segment_id if isinstance(segment_id, str) and segment_id else None
