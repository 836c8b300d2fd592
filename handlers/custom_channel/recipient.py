"""An endpoint as it is right before it is called: an opt-out that was acknowledged holds for every call that starts later.

A call waits in the queue for its time, and the campaign read its endpoint before that. So the endpoint is read again, at
most a second before the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.custom_channel.calling import Answer
from handlers.custom_channel.channel import Call
from handlers.custom_channel.claims import REFUSED
from handlers.shared.addresses.written import trimmed
from handlers.shared.aws_errors import code_of

FRESH_SECONDS = 1.0
_NOT_FOUND = 404


def as_it_is(client: Any, application_id: str, call: Call) -> Call | Answer:
    """The call to the address that its endpoint has now, or why it is not made; empty outcome: it may be made later.

    client: the engagement project's.
    """
    try:
        answer = client.get_endpoint(ApplicationId=application_id, EndpointId=call.endpoint)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_FOUND:
            return Answer(REFUSED, "the endpoint is gone, or was never registered")
        return Answer("", f"the endpoint was not read: {code_of(error)}")
    except BotoCoreError as error:
        return Answer("", f"the endpoint was not read: {type(error).__name__}")
    endpoint = answer["EndpointResponse"]
    address = trimmed(str(endpoint.get("Address") or ""))
    if reason := _unreachable(endpoint, call.channel_type, address):
        return Answer(REFUSED, reason)
    return replace(call, address=address)


def _unreachable(endpoint: Mapping[str, Any], channel_type: str, address: str) -> str:
    if endpoint.get("OptOut") == "ALL":
        return "the endpoint has opted out"
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return "the endpoint is inactive"
    if endpoint.get("ChannelType") != channel_type:
        return f"the endpoint's channel type is {endpoint.get('ChannelType')} by now"
    return "" if address else "the endpoint has no address"
