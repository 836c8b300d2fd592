"""Reading recipients again right before they are sent to: an opt-out that was confirmed holds from then on.

A message is sent on what was read of its endpoint, consistently, at most one second before the call. So none starts later than that
after an acknowledged opt-out, whatever the segment's page, the hook or the pace waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from handlers.engagement.campaigns.audience import CLAIMED, Recipient, standing
from handlers.engagement.campaigns.endpoints import RunEndpoints

FRESH_SECONDS = 1.0


class Freshness:
    """Keeps recipients fresh. clock: monotonic seconds, as `Recipient.read_at`."""

    def __init__(self, endpoints: RunEndpoints, clock: Callable[[], float] = time.monotonic) -> None:
        self.endpoints = endpoints
        self.clock = clock

    def refresh(self, recipients: Sequence[Recipient]) -> None:
        """Reads those again that are to be sent to and were read more than a second ago, 100 a call.

        One that may not be sent to any more gets the status that says why. One whose address has changed is to be tried again, with a
        claim for its new address.
        """
        now = self.clock()
        stale = [item for item in recipients if item.status == CLAIMED and now - item.read_at > FRESH_SECONDS]
        if not stale:
            return
        known = self.endpoints.get([item.id for item in stale], users=False)
        for item in stale:
            item.read_at = now
            endpoint = known.get(item.id)
            item.status = standing(endpoint)
            if item.status == CLAIMED and endpoint is not None:
                if endpoint.get("ChannelType") != item.channel:
                    item.status = "UNSUPPORTED_CHANNEL"
                elif endpoint.get("Address") != item.endpoint.get("Address"):
                    item.status, item.again = "TRANSIENT_FAILURE", True
