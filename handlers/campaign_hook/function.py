"""The project's FILTER hook: a campaign's endpoints in, the same endpoints out, edited by each filter in turn.

It answers for every endpoint that it was given, whatever fails: a hook that does not would hold up the campaign. A
filter that raises leaves its default with all endpoints of the batch, is logged with its traceback, and is counted.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.campaign_hook.counting import count
from handlers.campaign_hook.environment import HookEnvironment
from handlers.campaign_hook.filters import FAILED, Endpoints, Fallbacks, Filter
from handlers.shared.logging import logger

_environment = cache(HookEnvironment.read)


@cache
def _filters() -> tuple[Filter, ...]:
    return tuple(importlib.import_module(f"handlers.{package}.filter").make() for package in _environment().filters)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Event: a campaign hook's, with at most 50 `Endpoints` by id. Returns these endpoints, edited."""
    endpoints: dict[str, dict[str, Any]] = event.get("Endpoints") or {}
    for endpoint in endpoints.values():
        endpoint["Attributes"] = dict(endpoint.get("Attributes") or {})
    for each in _filters():
        fallbacks = edited(each, event, endpoints)
        count(each.architecture, _environment().application_id, event.get("CampaignId", ""), len(endpoints), fallbacks)
    logger.info("batch", extra={"campaign": event.get("CampaignId"), "endpoints": len(endpoints)})
    return endpoints


def edited(each: Filter, event: Mapping[str, Any], endpoints: Endpoints) -> Fallbacks:
    """What one filter makes of the endpoints; its default for all of them if it raises."""
    try:
        return each.edit(event, endpoints)
    except Exception:  # noqa: BLE001 whatever it is, the hook has to answer; it is logged and counted
        logger.exception(
            "filter failed", extra={"architecture": each.architecture, "campaign": event.get("CampaignId")}
        )
        each.fall_back(endpoints)
        fallbacks = Fallbacks()
        for endpoint_id in endpoints:
            fallbacks.add(endpoint_id, FAILED)
        return fallbacks
