"""Text messages by AWS End User Messaging (`pinpoint-sms-voice-v2` SendTextMessage).

Calls are not retried here: a repeated call may send a second message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.addresses.e164 import EXAMPLE, is_e164
from handlers.shared.addresses.written import trimmed
from handlers.shared.clients import sending_client
from handlers.shared.message_parts import excess
from handlers.shared.messages.failures import failure, no_answer
from handlers.shared.messages.result import DeliveryResult, refused, sent

if TYPE_CHECKING:
    from botocore.client import BaseClient

MESSAGE_TYPES = ("TRANSACTIONAL", "PROMOTIONAL")
CONTEXT_PAIRS = 5


class SmsSender:
    """Sends text messages; what concerns one message is its result, never an exception.

    Args:
        origination_identity: Phone number, pool or sender id (id or ARN) that messages without their own come from;
            "" = the service chooses.
        configuration_set: Configuration set for delivery events; "" = none.
        client: A boto3 pinpoint-sms-voice-v2 client; default the shared one.
    """

    def __init__(
        self, origination_identity: str = "", configuration_set: str = "", client: BaseClient | None = None
    ) -> None:
        self.origination_identity = origination_identity
        self.configuration_set = configuration_set
        self._client = client

    def send(
        self,
        address: str,
        body: str,
        *,
        message_type: str | None = None,
        origination: str | None = None,
        sender_id: str | None = None,
        keyword: str | None = None,
        entity_id: str | None = None,
        template_id: str | None = None,
        context: Mapping[str, str] | None = None,
    ) -> DeliveryResult:
        """Sends one message. A number that is not E.164 is refused before any call.

        Args:
            address: E.164 number, `+` first; blanks around it do not count.
            body: Rendered; 1 to 1,530 characters of GSM's alphabet, or 1 to 630 others.
            message_type: TRANSACTIONAL or PROMOTIONAL; default TRANSACTIONAL.
            origination, sender_id: Who it comes from; the phone number wins over the sender id.
            entity_id, template_id: Registration ids for India.
            context: At most 5 pairs come back in delivery events; more are not sent along.
        """
        kind = message_type or "TRANSACTIONAL"
        number = trimmed(address) if isinstance(address, str) else ""
        if not is_e164(number):
            return refused(f"The address is not a phone number in E.164 format, such as {EXAMPLE}")
        if wrong := excess(body) if body else "is empty":
            return refused(f"The text {wrong}")
        if kind not in MESSAGE_TYPES:
            return refused(f"MessageType is {kind!r}; allowed are {', '.join(MESSAGE_TYPES)}")
        request: dict[str, Any] = {"DestinationPhoneNumber": number, "MessageBody": body, "MessageType": kind}
        identity = origination or sender_id or self.origination_identity
        if identity:
            request["OriginationIdentity"] = identity
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        if keyword:
            request["Keyword"] = keyword
        india = {"IN_ENTITY_ID": entity_id, "IN_TEMPLATE_ID": template_id}
        if any(india.values()):
            request["DestinationCountryParameters"] = {name: value for name, value in india.items() if value}
        if context:
            request["Context"] = dict(list(context.items())[:CONTEXT_PAIRS])
        try:
            answer = (self._client or sending_client("pinpoint-sms-voice-v2")).send_text_message(**request)
        except ClientError as error:
            return failure(error)
        except BotoCoreError as error:
            return no_answer(error)
        return sent(answer["MessageId"])
