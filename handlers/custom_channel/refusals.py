"""Where it is told that an endpoint was not reached, or that nobody knows whether it was: the channel's queue for that.

A message: `{"Channel", "Status": "REFUSED" | "UNKNOWN" | "EXPIRED", "Reason", "EndpointId", "ApplicationId",
"CampaignId", "ActivityId", "TreatmentId"}`; of a journey `CampaignId` is its id, and `ActivityId` its id, run and activity, joined
by `/`. It names no address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from handlers.custom_channel.calling import Answer
from handlers.custom_channel.channel import Call
from handlers.shared import letters


class NotReportedError(RuntimeError):
    """The queue did not take a report; it must be tried again."""


def report(queue_url: str, channel: str, call: Call, answer: Answer) -> None:
    """Tells of one endpoint. Raises NotReportedError."""
    message: Mapping[str, Any] = {
        "Channel": channel,
        "Status": answer.outcome,
        "Reason": answer.reason,
        "EndpointId": call.endpoint,
        "ApplicationId": call.application,
        "CampaignId": call.campaign,
        "ActivityId": call.activity,
        "TreatmentId": call.treatment,
    }
    if refused := letters.send(queue_url, [{"Id": "0", "MessageBody": json.dumps(message)}]):
        raise NotReportedError(f"the queue of refused endpoints does not take a message: {refused['0']}")
