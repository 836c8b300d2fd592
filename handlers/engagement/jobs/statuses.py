"""A job's way through its statuses: CREATED, INITIALIZING, PROCESSING, COMPLETING, then COMPLETED or FAILED. A step that comes
again, or late, never turns it back. An export goes from CREATED to PROCESSING, and to its end, in one write each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLANNING = ("CREATED", "INITIALIZING")
TERMINAL = ("COMPLETED", "FAILED")


def begin_planning(job: dict[str, Any]) -> None:
    """Has the job planned, unless it is."""
    if job["JobStatus"] in PLANNING:
        job["JobStatus"] = "INITIALIZING"


def end_planning(job: dict[str, Any], chunks: int) -> None:
    """Has so many chunks worked off, unless they are planned already."""
    if job["JobStatus"] in PLANNING:
        job.update(JobStatus="PROCESSING", TotalPieces=chunks)


def begin_completing(job: dict[str, Any]) -> None:
    """Has the job summed up, unless it has ended."""
    if job["JobStatus"] not in TERMINAL:
        job["JobStatus"] = "COMPLETING"


def plan_of(job: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a planning step answers about a job that is planned, has ended, or is gone."""
    if job is None or job["JobStatus"] != "PROCESSING":
        return {"Action": "END", "Chunks": []}
    return {"Action": "RUN", "Chunks": list(range(job["TotalPieces"]))}
