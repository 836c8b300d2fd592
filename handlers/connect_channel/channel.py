"""An outbound call of Amazon Connect: the contact flow finds the campaign's text in the contact attribute `Message`.

The call's token is Connect's ClientToken, which it knows for 7 days: longer than a call waits in the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.connect_channel.environment import ConnectEnvironment
from handlers.custom_channel.channel import Call, RefusedError
from handlers.shared.addresses.e164 import EXAMPLE, is_e164
from handlers.shared.clients import aws_client

ANSWER_SECONDS = 20


class ConnectChannel:
    """See the module."""

    name = "connectChannel"
    repeatable = True
    needs_message = True
    texts: Sequence[str] = ()

    def __init__(self, environment: ConnectEnvironment, client: Any) -> None:
        self._environment = environment
        self._client = client

    def call(self, call: Call) -> str:
        if not is_e164(call.address):
            raise RefusedError(f"the address is no phone number in E.164 format, such as {EXAMPLE}")
        answer = self._client.start_outbound_voice_contact(
            InstanceId=self._environment.instance_id,
            ContactFlowId=self._environment.contact_flow_id,
            QueueId=self._environment.queue_id,
            DestinationPhoneNumber=call.address,
            Attributes={"Message": call.message},
            ClientToken=call.token,
        )
        return str(answer["ContactId"])


def make() -> ConnectChannel:
    """The channel as the function's environment describes it."""
    client = aws_client("connect", max_attempts=1, read_timeout=ANSWER_SECONDS)
    return ConnectChannel(ConnectEnvironment.read(), client)
