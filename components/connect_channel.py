"""Architecture 16: campaigns call people through Amazon Connect.

A custom channel (see custom_channel.py): the contact flow of an instance that exists talks to each endpoint, and finds the
campaign's text in the contact attribute `Message`.
"""

from collections.abc import Mapping, Sequence
from typing import Self

import pulumi
import pydantic

from components.building_blocks.account import Account
from components.building_blocks.policy import Statement
from components.custom_channel import CustomChannel, CustomChannelArgs, CustomChannelConfig

GUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
WHY_NO_RESOURCE = (
    "AWS's reference names no resource of this action, its older pages a contact, whose id the call itself makes"
)
NEEDED = "needed where the architecture is enabled"


class ConnectChannelConfig(CustomChannelConfig):
    """Config key `connectChannel`."""

    instance_id: str | None = pydantic.Field(
        default=None, pattern=GUID, description=f"Id of the Amazon Connect instance; {NEEDED}."
    )
    contact_flow_id: str | None = pydantic.Field(
        default=None, pattern=GUID, description=f"Id of the contact flow that talks to people; {NEEDED}."
    )
    queue_id: str | None = pydantic.Field(
        default=None, pattern=GUID, description=f"Id of the queue whose number people see; {NEEDED}."
    )

    @pydantic.model_validator(mode="after")
    def all_ids_where_enabled(self) -> Self:
        self.needed(instanceId=self.instance_id, contactFlowId=self.contact_flow_id, queueId=self.queue_id)
        return self


ConnectChannelArgs = CustomChannelArgs[ConnectChannelConfig]


class ConnectChannel(CustomChannel[ConnectChannelConfig]):
    """See the module."""

    architecture = "connectChannel"
    package = "connect_channel"

    def environment(self, config: ConnectChannelConfig) -> Mapping[str, pulumi.Input[str]]:
        return {
            "CONNECT_INSTANCE_ID": config.instance_id or "",
            "CONNECT_CONTACT_FLOW_ID": config.contact_flow_id or "",
            "CONNECT_QUEUE_ID": config.queue_id or "",
        }

    def statements(self, config: ConnectChannelConfig, account: Account) -> Sequence[Statement]:
        # Where AWS tells the instance, only this one is meant.
        only_here = {"StringEqualsIfExists": {"connect:InstanceId": config.instance_id}}
        return [Statement(["connect:StartOutboundVoiceContact"], ["*"], only_here, why_wildcard=WHY_NO_RESOURCE)]
