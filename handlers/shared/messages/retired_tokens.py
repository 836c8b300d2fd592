"""Which results of push messages say that a token is of no use any more.

AWS prints no list. Seen in answers: PERMANENT_FAILURE with StatusCode 410 and, in StatusMessage, JSON such as `{"errorMessage": "Unregistered or
expired token", "pushProviderStatusCode": "400", "pushProviderError": "DeviceTokenNotForTopic"}`; from FCM also 400 with "The registration token is
not a valid FCM registration token". A channel that is not enabled, or credentials of another app, are PERMANENT_FAILURE too: the token is
kept then, or one wrong setting would retire a whole audience. So it is with BadDeviceToken: APNs answers it to every token of the sandbox that
is sent to production, and the other way round ("verify that the token matches the environment", Apple: Handling notification responses).
"""

from __future__ import annotations

import json
from typing import Any

from handlers.shared.messages.result import PERMANENT_FAILURE, DeliveryResult

GONE = 410
RETIRED = frozenset(
    {"unregistered", "notregistered", "expiredtoken", "invalidregistration", "gone"}
)  # APNs' reasons of its status 410, FCM's and ADM's error codes
NO_TOKEN = "not a valid fcm registration token"  # noqa: S105 FCM's words
OF_THE_CHANNEL = frozenset(
    {
        "baddevicetoken", "devicetokennotfortopic", "topicdisallowed", "badtopic", "missingtopic", "mismatchsenderid",
        "sender_id_mismatch",
    }
)  # fmt: skip
"""The channel may be another environment's or another app's than the token, whatever StatusCode AWS gives it."""


def is_retired(result: DeliveryResult) -> bool:
    """Whether the result says that messages to this token never arrive again."""
    if result.status != PERMANENT_FAILURE:
        return False
    reason = _reason(result.status_message)
    if reason in OF_THE_CHANNEL:
        return False
    return result.status_code == GONE or reason in RETIRED or NO_TOKEN in reason


def _reason(status_message: str) -> str:
    """The push service's own word for it, in lower case."""
    try:
        told: Any = json.loads(status_message)
    except (ValueError, RecursionError):
        told = status_message
    if isinstance(told, dict):
        told = told.get("pushProviderError") or told.get("errorMessage") or ""
    return str(told).strip().lower()
