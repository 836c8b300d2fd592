"""What a filter is: it edits the endpoints of a campaign's batch, and tells which of them got a default instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

MISSING = "Missing"
LANGUAGE = "Language"
SLOW = "Slow"
THROTTLED = "Throttled"
FAILED = "Failed"
UNRENDERED = "Unrendered"
TOO_LARGE = "TooLarge"
TROUBLE = (SLOW, THROTTLED, FAILED)
"""Reasons that say something of the source that was asked, and not of what was asked for."""
REASONS = (MISSING, LANGUAGE, *TROUBLE, UNRENDERED, TOO_LARGE)

Endpoints = Mapping[str, dict[str, Any]]


class Fallbacks:
    """Which endpoints of a batch got a default, and why: endpoint id once, with the first reason given for it."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def add(self, endpoint_id: str, reason: str) -> None:
        self._reasons.setdefault(endpoint_id, reason)

    def by_reason(self) -> dict[str, list[str]]:
        """Reason -> ids of the endpoints."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for endpoint_id, reason in self._reasons.items():
            found[reason].append(endpoint_id)
        return dict(found)


class Filter(Protocol):
    """Edits endpoints in place. `handlers.PACKAGE.filter.make()` makes the filter of a package, once per process."""

    architecture: str
    """Config key, under which the fallbacks are counted."""

    def edit(self, event: Mapping[str, Any], endpoints: Endpoints) -> Fallbacks:
        """Edits the endpoints (id -> EndpointResponse without Id; `Attributes` is there) of a campaign's batch.

        event: The hook's event: MessageConfiguration, ApplicationId, CampaignId, TreatmentId, ...
        """
        ...

    def fall_back(self, endpoints: Endpoints) -> None:
        """Gives all endpoints the default, without asking anything: `edit` raised. Doing so twice changes nothing."""
        ...
