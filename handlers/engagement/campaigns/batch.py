"""One batch of a run: claim, let the hook edit, send, record, and tell the stream.

Who certainly got nothing yet is not told to the stream: it waits, and is told when it was sent to or when the run's time is over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.campaigns import hook
from handlers.engagement.campaigns.address_claims import DUPLICATE_ADDRESS, NOT_SENT, apart
from handlers.engagement.campaigns.audience import (
    CLAIMED,
    DEFAULT_TREATMENT,
    Recipient,
    first_status,
    standing,
    treatment_of,
)
from handlers.engagement.campaigns.content import Content
from handlers.engagement.campaigns.dispatch import Dispatch
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.local_time import MISSING_TIMEZONE, LocalTime
from handlers.engagement.campaigns.schedule import in_quiet_time
from handlers.engagement.campaigns.waiting import Entry, WaitingList, next_try
from handlers.engagement.caps.definitions import CAMPAIGN_CAP, DAILY_CAP
from handlers.engagement.events import EventWriter, campaign_send
from handlers.shared.messages.push import PUSH_CHANNELS

EVENTS_PER_CALL = 500
WITHOUT_EVENT = (CLAIMED, "DROPPED", MISSING_TIMEZONE)
CAPPED = (DAILY_CAP, CAMPAIGN_CAP)
BEFORE_HOOK = (*WITHOUT_EVENT, "HOLDOUT", DUPLICATE_ADDRESS, "EXPIRED", "QUIET_TIME", *CAPPED, "HOOK_FAILURE")
"""Statuses that say that the hook did not edit the endpoint."""


class Sending:
    """A run as its batches need it.

    Args:
        campaign: The campaign version.
        contents: Treatment id -> its content.
        activities: Treatment id -> activity id.
        settings: The application's settings: their hook and quiet time stand where the campaign has none.
        scheduled: When the run was due, as the hooks are told.
        expires: After this moment nothing more is sent; None: no limit.
        local: The run's wall time, where it goes by the recipients' own clocks.
    """

    def __init__(
        self,
        *,
        campaign: Mapping[str, Any],
        contents: Mapping[str, Content],
        activities: Mapping[str, str],
        settings: Mapping[str, Any],
        scheduled: str,
        expires: datetime | None,
        ledger: Ledger,
        dispatch: Dispatch,
        events: EventBuffer,
        local: LocalTime | None = None,
    ) -> None:
        self.local = local
        self.campaign = campaign
        self.contents = contents
        self.activities = activities
        self.hook = _hook(campaign) or _hook(settings, "CampaignHook")
        self.quiet = (campaign.get("Schedule") or {}).get("QuietTime") or settings.get("QuietTime")
        self.scheduled = scheduled
        self.expires = expires
        self.ledger = ledger
        self.dispatch = dispatch
        self.events = events
        self.in_vain = 0  # batches in a row of which nothing was sent for now

    @property
    def pushes(self) -> bool:
        """Whether devices may get a message."""
        contents = [content for content in self.contents.values() if not content.custom]
        return any(content.takes(channel) for content in contents for channel in PUSH_CHANNELS)

    def consider(
        self, endpoints: Sequence[dict[str, Any]], read_at: float, carried: Collection[str] = frozenset()
    ) -> list[Recipient]:
        """The recipients among a segment's endpoints: those that are held out or not sent to as well, with the reason.

        read_at: monotonic seconds, when the endpoints were read. carried: ids of those that are as an import once read them.
        """
        moment = self._moment()
        recipients = []
        for endpoint in endpoints:
            if standing(endpoint) != CLAIMED:
                continue
            treatment = treatment_of(self.campaign, endpoint)
            if not self.contents[treatment or DEFAULT_TREATMENT].takes(endpoint.get("ChannelType", "")):
                continue
            if treatment is None:
                recipients.append(Recipient(endpoint, DEFAULT_TREATMENT, "HOLDOUT"))
                continue
            status, due = self._when(endpoint, moment)
            read = float("-inf") if endpoint["Id"] in carried else read_at
            recipients.append(Recipient(endpoint, treatment, status, read_at=read, again=bool(due), due=due))
        return recipients

    def _when(self, endpoint: Mapping[str, Any], moment: datetime) -> tuple[str, int]:
        """The status of an endpoint at a moment, and the epoch milliseconds until which it waits for its clock; 0: it does not."""
        if self.local and first_status(endpoint) == CLAIMED:
            status, due = self.local.verdict(endpoint, moment)
            if status != CLAIMED:
                return status, due
        return self._status(endpoint, moment), 0

    def _moment(self) -> datetime:
        """The moment by which it is judged who may be sent to."""
        return datetime.now(UTC)

    def _status(self, endpoint: Mapping[str, Any], moment: datetime) -> str:
        """CLAIMED, or why an endpoint that the campaign considers is not sent to at this moment."""
        if (status := first_status(endpoint)) != CLAIMED:
            return status
        if self.expires and moment > self.expires:
            return "EXPIRED"
        return "QUIET_TIME" if in_quiet_time(self.quiet, endpoint, moment) else CLAIMED

    def send(self, recipients: Sequence[Recipient], chunk: int) -> None:
        """Sends to those that this call can claim, and records what became of each.

        Of those with one address the first is sent to before the others are considered: they get the message if it certainly got none.
        """
        new: set[int] = set()
        for group in apart(recipients):
            claimed = self.ledger.claim(group, chunk)
            self._send_claimed(claimed, chunk)
            new.update(id(recipient) for recipient in claimed)
        self.edit_again([recipient for recipient in recipients if id(recipient) not in new])
        self.tell(recipients)

    def send_waiting(
        self, entries: Sequence[Entry], endpoints: Mapping[str, dict[str, Any]], read_at: float, waiting: WaitingList
    ) -> None:
        """Sends to recipients that waited, as their endpoints are now.

        Args:
            entries: At most 24 of the waiting list.
            endpoints: Those that exist, by id.
        """
        moment = self._moment()
        pairs = []
        for entry in entries:
            endpoint = endpoints.get(entry.endpoint_id)
            status = standing(endpoint)
            endpoint = endpoint or {"Id": entry.endpoint_id}
            if status == CLAIMED and not self.contents[entry.treatment_id].takes(endpoint.get("ChannelType", "")):
                status = "UNSUPPORTED_CHANNEL"
            due = 0
            if status == CLAIMED:
                status, due = self._when(endpoint, moment)
            at = int(moment.timestamp() * 1000)
            tries = 0 if entry.status == DUPLICATE_ADDRESS else entry.tries  # it was not tried itself
            recipient = Recipient(endpoint, entry.treatment_id, status, at=at, read_at=read_at, tries=tries)
            recipient.again, recipient.due = bool(due), due
            pairs.append((entry, recipient))
        claimed = waiting.claim(pairs)
        self._send_claimed(claimed, waiting.chunk)
        taken = {id(recipient) for recipient in claimed}
        self.tell([item for _, item in pairs if id(item) in taken or item.status != CLAIMED])

    def tell(self, recipients: Sequence[Recipient]) -> None:
        """Tells the stream what became of recipients, other than those that wait."""
        for recipient in recipients:
            if recipient.status in WITHOUT_EVENT or recipient.again:
                continue
            if event := self.told(recipient):
                self.events.add(event)

    def told(self, recipient: Recipient) -> dict[str, Any] | None:
        """The event that tells what became of a recipient; None: there is none for its status."""
        return campaign_event(
            recipient,
            self.campaign,
            self.activities[recipient.treatment_id],
            self.delivery_type(recipient),
            self.events.account_id,
        )

    def _send_claimed(self, claimed: Sequence[Recipient], chunk: int) -> None:
        if not claimed:
            return
        by_treatment: dict[str, list[Recipient]] = {}
        for recipient in claimed:
            by_treatment.setdefault(recipient.treatment_id, []).append(recipient)
        for treatment, group in by_treatment.items():
            self._send_group(treatment, group)
        self.in_vain = self.in_vain + 1 if all(recipient.again for recipient in claimed) else 0
        moment = int(datetime.now(UTC).timestamp() * 1000)
        outcomes = [
            Outcome(
                item.id,
                item.treatment_id,
                item.status,
                next_try(moment, item) if item.again else None,
                item.tries + 1,
                self.ledger.address_key(item) if item.again or item.status in NOT_SENT else None,
                self.ledger.caps.taken_back(item),
            )
            for item in claimed
        ]
        self.ledger.record(outcomes, chunk)
        self.dispatch.settle()

    def edit_again(self, recipients: Sequence[Recipient]) -> None:
        """Lets a FILTER hook edit recipients of an earlier step once more, whose events are told (again) now.

        Their status stays. An endpoint for which the hook has no answer now is told as it is stored.
        """
        if not self.hook or self.hook[1] == "DELIVERY":
            return
        sent = [item for item in recipients if item.status not in BEFORE_HOOK and item.endpoint.get("Address")]
        sent = [item for item in sent if not item.again]  # they are not told now
        for treatment in dict.fromkeys(item.treatment_id for item in sent):
            content = self.contents[treatment]
            if content.custom:
                continue
            pairs = [(item, replace(item, status=CLAIMED)) for item in sent if item.treatment_id == treatment]
            event = {"MessageConfiguration": content.direct_message(), **self.hook_event(treatment)}
            hook.filter_endpoints(self.hook[0], event, [copy for _, copy in pairs])
            for recipient, copy in pairs:
                recipient.endpoint = copy.endpoint

    def hook_event(self, treatment: str) -> dict[str, Any]:
        """What every hook is told of the run. The name is our own: a hook that chooses by it need not ask for it."""
        return {
            "ApplicationId": self.campaign["ApplicationId"],
            "CampaignId": self.campaign["Id"],
            "CampaignName": self.campaign.get("Name", ""),
            "TreatmentId": treatment,
            "ActivityId": self.activities[treatment],
            "ScheduledTime": self.scheduled,
        }

    def _send_group(self, treatment: str, recipients: Sequence[Recipient]) -> None:
        content = self.contents[treatment]
        event = self.hook_event(treatment)
        self.dispatch.freshness.refresh(recipients)
        recipients = _sendable(recipients)
        if content.custom:
            custom = {"Message": {}, "Data": content.message.get("CustomMessage", {}).get("Data", "")}
            self.answered(
                hook.deliver(content.custom["DeliveryUri"], {**custom, **event}, recipients, "CUSTOM_DELIVERY_FAILURE")
            )
            return
        if self.hook and recipients:
            function, mode = self.hook
            message = {"MessageConfiguration": content.direct_message()}
            if mode == "DELIVERY":
                message["Message"] = hook.delivery_message(message["MessageConfiguration"])
                hook.deliver(function, {**message, **event}, recipients, "HOOK_FAILURE")
                return
            hook.filter_endpoints(function, {**message, **event}, recipients)
        self.dispatch.send(_sendable(recipients), content, self.identity(treatment))

    def identity(self, treatment: str) -> dict[str, str]:
        """What a message's delivery events say of its run: ids by name."""
        return {
            "application_id": self.campaign["ApplicationId"],
            "campaign_id": self.campaign["Id"],
            "campaign_activity_id": self.activities[treatment],
            "treatment_id": treatment,
        }

    def answered(self, answer: Any) -> None:
        """Takes what a custom channel's function answered; of a campaign's nothing is kept."""

    def delivery_type(self, recipient: Recipient) -> str:
        """The channel type; CUSTOM for a custom channel."""
        return "CUSTOM" if self.contents[recipient.treatment_id].custom else recipient.channel


