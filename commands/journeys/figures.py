"""How many entered a journey, are inside and left, as GetJourneyExecutionMetrics has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

COUNTED = ("Entered", "Inside", "Left")


class Counts(Protocol):
    """What is read of journeys: commands/campaigns/project.py."""

    def journey_counts(self, identifier: str, activity: str = "", run: str = "") -> dict[str, int]: ...


def head(project: Counts, journey: Mapping[str, Any], run: str = "") -> dict[str, Any]:
    """A journey's row in a list, over all runs or of one. Raises NotFoundException."""
    counts = project.journey_counts(journey["Id"], "", run)
    return {
        "Id": journey["Id"],
        "Name": journey.get("Name", ""),
        "State": journey["State"],
        "LastModified": journey.get("LastModifiedDate", ""),
        "Entered": counts.get("ENDPOINT_ENTERED", 0),
        "Inside": counts.get("ENDPOINT_ACTIVE", 0),
        "Left": counts.get("ENDPOINT_LEFT", 0) + counts.get("CANCELLED", 0),
    }
