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
PUSH_CHANNELS = ("GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU")


@dataclass
class Recipient:
    """An endpoint that a run considers. `status` is CLAIMED while it is to be sent, else what became of it.

    at: when it was claimed, in milliseconds since 1970, as the ledger has it; 0 before that.
    """

    endpoint: dict[str, Any]
    treatment_id: str
    status: str = CLAIMED
    overrides: dict[str, str] = field(default_factory=dict)
    at: int = 0

    @property
    def id(self) -> str:
        """The endpoint id."""
        return self.endpoint["Id"]

    @property
    def channel(self) -> str:
        """The endpoint's channel type."""
        return self.endpoint.get("ChannelType", "")


def is_eligible(endpoint: Mapping[str, Any]) -> bool:
    """Whether a campaign considers the endpoint at all: active, not opted out, and no number that validation found invalid.

    Validation makes such an endpoint INACTIVE too, but any later update makes it ACTIVE again. What it said of another
    number than the endpoint has does not count.
    """
    if endpoint.get("OptOut", "NONE") == "ALL" or endpoint.get("EndpointStatus", "ACTIVE") == "INACTIVE":
        return False
    channel = endpoint.get("ChannelType")
    attributes = endpoint.get("Attributes") or {}
    if channel not in ("SMS", "VOICE") or "INVALID" not in attributes.get("PNV_PhoneType", ()):
        return True
    judged = next(iter(attributes.get("PNV_OriginalPhoneNumber", ())), None)
    address = str(endpoint.get("Address") or "")[:VALUE_LENGTH]
    return judged is not None and not same_address(channel, judged, address)


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
