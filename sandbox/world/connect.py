"""Outbound calls of Amazon Connect, which moto's Connect lacks. Nobody picks up: the call lands in the outbox.

The account's instances, contact flows and queues are all that anybody names.
"""

import json
import re
import threading
import uuid
from typing import Any

from moto.connect.models import ConnectBackend, connect_backends
from moto.connect.responses import ConnectResponse
from moto.connect.urls import url_paths

from sandbox.world.faults import FAULT, THROTTLE, Parameters, ServiceError, Trouble
from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.events import FAILING
from sandbox.world.validation import problems

SERVICE = "connect"
START = "StartOutboundVoiceContact"
PATH = "/contact/outbound-voice"
RESOURCE = "*"
"""What the caller's policy must allow: AWS's authorization reference has no resource for the operation."""
E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class OutboundCalls(Trouble):
    """The calls of one account and region."""

    def __init__(self) -> None:
        super().__init__()
        self._contacts: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def start(self, parameters: Parameters) -> Parameters:
        """StartOutboundVoiceContact. A token that is known answers its contact, and calls nobody. Raises ServiceError."""
        met = self.trouble(START)
        if met == THROTTLE:
            raise ServiceError("TooManyRequestsException", "Too Many Requests", 429)
        if met == FAULT:
            raise ServiceError("InternalServiceException", "the sandbox fails this call, as it was told", 500)
        if found := problems(SERVICE, START, parameters):
            raise ServiceError("InvalidParameterException", "; ".join(said for _, said in found))
        to = parameters["DestinationPhoneNumber"]
        if not E164.fullmatch(to):
            raise ServiceError("InvalidParameterException", f"DestinationPhoneNumber {to!r} is not in E.164 format")
        if to == FAILING:
            raise ServiceError("DestinationNotAllowedException", f"outbound calls to {to} are not allowed", 403)
        token = parameters.get("ClientToken") or str(uuid.uuid4())
        with self._lock:
            known = self._contacts.get((parameters["InstanceId"], token))
            if known is None:
                known = self._contacts[parameters["InstanceId"], token] = str(uuid.uuid4())
                OUTBOX.put(_message(parameters, to, known))
        return {"ContactId": known}


def _message(parameters: Parameters, to: str, contact: str) -> Message:
    attributes = dict(parameters.get("Attributes") or {})
    body = attributes.pop("Message", "")
    ids = {name: parameters[name] for name in ("InstanceId", "ContactFlowId", "QueueId") if parameters.get(name)}
    sender = parameters.get("SourcePhoneNumber") or parameters.get("QueueId") or parameters["InstanceId"]
    return Message("VOICE", sender, to, body, contact, context={**ids, **attributes})


def outbound_calls(account: str, region: str) -> OutboundCalls:
    """The model of an account and region; moto's reset of it forgets the calls."""
    backend: ConnectBackend = connect_backends[account][region]
    return backend.__dict__.setdefault("outbound_calls", OutboundCalls())


def install() -> None:
    """Teaches moto's Connect the operation."""
    url_paths[f"{{0}}{PATH}$"] = ConnectResponse.dispatch
    ConnectResponse.start_outbound_voice_contact = _start_outbound_voice_contact  # type: ignore[attr-defined] moto has no such method


def _start_outbound_voice_contact(self: Any) -> Any:
    calls = outbound_calls(self.current_account, self.region)
    try:
        return json.dumps(calls.start(json.loads(self.body or "{}")))
    except ServiceError as error:
        return error.status, {"status": error.status, "x-amzn-errortype": error.code}, json.dumps(error.body())
