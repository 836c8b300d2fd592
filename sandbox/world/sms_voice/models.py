"""The model of AWS End User Messaging: messages, opt-out lists, phone numbers, configuration sets."""

import secrets
import threading
from collections.abc import Callable

from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.world.faults import FAULT, THROTTLE, Trouble
from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.configuration_sets import ConfigurationSets
from sandbox.world.sms_voice.events import text_events
from sandbox.world.sms_voice.faults import Parameters, SmsVoiceError, invalid, missing
from sandbox.world.sms_voice.inbound import InboundTexts
from sandbox.world.sms_voice.opt_outs import DEFAULT_LIST, e164
from sandbox.world.sms_voice.parts import counted, excess
from sandbox.world.sms_voice.rates import RATES, RateLimit
from sandbox.world.sms_voice.tags import Tags
from sandbox.world.sms_voice.validation import check

__all__ = ["OPERATIONS", "SmsVoiceBackend", "SmsVoiceError", "sms_voice_backends"]

SHARED_ROUTE = "+18885550100"
"""The number that messages without an origination identity come from."""
BODY_LIMITS = {"SMS": 1600, "VOICE": 6000}

OPERATIONS = {
    "SendTextMessage": "send_text_message",
    "SendVoiceMessage": "send_voice_message",
    "CreateOptOutList": "create_opt_out_list",
    "DeleteOptOutList": "delete_opt_out_list",
    "DescribeOptOutLists": "describe_opt_out_lists",
    "PutOptedOutNumber": "put_opted_out_number",
    "DeleteOptedOutNumber": "delete_opted_out_number",
    "DescribeOptedOutNumbers": "describe_opted_out_numbers",
    "RequestPhoneNumber": "request_phone_number",
    "UpdatePhoneNumber": "update_phone_number",
    "ReleasePhoneNumber": "release_phone_number",
    "DescribePhoneNumbers": "describe_phone_numbers",
    "CreateConfigurationSet": "create_configuration_set",
    "DeleteConfigurationSet": "delete_configuration_set",
    "DescribeConfigurationSets": "describe_configuration_sets",
    "CreateEventDestination": "create_event_destination",
    "UpdateEventDestination": "update_event_destination",
    "DeleteEventDestination": "delete_event_destination",
    "SetDefaultMessageType": "set_default_message_type",
    "DeleteDefaultMessageType": "delete_default_message_type",
    "SetDefaultSenderId": "set_default_sender_id",
    "DeleteDefaultSenderId": "delete_default_sender_id",
    "TagResource": "tag_resource",
    "UntagResource": "untag_resource",
    "ListTagsForResource": "list_tags_for_resource",
}
"""The operations offered, by the method that carries them out."""


