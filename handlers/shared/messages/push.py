"""Push messages by AWS End User Messaging Push: SendMessages of Amazon Pinpoint's API, which lives on, to up to 100 tokens a call.

Calls are not retried here: a repeated call may send a second message.
Sources: the API's service model (AddressConfiguration, DirectMessageConfiguration, MessageResult); AWS End User Messaging Push, quotas.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from handlers.shared.addresses.written import trimmed
from handlers.shared.aws_errors import is_refusal, status_of
from handlers.shared.clients import sending_client
from handlers.shared.messages.failures import failure, no_answer
from handlers.shared.messages.result import UNKNOWN_FAILURE, DeliveryResult, refused
from handlers.shared.overlapped import overlap

if TYPE_CHECKING:
    from botocore.client import BaseClient

ADDRESSES = 100
"""A call takes no more."""
MESSAGE_OF = {
    "GCM": "GCMMessage",
    "APNS": "APNSMessage",
    "APNS_SANDBOX": "APNSMessage",
    "APNS_VOIP": "APNSMessage",
    "APNS_VOIP_SANDBOX": "APNSMessage",
    "ADM": "ADMMessage",
    "BAIDU": "BaiduMessage",
}
"""Push channel -> the member of DirectMessageConfiguration that its endpoints get."""
PUSH_CHANNELS = tuple(MESSAGE_OF)
OVERRIDES = {"Title": "TitleOverride", "Body": "BodyOverride", "RawContent": "RawContent"}
"""Members of a message that an address may have for itself, and what AddressConfiguration calls them."""
PAYLOAD_BYTES = {"ADM": 6 * 1024}
PAYLOAD = 4 * 1024
OF_ALL = (401, 403, 404)
"""Statuses of refusals that every message of the application meets."""
KEY = "project.push.applicationId"
NEEDED = f"needed is a push application: set {KEY} in the config of the stack that holds the project"


class Push(NamedTuple):
    """One message to one token. message: members of the channel's message, rendered. context: joins `data.pinpoint` of its payload."""

    token: str
    channel: str
    message: Mapping[str, Any]
    context: Mapping[str, str] = MappingProxyType({})

    @property
    def member(self) -> str:
        """Where its message stands in a DirectMessageConfiguration."""
        return MESSAGE_OF[self.channel]

    @property
    def frame(self) -> str:
        """What messages have in common that share a call: all but what an address may have for itself."""
        return json.dumps({name: self.message[name] for name in self.message if name not in OVERRIDES}, sort_keys=True)


