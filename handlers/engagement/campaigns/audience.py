"""Who of a segment gets which of a campaign's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.engagement.store.endpoint_rules import VALUE_LENGTH
from handlers.shared.addresses.normal_form import same_address
from handlers.shared.addresses.written import trimmed

DEFAULT_TREATMENT = "0"
CLAIMED = "CLAIMED"  # to be sent: claimed in the ledger, without a result yet
OPT_OUT = "OPT_OUT"
INACTIVE = "INACTIVE"


@dataclass(eq=False, repr=False)
class Recipient:
    """An endpoint that a run considers. `status` is CLAIMED while it is to be sent, else what became of it.

    at: when it was claimed, in milliseconds since 1970, as the ledger has it; 0 before that.
    read_at: monotonic seconds when the endpoint was read.
    again: whether a status that is a failure may be tried again: the message certainly was not sent.
    tries: how often it was tried in vain before.
    due: epoch milliseconds before which it may not be sent to; 0: it may at once.
    settled: whether no other endpoint has owned its address since the run began.
    """

    endpoint: dict[str, Any]
    treatment_id: str
    status: str = CLAIMED
    overrides: dict[str, str] = field(default_factory=dict)
    at: int = 0
    read_at: float = float("-inf")
    again: bool = False
    tries: int = 0
    due: int = 0
    settled: bool = False

    @property
    def id(self) -> str:
        """The endpoint id."""
        return self.endpoint["Id"]

    @property
    def key(self) -> str:
        """The endpoint id as tables have it."""
        return self.id.lower()

    @property
    def channel(self) -> str:
        """The endpoint's channel type."""
        return self.endpoint.get("ChannelType", "")


def standing(endpoint: Mapping[str, Any] | None) -> str:
    """CLAIMED where a campaign considers the endpoint, else why it does not: OPT_OUT, or INACTIVE.

    INACTIVE is also an endpoint that is gone, and one whose number validation found invalid: validation makes it INACTIVE too, but any
    later update makes it ACTIVE again. What validation said of another number than the endpoint has does not count.
    """
    if endpoint is None:
        return INACTIVE
    if endpoint.get("OptOut") == "ALL":
        return OPT_OUT
    if endpoint.get("EndpointStatus") == "INACTIVE" or _is_invalid_number(endpoint):
        return INACTIVE
    return CLAIMED


def _is_invalid_number(endpoint: Mapping[str, Any]) -> bool:
    channel = endpoint.get("ChannelType")
    attributes = endpoint.get("Attributes") or {}
    if channel not in ("SMS", "VOICE") or "INVALID" not in attributes.get("PNV_PhoneType", ()):
        return False
    judged = next(iter(attributes.get("PNV_OriginalPhoneNumber", ())), None)
    address = str(endpoint.get("Address") or "")[:VALUE_LENGTH]
    return judged is None or same_address(channel, judged, address)


def treatment_of(campaign: Mapping[str, Any], endpoint: Mapping[str, Any]) -> str | None:
    """The id of the treatment that the endpoint's cohort gets; None: it is held out.

    Cohorts 0..99 go to the holdout first, then to the additional treatments in order; the default treatment gets the rest.
    """
    cohort = int(endpoint.get("CohortId") or 0)
    bound = int(campaign.get("HoldoutPercent") or 0)
    if cohort < bound:
        return None
    for treatment in campaign.get("AdditionalTreatments") or ():
        bound += int(treatment["SizePercent"])
        if cohort < bound:
            return treatment["Id"]
    return DEFAULT_TREATMENT


def treatment_ids(campaign: Mapping[str, Any]) -> list[str]:
    """The default treatment and the additional ones."""
    return [DEFAULT_TREATMENT, *(treatment["Id"] for treatment in campaign.get("AdditionalTreatments") or ())]


def first_status(endpoint: Mapping[str, Any]) -> str:
    """CLAIMED, or why the endpoint cannot be sent to whatever the message is."""
    return CLAIMED if trimmed(str(endpoint.get("Address") or "")) else "FAILURE_PERMANENT"
