"""Push messages by SendMessages of Amazon Pinpoint's API, which lives on and which moto's Pinpoint lacks. They land in the outbox.

Every application that a call names is there, with every push channel enabled. Only addresses are sent to: endpoints ended. What happens to
a token is set beforehand (`PushMessages.states`); one that nobody spoke of is registered. `{{name}}` in a text is the value that the
Substitutions of the address give, else those of its message, else of the default message, and nothing where none does.
Sources: the service model of botocore (also of Substitutions; that a variable without a value prints nothing is what Pinpoint's templates do); status messages as seen in answers of AWS; quotas of AWS End User Messaging Push.
"""

import json
import re
import threading
import uuid
from typing import Any

from moto.pinpoint.models import PinpointBackend, pinpoint_backends
from moto.pinpoint.responses import PinpointResponse
from moto.pinpoint.urls import url_paths

from sandbox.world.faults import FAULT, THROTTLE, Parameters, ServiceError, Trouble
from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.validation import problems

SERVICE = "pinpoint"
SEND = "SendMessages"
PATH = re.compile(r"/v1/apps/(?P<application>[^/]+)/messages/?")
ADDRESSES = 100
MESSAGES = {
    "GCM": "GCMMessage",
    "APNS": "APNSMessage",
    "APNS_SANDBOX": "APNSMessage",
    "APNS_VOIP": "APNSMessage",
    "APNS_VOIP_SANDBOX": "APNSMessage",
    "ADM": "ADMMessage",
    "BAIDU": "BaiduMessage",
}
PAYLOAD_BYTES = {"ADM": 6 * 1024}
PAYLOAD = 4 * 1024
TEXTS = ("RawContent", "Title", "Body", "Url", "ImageUrl", "ImageIconUrl", "SmallImageIconUrl", "MediaUrl")
VARIABLE = re.compile(r"\{\{\s*([^{}]+?)(?:\.\[(\d+)\])?\s*\}\}")
SHOWN = ("RawContent", "Title", "Body", "Data", "SilentPush", "MediaUrl", "ImageUrl")
REGISTERED, UNREGISTERED, UPDATED, THROTTLED, FAILING, FOREIGN = (
    "registered", "unregistered", "updated", "throttled", "failing", "foreign",
)  # fmt: skip
"""States of a token. UPDATED: the message arrives, and the device has a new token. FOREIGN: the token is of another app."""
STATES = (REGISTERED, UNREGISTERED, UPDATED, THROTTLED, FAILING, FOREIGN)


