"""Endpoints as they are right before they are called: an opt-out that was acknowledged holds for every call that starts later.

A call waits in the queue for its time, and the campaign read its endpoint before that. So the endpoint is read again, with
those that are called beside it, at most a second before the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.custom_channel.calling import Answer
from handlers.custom_channel.channel import Call
from handlers.custom_channel.claims import REFUSED
from handlers.shared.addresses.written import trimmed
from handlers.shared.project_endpoints import Endpoint, ProjectEndpoints, SearchFailedError

FRESH_SECONDS = 1.0


class Recipients:
    """The endpoints of some calls. Asked from several threads at once.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, endpoints: ProjectEndpoints, calls: Sequence[Call], clock: Callable[[], float]) -> None:
        self._endpoints = endpoints
        self._left = {call.token: call.endpoint for call in calls}
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._found: Mapping[str, Endpoint] = {}
        self._problem = ""

    def as_it_is(self, call: Call) -> Call | Answer:
        """The call to the address that its endpoint has now, or why it is not made; empty outcome: it may be made later."""
        with self._lock:
            if self._clock() - self._read_at > FRESH_SECONDS:
                self.read()
            endpoint, problem = self._found.get(call.endpoint), self._problem
        if problem:
            return Answer("", f"the endpoint was not read: {problem}")
        if endpoint is None:
            return Answer(REFUSED, "the endpoint is gone, or was never registered")
        address = trimmed(str(endpoint.get("Address") or ""))
        if reason := _unreachable(endpoint, call.channel_type, address):
            return Answer(REFUSED, reason)
        return replace(call, address=address)

    def over(self, call: Call) -> None:
        """Says that a call needs its endpoint no more."""
        with self._lock:
            self._left.pop(call.token, None)

    def read(self) -> None:
        """Reads the endpoints of the calls that are not over. No thread asks meanwhile."""
        self._problem, self._read_at = "", self._clock()
        try:
            self._found = self._endpoints.by_id(self._left.values())
        except (SearchFailedError, ClientError, BotoCoreError) as error:
            self._found, self._problem = {}, type(error).__name__


def _unreachable(endpoint: Mapping[str, Any], channel_type: str, address: str) -> str:
    if endpoint.get("OptOut") == "ALL":
        return "the endpoint has opted out"
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return "the endpoint is inactive"
    if endpoint.get("ChannelType") != channel_type:
        return f"the endpoint's channel type is {endpoint.get('ChannelType')} by now"
    return "" if address else "the endpoint has no address"
