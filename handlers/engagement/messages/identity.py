"""What a message's delivery events say of it: the service's ids, as SES message tags and End User Messaging's context.

An endpoint id that a tag or a context value cannot hold goes as `endpoint_id_b64` (base64url without padding), which the
translation of events undoes. One that is too long even so (192 bytes for a tag, 600 for a context value) is left out.
"""

import base64
import re
from collections.abc import Mapping

ENDPOINT = "endpoint_id"
ENDPOINT_ENCODED = "endpoint_id_b64"
TAG_VALUE = re.compile(r"[A-Za-z0-9_.@-]{1,256}")
CONTEXT_VALUE = re.compile(r"\S{1,800}")


def email_tags(identity: Mapping[str, str]) -> dict[str, str]:
    """The identity (ids by name) as message tags of an email."""
    return _fitting(identity, TAG_VALUE)


def sms_context(identity: Mapping[str, str]) -> dict[str, str]:
    """The identity (ids by name) as context of a text message."""
    return _fitting(identity, CONTEXT_VALUE)


def _fitting(identity: Mapping[str, str], allowed: re.Pattern[str]) -> dict[str, str]:
    pairs = dict(identity)
    endpoint_id = identity.get(ENDPOINT, "")
    if endpoint_id and not allowed.fullmatch(endpoint_id):
        pairs[ENDPOINT_ENCODED] = base64.urlsafe_b64encode(endpoint_id.encode()).decode().rstrip("=")
    return {name: value for name, value in pairs.items() if allowed.fullmatch(value)}
