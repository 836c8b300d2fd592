"""Sending push messages to claimed recipients: a call takes up to a hundred of them, each on fresh data and with a result of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.content import Content
from handlers.engagement.campaigns.delivery import Pace, note
from handlers.engagement.campaigns.freshness import Freshness
from handlers.engagement.messages.push_identity import identified, push_context
from handlers.engagement.messages.tokens import Sent
from handlers.shared.backoff import backoff
from handlers.shared.logging import logger
from handlers.shared.messages.push import ADDRESSES, Push, PushSender, calls, payload_bytes
from handlers.shared.templates.renderer import RenderingError

TRIES = 3
"""Of a message at once; what is throttled or failed for now after them waits."""
FIRST_PAUSE_SECONDS = 0.2

Prepared = tuple[Recipient, Push]


class PushDispatch:
    """Sends push messages.

    Args:
        limit: The campaign's own MessagesPerSecond, this chunk's share of it.
    """

    def __init__(self, sender: PushSender, freshness: Freshness, *, limit: Pace, pool: ThreadPoolExecutor) -> None:
        self._sender = sender
        self._freshness = freshness
        self._limit = limit
        self._pool = pool
        self._sent: list[Sent] = []

    def send(self, recipients: Sequence[Recipient], content: Content, identity: Mapping[str, str]) -> None:
        """Sends to recipients of one treatment; the status of each tells what became of it, `again` whether it may be tried again.

        Args:
            identity: What the messages say of their campaign: ids by name.
        """
        prepared: list[Prepared] = []
        for recipient in recipients:
            message = self._prepared(recipient, content, identity)
            if isinstance(message, str):
                recipient.status = message
            else:
                prepared.append((recipient, message))
        context = push_context(identity)
        size = int(min(ADDRESSES, self._limit.at_once))
        groups = [
            [prepared[at] for at in call[start : start + size]]
            for call in calls([push for _, push in prepared])
            for start in range(0, len(call), size)
        ]
        list(self._pool.map(lambda group: self._deliver(group, context), groups))

    def settle(self) -> None:
        """Writes what the results so far say of tokens. Called when the ledger has the results."""
        sent, self._sent = self._sent, []
        if sent:
            self._freshness.endpoints.settle_tokens(sent)

    def _prepared(self, recipient: Recipient, content: Content, identity: Mapping[str, str]) -> Push | str:
        if not self._sender.application_id:
            return "UNSUPPORTED_CHANNEL"
        channel = recipient.channel
        try:
            message = content.push(recipient.endpoint, recipient.overrides)
        except RenderingError as error:
            logger.warning("message not rendered", extra={"endpoint": recipient.id, "reason": str(error)})
            return "FAILURE_PERMANENT"
        if raw := message.get("RawContent"):
            message["RawContent"] = identified(channel, raw, identity, payload_bytes(channel))
        push = Push(recipient.endpoint["Address"], channel, message)
        if problem := self._sender.problem(push):
            logger.warning("message not sent", extra={"endpoint": recipient.id, "reason": problem})
            return "FAILURE_PERMANENT"
        return push

    def _deliver(self, group: Sequence[Prepared], context: Mapping[str, str]) -> None:
        """Makes a call, and those of its messages again that certainly were not sent."""
        for attempt in range(TRIES):
            if attempt:
                backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
                for recipient, _ in group:
                    recipient.status, recipient.again = CLAIMED, False
            group = self._call(group, context)
            if not group:
                return

    def _call(self, group: Sequence[Prepared], context: Mapping[str, str]) -> list[Prepared]:
        """Makes a call; where that is refused for one of its messages, one for each half. Returns those that certainly were not sent."""
        self._limit.wait(len(group))
        self._freshness.refresh([recipient for recipient, _ in group])
        group = [pair for pair in group if pair[0].status == CLAIMED]
        if not group:
            return []
        results = self._sender.send_together([push for _, push in group], context=context)
        if results is None:
            middle = len(group) // 2
            return self._call(group[:middle], context) + self._call(group[middle:], context)
        for (recipient, _), result in zip(group, results, strict=True):
            note(recipient, result)
            self._sent.append((recipient.endpoint, result))
        return [pair for pair in group if pair[0].again]
