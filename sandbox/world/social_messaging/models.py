"""The model of AWS End User Messaging Social. The account has every phone number that anybody names.

Messages: WhatsApp Cloud API, "Messages", of the types `text` and `template`.
"""

import base64
import binascii
import json
import re
import uuid
from typing import Any

from boto3.session import Session
from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.world.faults import FAULT, THROTTLE, Parameters, ServiceError, Trouble
from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.events import FAILING
from sandbox.world.validation import problems

SERVICE = "socialmessaging"
SEND = "SendWhatsAppMessage"
SEND_PATH = "/v1/whatsapp/send"
PREFIX = "phone-number-id-"
NUMBER = re.compile(r"\+?[1-9][0-9]{6,14}")
LONGEST_TEXT = 4096


class SocialMessagingBackend(BaseBackend, Trouble):
    """One account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        Trouble.__init__(self)

    def send(self, parameters: Parameters) -> Parameters:
        """SendWhatsAppMessage: the message lands in the outbox. Raises ServiceError."""
        met = self.trouble(SEND)
        if met == THROTTLE:
            raise ServiceError("ThrottledRequestException", "Rate exceeded", 429)
        if met == FAULT:
            raise ServiceError("InternalServiceException", "the sandbox fails this call, as it was told", 500)
        try:
            raw = base64.b64decode(parameters.get("message") or "", validate=True)
        except (binascii.Error, TypeError) as error:
            raise ServiceError("ValidationException", "message is not base64") from error
        if found := problems(SERVICE, SEND, {**parameters, "message": raw}):
            raise ServiceError("ValidationException", "; ".join(said for _, said in found))
        message = _read(raw)
        to = message.get("to")
        if message.get("messaging_product") != "whatsapp" or not isinstance(to, str) or not NUMBER.fullmatch(to):
            raise ServiceError(
                "InvalidParametersException", "needed are messaging_product whatsapp and to, a phone number"
            )
        if f"+{to.lstrip('+')}" == FAILING:
            raise ServiceError("InvalidParametersException", f"{to} is no WhatsApp number")
        identifier = str(uuid.uuid4())
        sender = parameters["originationPhoneNumberId"].replace(":phone-number-id/", f"/{PREFIX}").rpartition("/")[2]
        OUTBOX.put(Message("WHATSAPP", sender, to, _shown(message), identifier, raw=raw.decode()))
        return {"messageId": identifier}


def _read(raw: bytes) -> dict[str, Any]:
    try:
        message = json.loads(raw)
    except ValueError as error:
        raise ServiceError("InvalidParametersException", "message is not JSON") from error
    if not isinstance(message, dict):
        raise ServiceError("InvalidParametersException", "message is not a JSON object")
    return message


def _shown(message: dict[str, Any]) -> str:
    """What a person reads; of a template, its name, language and parameters."""
    content = message.get(message.get("type", "text")) or {}
    if message.get("type", "text") == "text":
        body = content.get("body")
        if not isinstance(body, str) or not 1 <= len(body) <= LONGEST_TEXT:
            raise ServiceError("InvalidParametersException", f"text.body needs 1 to {LONGEST_TEXT} characters")
        return body
    if message.get("type") != "template" or not content.get("name") or not content.get("language", {}).get("code"):
        raise ServiceError("InvalidParametersException", "type is text, or template with a name and a language.code")
    texts = [
        parameter.get("text", "")
        for component in content.get("components") or ()
        for parameter in component.get("parameters") or ()
    ]
    if not all(texts):
        raise ServiceError("InvalidParametersException", "a parameter of the template is empty")
    told = f": {' | '.join(texts)}" if texts else ""
    return f"{content['name']} ({content['language']['code']}){told}"


def arn(account: str, region: str, parameters: Parameters) -> str:
    """What the caller's policy must allow: the phone number."""
    given = str(parameters.get("originationPhoneNumberId") or "")
    if given.startswith("arn:"):
        return given
    return f"arn:aws:social-messaging:{region}:{account}:phone-number-id/{given.removeprefix(PREFIX)}"


# boto3's own list has no regions of this service.
social_messaging_backends = BackendDict(
    SocialMessagingBackend,
    SERVICE,
    use_boto3_regions=False,
    additional_regions=Session().get_available_regions("pinpoint-sms-voice-v2"),
)