class SmsVoiceBackend(BaseBackend, Tags, ConfigurationSets, InboundTexts, Trouble):
    """One account in one region.

    limits: type of number or number -> parts a second above which SendTextMessage is refused; for tests, and none to
    begin with.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        Tags.__init__(self)
        ConfigurationSets.__init__(self)
        InboundTexts.__init__(self)
        Trouble.__init__(self)
        self.limits: dict[str, float] = {}
        self._meters: dict[str, RateLimit] = {}
        self._lock = threading.RLock()

    @property
    def tagged_kinds(self) -> dict[str, Callable[[str], object]]:
        return {"configuration-set": self.configuration_set, "opt-out-list": self.opt_out_list}

    def call(self, operation: str, parameters: Parameters) -> Parameters:
        """Carries out one operation. Raises SmsVoiceError."""
        if operation not in OPERATIONS:
            raise SmsVoiceError("UnknownOperationException", f"the sandbox does not offer {operation}")
        self._fail(operation)
        check(operation, parameters)
        return getattr(self, OPERATIONS[operation])(parameters)

    def _fail(self, operation: str) -> None:
        met = self.trouble(operation)
        if met == THROTTLE:
            raise SmsVoiceError("ThrottlingException", "Rate exceeded")
        if met == FAULT:
            raise SmsVoiceError("InternalServerException", "the sandbox fails this call, as it was told", 500)

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's resources."""
        return f"arn:{self.partition}:sms-voice:{self.region_name}:{self.account_id}:{resource}"

    def send_text_message(self, parameters: Parameters) -> Parameters:
        """SendTextMessage: the message lands in the outbox."""
        return self._send("SMS", parameters)

    def send_voice_message(self, parameters: Parameters) -> Parameters:
        """SendVoiceMessage: the spoken text lands in the outbox."""
        if not parameters.get("OriginationIdentity"):
            raise invalid("OriginationIdentity", "OriginationIdentity is required")
        return self._send("VOICE", parameters)

    def _send(self, channel: str, parameters: Parameters) -> Parameters:
        number = e164("DestinationPhoneNumber", parameters.get("DestinationPhoneNumber", ""))
        body, limit = parameters.get("MessageBody") or "", BODY_LIMITS[channel]
        if not body.strip() or len(body) > limit:
            raise invalid("MessageBody", f"MessageBody has {len(body)} characters; 1 to {limit} are allowed")
        if channel == "SMS" and (reason := excess(body)):
            raise invalid("MessageBody", reason)
        configuration = parameters.get("ConfigurationSetName", "").rsplit("/", 1)[-1]
        if configuration and configuration not in self.configuration_sets:
            raise missing("configuration-set", configuration)
        origin, kind, opt_outs = self._origin(parameters.get("OriginationIdentity") or "")
        if opt_outs and number in self.lists[opt_outs].numbers:
            raise SmsVoiceError(
                "ConflictException",
                f"Destination phone number is opted out of {opt_outs!r}",
                Reason="DESTINATION_PHONE_NUMBER_OPTED_OUT",
                ResourceType="opted-out-number",
                ResourceId=number,
            )
        identifier = secrets.token_hex(16)
        if not parameters.get("DryRun"):
            encoding, parts = counted(body) if channel == "SMS" else ("", 0)
            if parts:
                self._limit(origin, kind, parts)
            context = parameters.get("Context") or {}
            sent = Message(channel, origin, number, body, identifier, context=context, encoding=encoding, parts=parts)
            OUTBOX.put(sent)
            self.last_sent[origin, number] = identifier
            if configuration and channel == "SMS":
                events = text_events(sent, parameters.get("MessageType") or self.default_of(configuration))
                self.publish(configuration, events)
        return {"MessageId": identifier}

    def _limit(self, origin: str, kind: str, parts: int) -> None:
        rate = self.limits.get(origin) or self.limits.get(kind)
        if not rate:
            return
        with self._lock:
            meter = self._meters.get(origin)
            if meter is None or meter.rate != rate:
                meter = self._meters[origin] = RateLimit(rate)
        if not meter.take(parts):
            raise SmsVoiceError("ThrottlingException", f"number {origin} sends more than {rate:g} parts a second")

    def limit_rates(self, limits: dict[str, float]) -> dict[str, float]:
        """Refuses sends above these rates (type of number or number -> parts a second) and those of `RATES`.

        Without any, no send is refused for its rate. Returns what holds.
        """
        self.limits = {**RATES, **limits} if limits else {}
        self._meters.clear()
        return self.limits

    def _origin(self, identity: str) -> tuple[str, str, str]:
        """The sender shown, its type ("" for none of the account's), and the opt-out list that applies.

        The list is "" when the customer manages opt-outs.
        """
        if not identity:
            return SHARED_ROUTE, "", DEFAULT_LIST
        name = identity.rsplit("/", 1)[-1]
        for identifier, phone in self.phone_numbers.items():
            if name in (identifier, phone["PhoneNumber"]):
                own = phone["SelfManagedOptOutsEnabled"]
                return phone["PhoneNumber"], phone["NumberType"], "" if own else phone["OptOutListName"]
        if name.startswith(("phone-", "pool-")):
            raise missing(name.split("-", 1)[0], name)
        return name, "", DEFAULT_LIST


sms_voice_backends = BackendDict(SmsVoiceBackend, "pinpoint-sms-voice-v2")