class PushMessages(Trouble):
    """The push messages of one account and region.

    states: token -> `{"State", "Token"?, "Times"?}`: Token is the new one of an updated token; Times: for how many messages it holds.
    calls: how many addresses each call had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, Parameters] = {}
        self.calls: list[int] = []
        self._lock = threading.Lock()

    def set_states(self, states: Parameters) -> None:
        """Says what happens to tokens. Raises ServiceError for a state that there is none of."""
        for token, state in states.items():
            if state.get("State") not in STATES:
                raise ServiceError("BadRequestException", f"State of {token} is none of {', '.join(STATES)}")
        with self._lock:
            self.states |= states

    def send(self, application: str, parameters: Parameters) -> Parameters:
        """SendMessages. Raises ServiceError where the call as a whole is refused."""
        met = self.trouble(SEND)
        if met == THROTTLE:
            raise ServiceError("TooManyRequestsException", "Too Many Requests", 429)
        if met == FAULT:
            raise ServiceError("InternalServerErrorException", "the sandbox fails this call, as it was told", 500)
        if found := problems(SERVICE, SEND, {"ApplicationId": application, "MessageRequest": parameters}):
            raise ServiceError("BadRequestException", "; ".join(said for _, said in found))
        addresses = parameters.get("Addresses") or {}
        if parameters.get("Endpoints") or not 1 <= len(addresses) <= ADDRESSES:
            raise ServiceError(
                "BadRequestException", f"Addresses has {len(addresses)} entries; 1 to {ADDRESSES} are allowed"
            )
        with self._lock:
            self.calls.append(len(addresses))
        sent = {token: self._sent(application, token, own, parameters) for token, own in addresses.items()}
        return {"ApplicationId": application, "RequestId": str(uuid.uuid4()), "Result": sent}

    def _sent(self, application: str, token: str, own: Parameters, parameters: Parameters) -> Parameters:
        channel = own.get("ChannelType") or ""
        if channel not in MESSAGES:
            return _failed(400, f"No channel of type {channel} is enabled for the application {application}")
        if not token.strip():
            return _failed(400, _told(channel, "400", "INVALID_ARGUMENT" if channel == "GCM" else "MissingDeviceToken"))
        message = _message(channel, own, parameters)
        if wrong := _problem(channel, message):
            return _failed(400, _told(channel, "400", wrong))
        state, new = self._state(token)
        if stopped := _stopped(channel, state):
            return stopped
        identifier = str(uuid.uuid4())
        context = {**(parameters.get("Context") or {}), **(own.get("Context") or {})}
        OUTBOX.put(
            Message(
                "PUSH",
                application,
                token,
                message.get("RawContent") or message.get("Body") or "",
                identifier,
                subject=message.get("Title") or "",
                context={"ChannelType": channel, **context},
                raw=json.dumps(message, ensure_ascii=False),
            )
        )
        result = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "StatusMessage": "", "MessageId": identifier}
        return {**result, **({"UpdatedToken": new} if new else {})}

    def _state(self, token: str) -> tuple[str, str]:
        with self._lock:
            found = self.states.get(token)
            if found is None:
                return REGISTERED, ""
            if found.get("Times") is not None:
                found["Times"] -= 1
                if found["Times"] <= 0:
                    del self.states[token]
            return found["State"], found.get("Token") or ""


def _message(channel: str, own: Parameters, parameters: Parameters) -> Parameters:
    """What the device gets: the channel's message, else the default one, with the address's own texts."""
    configuration = parameters.get("MessageConfiguration") or {}
    message = configuration.get(MESSAGES[channel]) or configuration.get("DefaultPushNotificationMessage")
    if not message:
        message = {"Body": (configuration.get("DefaultMessage") or {}).get("Body")}
    overrides = {
        "Title": own.get("TitleOverride"),
        "Body": own.get("BodyOverride"),
        "RawContent": own.get("RawContent"),
    }
    whole = {**message, **{name: value for name, value in overrides.items() if value}}
    values = {
        **((configuration.get("DefaultMessage") or {}).get("Substitutions") or {}),
        **(whole.pop("Substitutions", None) or {}),
        **(own.get("Substitutions") or {}),
    }
    texts = {name: _filled_in(whole[name], values) for name in TEXTS if whole.get(name)}
    return {name: value for name, value in {**whole, **texts}.items() if value is not None}


def _filled_in(text: str, values: dict[str, list[str]]) -> str:
    def value(found: re.Match[str]) -> str:
        entries = values.get(found[1]) or []
        return entries[int(found[2] or 0)] if int(found[2] or 0) < len(entries) else ""

    return VARIABLE.sub(value, text)


def _problem(channel: str, message: Parameters) -> str:
    if not any(message.get(name) for name in SHOWN):
        return "the message is empty"
    if raw := message.get("RawContent"):
        try:
            payload = json.loads(raw)
        except ValueError:
            return "RawContent is not JSON"
        if not isinstance(payload, dict):
            return "RawContent is not a JSON object"
    size = len((raw or json.dumps(message, ensure_ascii=False)).encode())
    return "the payload is too large" if size > PAYLOAD_BYTES.get(channel, PAYLOAD) else ""


def _stopped(channel: str, state: str) -> Parameters | None:
    """What keeps a message from a token in a state; None: it arrives."""
    fcm = channel == "GCM"
    if state == UNREGISTERED:
        reason = "UNREGISTERED" if fcm else "Unregistered"
        return _failed(410, _told(channel, "410", reason, "Unregistered or expired token"))
    if state == FOREIGN:
        reason = "SENDER_ID_MISMATCH" if fcm else "DeviceTokenNotForTopic"
        return _failed(410, _told(channel, "400", reason, "Unregistered or expired token"))
    if state == THROTTLED:
        return {"DeliveryStatus": "THROTTLED", "StatusCode": 429, "StatusMessage": _told(channel, "429", "QUOTA")}
    if state == FAILING:
        told = _told(channel, "503", "UNAVAILABLE")
        return {"DeliveryStatus": "TEMPORARY_FAILURE", "StatusCode": 500, "StatusMessage": told}
    return None


def _failed(code: int, message: str) -> Parameters:
    return {"DeliveryStatus": "PERMANENT_FAILURE", "StatusCode": code, "StatusMessage": message}


def _told(channel: str, code: str, reason: str, message: str = "Invalid notification") -> str:
    return json.dumps(
        {
            "errorMessage": message,
            "channelType": channel,
            "pushProviderStatusCode": code,
            "pushProviderError": reason,
            "pushProviderResponse": json.dumps({"reason": reason}),
        }
    )


def push_messages(account: str, region: str) -> PushMessages:
    """The model of an account and region; moto's reset of it forgets what was set."""
    backend: PinpointBackend = pinpoint_backends[account][region]
    return backend.__dict__.setdefault("push_messages", PushMessages())


def arn(account: str, region: str, application: str) -> str:
    """What the caller's policy must allow."""
    return f"arn:aws:mobiletargeting:{region}:{account}:apps/{application}/messages"


def install() -> None:
    """Teaches moto's Pinpoint the operation."""
    for end in ("", "/"):
        url_paths[f"{{0}}/v1/apps/(?P<app_id>[^/]+)/messages{end}$"] = PinpointResponse.dispatch
    PinpointResponse.send_messages = _send_messages  # type: ignore[attr-defined] moto has no such method


def _send_messages(self: Any) -> Any:
    found = PATH.fullmatch(self.parsed_url.path)
    application = found["application"] if found else ""
    try:
        answer = push_messages(self.current_account, self.region).send(application, json.loads(self.body or "{}"))
    except ServiceError as error:
        return error.status, {"status": error.status, "x-amzn-errortype": error.code}, json.dumps(fault(error))
    return json.dumps(answer)


def fault(error: ServiceError) -> Parameters:
    """The body of an answer that refuses the call, in the form of Pinpoint's API."""
    return {"Message": str(error), "RequestID": str(uuid.uuid4())}