def campaign_event(
    recipient: Recipient, campaign: Mapping[str, Any], activity_id: str, delivery_type: str, account_id: str
) -> dict[str, Any]:
    """A recipient's `_campaign.send`."""
    return campaign_send(
        application_id=campaign["ApplicationId"],
        account_id=account_id,
        endpoint=recipient.endpoint,
        campaign_id=campaign["Id"],
        activity_id=activity_id,
        treatment_id=recipient.treatment_id,
        status=recipient.status,
        delivery_type=delivery_type,
        moment=recipient.at,
    )


def _sendable(recipients: Sequence[Recipient]) -> list[Recipient]:
    return [recipient for recipient in recipients if recipient.status == CLAIMED]


class EventBuffer:
    """Collects a run's send events into full calls. Whoever ends a step flushes it."""

    def __init__(self, writer: EventWriter, account_id: str) -> None:
        self.writer = writer
        self.account_id = account_id
        self._events: list[dict[str, Any]] = []

    def add(self, event: dict[str, Any]) -> None:
        """Adds an event; writes when a call is full."""
        self._events.append(event)
        if len(self._events) >= EVENTS_PER_CALL:
            self.flush()

    def flush(self) -> None:
        """Writes what is there. Raises EventsLostError."""
        if self._events:
            self.writer.put(self._events)
            self._events = []


def _hook(owner: Mapping[str, Any], member: str = "Hook") -> tuple[str, str] | None:
    """(function, mode) of a hook, or None."""
    configured = owner.get(member) or {}
    function = configured.get("LambdaFunctionName")
    return (function, configured.get("Mode", "FILTER")) if function else None
