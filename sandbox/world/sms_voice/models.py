"""The model of AWS End User Messaging: messages, opt-out lists, phone numbers, configuration sets."""

import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.configuration_sets import ConfigurationSets
from sandbox.world.sms_voice.events import text_events
from sandbox.world.sms_voice.faults import Parameters, SmsVoiceError, invalid, missing, page_of, taken

__all__ = ["OPERATIONS", "SmsVoiceBackend", "SmsVoiceError", "sms_voice_backends"]

PHONE_NUMBER = re.compile(r"\+?[1-9][0-9]{1,18}")
DEFAULT_LIST = "Default"
SHARED_ROUTE = "+18885550100"
"""The number that messages without an origination identity come from."""
BODY_LIMITS = {"SMS": 1600, "VOICE": 6000}


@dataclass
class OptOutList:
    """A list of numbers that get no messages. numbers: E.164 number -> when it was added (epoch seconds)."""

    name: str
    created: float
    numbers: dict[str, float] = field(default_factory=dict)


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


class SmsVoiceBackend(BaseBackend, ConfigurationSets):
    """One account in one region. throttled: how many of an operation's next calls are refused, for tests."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lists = {DEFAULT_LIST: OptOutList(DEFAULT_LIST, time.time())}
        self.phone_numbers: dict[str, Parameters] = {}
        ConfigurationSets.__init__(self)
        self.throttled: dict[str, int] = {}
        self._lock = threading.RLock()

    def call(self, operation: str, parameters: Parameters) -> Parameters:
        """Carries out one operation. Raises SmsVoiceError."""
        if operation not in OPERATIONS:
            raise SmsVoiceError("UnknownOperationException", f"the sandbox does not offer {operation}")
        if self.throttled.get(operation):
            with self._lock:
                if self.throttled.get(operation, 0) > 0:
                    self.throttled[operation] -= 1
                    raise SmsVoiceError("ThrottlingException", "Rate exceeded")
        return getattr(self, OPERATIONS[operation])(parameters)

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
        number = _phone_number("DestinationPhoneNumber", parameters.get("DestinationPhoneNumber", ""))
        body, limit = parameters.get("MessageBody") or "", BODY_LIMITS[channel]
        if not body.strip() or len(body) > limit:
            raise invalid("MessageBody", f"MessageBody has {len(body)} characters; 1 to {limit} are allowed")
        configuration = parameters.get("ConfigurationSetName", "").rsplit("/", 1)[-1]
        if configuration and configuration not in self.configuration_sets:
            raise missing("configuration-set", configuration)
        origin, opt_outs = self._origin(parameters.get("OriginationIdentity") or "")
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
            context = parameters.get("Context") or {}
            sent = Message(channel, origin, number, body, identifier, context=context)
            OUTBOX.put(sent)
            if configuration and channel == "SMS":
                kind = parameters.get("MessageType") or self.default_of(configuration)
                events = text_events(sent, kind)
                self.publish(configuration, events)
        return {"MessageId": identifier}

    def _origin(self, identity: str) -> tuple[str, str]:
        """The sender shown and the opt-out list that applies ("" when the customer manages opt-outs)."""
        if not identity:
            return SHARED_ROUTE, DEFAULT_LIST
        name = identity.rsplit("/", 1)[-1]
        for identifier, phone in self.phone_numbers.items():
            if name in (identifier, phone["PhoneNumber"]):
                own = phone["SelfManagedOptOutsEnabled"]
                return phone["PhoneNumber"], "" if own else phone["OptOutListName"]
        if name.startswith(("phone-", "pool-")):
            raise missing(name.split("-", 1)[0], name)
        return name, DEFAULT_LIST

    def _list(self, name: str) -> OptOutList:
        found = self.lists.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise missing("opt-out-list", name)
        return found

    def _about_list(self, found: OptOutList) -> Parameters:
        return {"OptOutListArn": self.arn(f"opt-out-list/{found.name}"), "OptOutListName": found.name}

    def create_opt_out_list(self, parameters: Parameters) -> Parameters:
        """CreateOptOutList."""
        name = parameters["OptOutListName"]
        if name in self.lists:
            raise taken("opt-out-list", name)
        self.lists[name] = OptOutList(name, time.time())
        return {**self._about_list(self.lists[name]), "CreatedTimestamp": self.lists[name].created}

    def delete_opt_out_list(self, parameters: Parameters) -> Parameters:
        """DeleteOptOutList."""
        found = self._list(parameters["OptOutListName"])
        del self.lists[found.name]
        return {**self._about_list(found), "CreatedTimestamp": found.created}

    def describe_opt_out_lists(self, parameters: Parameters) -> Parameters:
        """DescribeOptOutLists."""
        names = parameters.get("OptOutListNames")
        found = [self._list(name) for name in names] if names else list(self.lists.values())
        page, token = page_of(found, parameters)
        lists = [{**self._about_list(item), "CreatedTimestamp": item.created} for item in page]
        return {"OptOutLists": lists, **token}

    def put_opted_out_number(self, parameters: Parameters) -> Parameters:
        """PutOptedOutNumber."""
        found = self._list(parameters["OptOutListName"])
        number = _phone_number("OptedOutNumber", parameters["OptedOutNumber"])
        found.numbers.setdefault(number, time.time())
        return {**self._about_list(found), **_opted_out(found, number)}

    def delete_opted_out_number(self, parameters: Parameters) -> Parameters:
        """DeleteOptedOutNumber."""
        found = self._list(parameters["OptOutListName"])
        number = _phone_number("OptedOutNumber", parameters["OptedOutNumber"])
        if number not in found.numbers:
            raise missing("opted-out-number", number)
        answer = {**self._about_list(found), **_opted_out(found, number)}
        del found.numbers[number]
        return answer

    def describe_opted_out_numbers(self, parameters: Parameters) -> Parameters:
        """DescribeOptedOutNumbers."""
        found = self._list(parameters["OptOutListName"])
        wanted = [_phone_number("OptedOutNumbers", number) for number in parameters.get("OptedOutNumbers") or ()]
        for number in wanted:
            if number not in found.numbers:
                raise missing("opted-out-number", number)
        page, token = page_of(wanted or list(found.numbers), parameters)
        return {**self._about_list(found), "OptedOutNumbers": [_opted_out(found, item) for item in page], **token}

    def request_phone_number(self, parameters: Parameters) -> Parameters:
        """RequestPhoneNumber: a fictional number of the United States, whatever the country."""
        identifier = f"phone-{secrets.token_hex(16)}"
        opt_outs = self._list(parameters.get("OptOutListName") or DEFAULT_LIST).name
        with self._lock:
            number = f"+1206555{100 + len(self.phone_numbers) % 100:04d}"
            self.phone_numbers[identifier] = {
                "PhoneNumberArn": self.arn(f"phone-number/{identifier}"),
                "PhoneNumberId": identifier,
                "PhoneNumber": number,
                "Status": "ACTIVE",
                "IsoCountryCode": parameters["IsoCountryCode"],
                "MessageType": parameters["MessageType"],
                "NumberCapabilities": parameters["NumberCapabilities"],
                "NumberType": parameters["NumberType"],
                "MonthlyLeasingPrice": "1.00",
                "TwoWayEnabled": False,
                "SelfManagedOptOutsEnabled": False,
                "OptOutListName": opt_outs,
                "DeletionProtectionEnabled": bool(parameters.get("DeletionProtectionEnabled")),
                "CreatedTimestamp": time.time(),
            }
        return self.phone_numbers[identifier]

    def _phone(self, identifier: str) -> Parameters:
        found = self.phone_numbers.get(identifier.rsplit("/", 1)[-1])
        if found is None:
            raise missing("phone-number", identifier)
        return found

    def update_phone_number(self, parameters: Parameters) -> Parameters:
        """UpdatePhoneNumber."""
        found = self._phone(parameters["PhoneNumberId"])
        if "OptOutListName" in parameters:
            parameters = {**parameters, "OptOutListName": self._list(parameters["OptOutListName"]).name}
        found.update({name: value for name, value in parameters.items() if name != "PhoneNumberId"})
        return found

    def release_phone_number(self, parameters: Parameters) -> Parameters:
        """ReleasePhoneNumber."""
        found = self._phone(parameters["PhoneNumberId"])
        return self.phone_numbers.pop(found["PhoneNumberId"])

    def describe_phone_numbers(self, parameters: Parameters) -> Parameters:
        """DescribePhoneNumbers."""
        wanted = parameters.get("PhoneNumberIds")
        found = [self._phone(name) for name in wanted] if wanted else list(self.phone_numbers.values())
        page, token = page_of(found, parameters)
        return {"PhoneNumbers": page, **token}


def _phone_number(name: str, value: str) -> str:
    if not PHONE_NUMBER.fullmatch(value):
        raise invalid(name, f"{name} {value!r} is not a phone number in E.164 format", "INVALID_PARAMETER")
    return value if value.startswith("+") else f"+{value}"


def _opted_out(found: OptOutList, number: str) -> Parameters:
    return {"OptedOutNumber": number, "OptedOutTimestamp": found.numbers[number], "EndUserOptedOut": False}


sms_voice_backends = BackendDict(SmsVoiceBackend, "pinpoint-sms-voice-v2")
