"""What the results of push messages say of the endpoints that they went to: tokens that are of no use any more, and new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.store.endpoints import EndpointStore
from handlers.shared.addresses.normal_form import fingerprint, same_address
from handlers.shared.logging import logger
from handlers.shared.messages.result import DeliveryResult
from handlers.shared.messages.retired_tokens import is_retired

Sent = tuple[Mapping[str, Any], DeliveryResult]


def token_change(endpoint: Mapping[str, Any], result: DeliveryResult) -> dict[str, Any] | None:
    """What is to be written to an endpoint after a message: INACTIVE where its token is retired, its new Address; None: nothing.

    A later update makes an INACTIVE endpoint ACTIVE again, as any does: apps report themselves with the token that they have then.
    """
    new = result.updated_token or ""
    if new and not same_address(endpoint.get("ChannelType"), new, endpoint.get("Address") or ""):
        return {"Id": endpoint["Id"], "Address": new}
    return {"Id": endpoint["Id"], "EndpointStatus": "INACTIVE"} if is_retired(result) else None


def settle_tokens(store: EndpointStore, sent: Sequence[Sent]) -> None:
    """Writes what results say of tokens, to the endpoints that still have them.

    Messages are out by then, so a failure to write stops nothing: it is logged, and the next message to the token says the same.
    """
    changes: dict[str, dict[str, Any]] = {}
    expected: dict[str, str] = {}
    for endpoint, result in sent:
        if change := token_change(endpoint, result):
            changes[endpoint["Id"]] = change
            expected[endpoint["Id"]] = fingerprint(endpoint.get("Address") or "")
    if not changes:
        return
    try:
        results = store.upsert(list(changes.values()), existing_only=True, expected=expected)
    except (ClientError, BotoCoreError) as error:
        logger.warning("tokens not updated", extra={"endpoints": list(changes), "error": type(error).__name__})
        return
    for failed in (result for result in results if result.error):
        logger.warning("token not updated", extra={"endpoint": failed.id, "contended": failed.retryable})
    retired = sum("EndpointStatus" in change for change in changes.values())
    logger.info("tokens settled", extra={"retired": retired, "updated": len(changes) - retired})
