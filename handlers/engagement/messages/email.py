"""Email by Amazon SES v2 (SendEmail). Calls are not retried here: a repeated call may send a second message."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.addresses.email_addresses import NoMailboxError, deliverable, mailbox
from handlers.shared.clients import sending_client
from handlers.shared.messages.failures import failure, no_answer
from handlers.shared.messages.result import DeliveryResult, refused, sent

HEADERS = 15
TAG = re.compile(r"[^A-Za-z0-9_.@-]")


class EmailSender:
    """Sends email; what concerns one message is its result, never an exception.

    Args:
        from_address: Sender of messages without their own; "" = there must be one.
        configuration_set: SES configuration set; "" = none.
        client: A boto3 sesv2 client; default the shared one.
    """

    def __init__(self, from_address: str = "", configuration_set: str = "", client: Any = None) -> None:
        self.from_address = from_address
        self.configuration_set = configuration_set
        self._client = client

    @property
    def client(self) -> Any:
        """The boto3 sesv2 client, which tries nothing again by itself."""
        return self._client or sending_client("sesv2")

    def send(
        self,
        address: str,
        *,
        subject: str = "",
        html: str = "",
        text: str = "",
        from_address: str | None = None,
        reply_to: Sequence[str] = (),
        feedback_address: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        tags: Mapping[str, str] | None = None,
    ) -> DeliveryResult:
        """Sends one message with a subject and an HTML part, a text part or both, all rendered.

        Addresses become what SES takes: domains in Punycode, names as encoded words. One that cannot is refused.

        Args:
            tags: SES message tags, which delivery events carry; characters that SES refuses become `_`.
        """
        if not html and not text:
            return refused("The email has neither an HTML part nor a text part")
        if len(headers) > HEADERS:
            return refused(f"The email has {len(headers)} headers; at most {HEADERS} are allowed")
        body = {part: {"Data": data, "Charset": "UTF-8"} for part, data in (("Html", html), ("Text", text)) if data}
        simple: dict[str, Any] = {"Subject": {"Data": subject, "Charset": "UTF-8"}, "Body": body}
        if headers:
            simple["Headers"] = [{"Name": name, "Value": value} for name, value in headers]
        try:
            more = {"ReplyToAddresses": [mailbox(address) for address in reply_to]} if reply_to else {}
        except NoMailboxError as error:
            return refused(f"An address of ReplyToAddresses {error}")
        return self._send(address, {"Content": {"Simple": simple}, **more}, from_address, feedback_address, tags)

    def send_raw(
        self,
        address: str,
        data: str,
        *,
        from_address: str | None = None,
        feedback_address: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> DeliveryResult:
        """Sends a MIME message as it is; `data` is base64."""
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return refused("RawEmail.Data is not base64")
        return self._send(address, {"Content": {"Raw": {"Data": raw}}}, from_address, feedback_address, tags)

    def _send(
        self,
        address: str,
        parts: dict[str, Any],
        from_address: str | None,
        feedback_address: str | None,
        tags: Mapping[str, str] | None,
    ) -> DeliveryResult:
        try:
            recipient = deliverable(address if isinstance(address, str) else "")
        except NoMailboxError as error:
            return refused(f"The address {error}")
        sender = from_address or self.from_address
        if not sender:
            return refused("There is no sender: give FromAddress, or configure one for the project (email.fromAddress)")
        try:
            request: dict[str, Any] = {
                "FromEmailAddress": mailbox(sender),
                "Destination": {"ToAddresses": [recipient]},
                **parts,
            }
            if feedback_address:
                request["FeedbackForwardingEmailAddress"] = mailbox(feedback_address)
        except NoMailboxError as error:
            return refused(f"The sender {error}")
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        if tags:
            request["EmailTags"] = message_tags(tags)
        try:
            answer = self.client.send_email(**request)
        except ClientError as error:
            return failure(error)
        except BotoCoreError as error:
            return no_answer(error)
        return sent(answer["MessageId"])


def message_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Names and values as SES's message tags: characters that SES refuses become `_`."""
    return [
        {"Name": TAG.sub("_", name)[:256], "Value": TAG.sub("_", value)[:256] or "_"} for name, value in tags.items()
    ]
