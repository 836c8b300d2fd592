"""Texts that people send to the account's numbers.

Source: AWS End User Messaging SMS User Guide, "Example of a two-way SMS message payload for Amazon SNS topics",
"Self managed opt-outs" and "Opt-out keywords".
"""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.configuration_sets import SERVICE
from sandbox.world.sms_voice.faults import Parameters
from sandbox.world.sms_voice.opt_outs import PHONE_NUMBER
from sandbox.world.sms_voice.parts import counted
from sandbox.world.sms_voice.phone_numbers import CONNECT, PhoneNumbers

HELP, STOP = "HELP", "STOP"
OPT_OUT_KEYWORDS = frozenset(
    ("ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE")
)
"""What opts a person out where the service manages it, as the whole message; a message may also begin with STOP."""
STOP_REPLY = "You have successfully been removed from this list and will receive no more messages."
HELP_REPLY = "Msg & data rates may apply. Reply STOP to opt out."

Delivery = Callable[[dict[str, str]], str]
"""Publishes at once; returns why it could not, or ""."""


class InboundError(Exception):
    """Why a text goes nowhere, for who sent it."""


@dataclass(frozen=True)
class Received:
    """What became of a text. action: `published`, `opted out`, `answered`."""

    message_id: str
    action: str
    topic_arn: str = ""
    reply: str = ""
    document: Parameters | None = None


class InboundTexts(PhoneNumbers):
    """Part of the model. deliver: what publishes to topics; without one the messages are kept in `undelivered`."""

    deliver: Delivery | None = None
    account_id: str

    def __init__(self) -> None:
        super().__init__()
        self.last_sent: dict[tuple[str, str], str] = {}
        """(number of the account, number of a person) -> id of the last message."""
        self.undelivered: list[dict[str, str]] = []

    def receive_text(self, sender: str, number: str, body: str, message_id: str = "") -> Received:
        """A person texts to a number of the account. message_id: that of a message that is delivered once more.

        Raises InboundError.
        """
        if not sender.startswith("+") or not PHONE_NUMBER.fullmatch(sender):
            raise InboundError(f"{sender!r} is not a phone number in E.164 format (+14155550100)")
        if not body.strip():
            raise InboundError("the text is empty")
        phone = self.phone_by_number(number)
        if phone is None:
            known = ", ".join(sorted(found["PhoneNumber"] for found in self.phone_numbers.values()))
            raise InboundError(f"the account has no number {number!r} (it has {known})")
        identifier = message_id or str(uuid.uuid4())
        keyword = keyword_of(body)
        if keyword and not phone["SelfManagedOptOutsEnabled"]:
            return self._managed(phone, sender, keyword, identifier)
        return self._published(phone, sender, body, keyword, identifier)

    def _managed(self, phone: Parameters, sender: str, keyword: str, identifier: str) -> Received:
        """The service itself acts on STOP and HELP; the topic hears nothing of it."""
        stops = keyword != HELP
        listed = self.opt_out_list(phone["OptOutListName"])
        known = sender in listed.numbers
        if stops:
            listed.add(sender, by_themselves=True)
        reply = "" if known else STOP_REPLY if stops else HELP_REPLY
        if reply:
            encoding, parts = counted(reply)
            sent = Message("SMS", phone["PhoneNumber"], sender, reply, uuid.uuid4().hex, encoding=encoding, parts=parts)
            OUTBOX.put(sent)
        return Received(identifier, "opted out" if stops else "answered", reply=reply)

    def _published(self, phone: Parameters, sender: str, body: str, keyword: str, identifier: str) -> Received:
        number = phone["PhoneNumber"]
        if not phone["TwoWayEnabled"]:
            raise InboundError(f"number {number} ({phone['PhoneNumberId']}) does not take texts: two-way SMS is off")
        channel = phone["TwoWayChannelArn"]
        if channel.startswith(CONNECT):
            raise InboundError(f"number {number} hands texts to Amazon Connect, which the sandbox does not have")
        document = {
            "originationNumber": sender,
            "destinationNumber": number,
            "messageKeyword": keyword or f"KEYWORD_{self.account_id}",
            "messageBody": body,
            "inboundMessageId": identifier,
        }
        if previous := self.last_sent.get((number, sender)):
            document["previousPublishedMessageId"] = previous
        message = {
            "Service": SERVICE,
            "TopicArn": channel,
            "Message": json.dumps(document, ensure_ascii=False),
            "Subject": "",
            "SourceArn": phone["PhoneNumberArn"],
            "RoleArn": phone.get("TwoWayChannelRole", ""),
        }
        deliver = type(self).deliver
        if deliver is None:
            self.undelivered.append(message)
        elif reason := deliver(message):
            raise InboundError(f"number {number} could not publish the text: {reason}")
        return Received(identifier, "published", channel, document=document)


def keyword_of(body: str) -> str:
    """STOP (or another word that opts out) or HELP, when the service takes the text for one; otherwise ""."""
    text = body.strip().upper()
    if text in OPT_OUT_KEYWORDS:
        return text
    first = re.split(r"[^A-Z]", text, maxsplit=1)[0]
    return first if first in (STOP, HELP) else ""
