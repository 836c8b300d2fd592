"""What campaigns call: puts a batch of endpoints into the channel's queue, and answers at once.

A batch that comes twice changes nothing: the sender calls each endpoint once for each run.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from handlers.custom_channel.channel import Channel, channel_of
from handlers.custom_channel.environment import HookEnvironment
from handlers.custom_channel.message import calls_of
from handlers.shared import letters
from handlers.shared.logging import logger

ATTEMPTS = 3

_environment = cache(HookEnvironment.read)


class NotQueuedError(RuntimeError):
    """The queue did not take some of the calls."""


@cache
def _channel() -> Channel:
    return channel_of(_environment().channel)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Event: a DELIVERY hook's or a custom delivery's, with at most 50 `Endpoints` by id. Returns counts.

    Raises UnusableEventError, and NotQueuedError where the queue did not take all of them: the campaign then tells its
    batch as failed, though some of it may be called.
    """
    environment = _environment()
    calls = calls_of(event, _channel(), environment.channel_types, time.time())
    entries = [{"Id": str(at), "MessageBody": call.to_json()} for at, call in enumerate(calls)]
    refused: dict[str, str] = {}
    for _ in range(ATTEMPTS):
        refused = letters.send(environment.queue_url, entries)
        if not refused:
            break
        entries = [entry for entry in entries if entry["Id"] in refused]
    counts = {"queued": len(calls) - len(refused), "passed over": len(event.get("Endpoints") or {}) - len(calls)}
    logger.info("batch", extra={"campaign": event.get("CampaignId"), "activity": event.get("ActivityId"), **counts})
    if refused:
        reasons = ", ".join(sorted(set(refused.values())))
        raise NotQueuedError(f"the queue did not take {len(refused)} of {len(calls)} calls: {reasons}")
    return {"Queued": counts["queued"], "PassedOver": counts["passed over"]}