class PushSender:
    """Sends push messages; what concerns one message is its result, never an exception.

    Args:
        application_id: The push application, whose channels hold the credentials of Apple, Google and the others; "" = none.
        client: A boto3 pinpoint client of AWS's own endpoint; default the shared one.
    """

    def __init__(self, application_id: str = "", client: BaseClient | None = None) -> None:
        self.application_id = application_id
        self._client = client

    def send(
        self, pushes: Sequence[Push], *, context: Mapping[str, str] | None = None, trace_id: str | None = None
    ) -> list[DeliveryResult]:
        """Sends messages, in as few calls as hold them, overlapped. One result for each, in order.

        A call that is refused for one of its messages is made again by halves, so that the others arrive.

        Args:
            context: Joins `data.pinpoint` of all payloads.
            trace_id: What the messages' recipients see as `TraceId`.
        """
        results = [refused(wrong) if (wrong := self.problem(push)) else None for push in pushes]
        open_ = [at for at, result in enumerate(results) if result is None]

        def sent(places: Sequence[int]) -> list[DeliveryResult] | None:
            return self.send_together([pushes[at] for at in places], context=context, trace_id=trace_id)

        waiting = [[open_[at] for at in call] for call in calls([pushes[at] for at in open_])]
        while waiting:
            halves: list[list[int]] = []
            for places, found in zip(waiting, overlap(sent, waiting), strict=True):
                if found is None:
                    halves += [places[: len(places) // 2], places[len(places) // 2 :]]
                    continue
                for at, result in zip(places, found, strict=True):
                    results[at] = result
            waiting = halves
        return [result for result in results if result is not None]

    def problem(self, push: Push) -> str:
        """Why a message cannot be sent, which is known without a call; "": it can."""
        if not self.application_id:
            return f"ChannelType {push.channel} is push: {NEEDED}"
        if not trimmed(push.token):
            return "The address is empty; needed is a device's token"
        texts = sum(len(value.encode()) for value in push.message.values() if isinstance(value, str))
        most = payload_bytes(push.channel)
        if texts > most:
            return f"The push message has {texts:,} bytes of text; a payload of {push.channel} has {most:,} at the most"
        return ""

    def send_together(
        self, pushes: Sequence[Push], *, context: Mapping[str, str] | None = None, trace_id: str | None = None
    ) -> list[DeliveryResult] | None:
        """As `send`, by one call, messages of one of `calls`' groups that have no `problem`.

        None: the call was refused, which may be for one of them alone. None of them was sent.
        """
        request = _request(pushes, context or {}, trace_id)
        tokens = list(request["Addresses"])
        try:
            client = self._client or sending_client("pinpoint")
            answer = client.send_messages(ApplicationId=self.application_id, MessageRequest=request)
        except (ClientError, BotoCoreError) as error:
            if len(tokens) > 1 and _may_be_of_one(error):
                return None
            return [failure(error, several=True) if isinstance(error, ClientError) else no_answer(error)] * len(tokens)
        found = answer["MessageResponse"].get("Result") or {}
        return [_result(found.get(token)) for token in tokens]


def payload_bytes(channel: str) -> int:
    """How many bytes a payload of a channel may have."""
    return PAYLOAD_BYTES.get(channel, PAYLOAD)


def calls(pushes: Sequence[Push]) -> list[list[int]]:
    """The positions of the messages that share a call.

    A call has one message for each kind of channel, so those share it whose messages differ in nothing but Title, Body and RawContent;
    and it has a token once.
    """
    found: list[_Room] = []
    for at, push in enumerate(pushes):
        frame = push.frame
        room = next((room for room in found if room.takes(push, frame)), None)
        if room is None:
            room = _Room()
            found.append(room)
        room.add(at, push, frame)
    return [room.positions for room in found]


class _Room:
    """A call that is being filled."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self._frames: dict[str, str] = {}
        self._tokens: set[str] = set()

    def takes(self, push: Push, frame: str) -> bool:
        return (
            len(self.positions) < ADDRESSES
            and self._frames.get(push.member, frame) == frame
            and trimmed(push.token) not in self._tokens
        )

    def add(self, at: int, push: Push, frame: str) -> None:
        self.positions.append(at)
        self._frames[push.member] = frame
        self._tokens.add(trimmed(push.token))


def _request(pushes: Sequence[Push], context: Mapping[str, str], trace_id: str | None) -> dict[str, Any]:
    """The MessageRequest. What all messages of a kind say stands once; what differs stands with each address and nowhere else, so that
    nobody can get what is for another one."""
    configuration: dict[str, dict[str, Any]] = {}
    differing: dict[str, list[str]] = {}
    for member in dict.fromkeys(push.member for push in pushes):
        messages = [push.message for push in pushes if push.member == member]
        differing[member] = [name for name in OVERRIDES if len({message.get(name) for message in messages}) > 1]
        configuration[member] = {
            name: value for name, value in messages[0].items() if name not in differing[member] and value is not None
        }
    addresses: dict[str, dict[str, Any]] = {}
    for push in pushes:
        own = {OVERRIDES[name]: push.message[name] for name in differing[push.member] if push.message.get(name)}
        more = {"Context": dict(push.context)} if push.context else {}
        addresses[trimmed(push.token)] = {"ChannelType": push.channel, **own, **more}
    request: dict[str, Any] = {"Addresses": addresses, "MessageConfiguration": configuration}
    if context:
        request["Context"] = dict(context)
    if trace_id:
        request["TraceId"] = trace_id
    return request


def _may_be_of_one(error: ClientError | BotoCoreError) -> bool:
    """Whether a refused call may have been so for one of its messages: what its sender may and which application is there is everybody's."""
    if isinstance(error, ClientError):
        return is_refusal(error) and status_of(error) not in OF_ALL
    return isinstance(error, ParamValidationError)


def _result(found: Mapping[str, Any] | None) -> DeliveryResult:
    if found is None:
        return DeliveryResult(UNKNOWN_FAILURE, 500, "The answer has no result for the token")
    return DeliveryResult(
        found["DeliveryStatus"],
        found["StatusCode"],
        found.get("StatusMessage") or "",
        found.get("MessageId"),
        found.get("UpdatedToken"),
    )
