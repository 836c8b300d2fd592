"""Sending one message activity: who is to get it, when it may go out, and what is told of it.

Content, claims and channels are those of the campaigns, whose `Sending` this is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, DEFAULT_TREATMENT, Recipient, first_status, standing
from handlers.engagement.campaigns.batch import Sending
from handlers.engagement.campaigns.waiting import Entry
from handlers.engagement.caps.definitions import DAILY_CAP
from handlers.engagement.events import journey_send
from handlers.engagement.journeys.answers import event_attributes
from handlers.engagement.journeys.message_times import MISSING_TIMEZONE, WAIT_FINISHED, MessageTimes
from handlers.engagement.journeys.participants import Participants
from handlers.shared.messages.push import MESSAGE_OF

MILLISECONDS = 1000
RESULTS: dict[str, tuple[str, tuple[str, str] | None]] = {
    "SUCCESS": ("SUCCESS", ("200", "handed over to the channel")),
    "FAILURE_PERMANENT": ("FAILURE_PERMANENT", ("400", "the channel refused the message")),
    "THROTTLED": ("THROTTLED", ("429", "the channel was throttled")),
    "TRANSIENT_FAILURE": ("FAILURE", ("500", "the channel failed")),
    "FAILURE": ("FAILURE", ("500", "the channel failed")),
    "UNKNOWN": ("FAILURE", ("500", "whether the message was sent is not known")),
    "CUSTOM_DELIVERY_FAILURE": ("CUSTOM_DELIVERY_FAILURE", ("500", "the function failed")),
    "QUIET_TIME": ("QUIET_TIME", None),
    DAILY_CAP: (DAILY_CAP, None),
    MISSING_TIMEZONE: (MISSING_TIMEZONE, None),
    "UNSUPPORTED_CHANNEL": ("UNSUPPORTED_CHANNEL", None),
}
"""Status -> journey_send_status, code and message of its event; others have no event."""


class JourneySending(Sending):
    """Sends one message activity in one run.

    Args:
        times: When its messages may go out.
        clock: Epoch seconds.
    """

    def __init__(
        self,
        *,
        run: str,
        kind: str,
        participants: Participants,
        times: MessageTimes,
        clock: Callable[[], float],
        **members: Any,
    ) -> None:
        super().__init__(**members)
        self._run = run
        self._kind = kind
        self._participants = participants
        self._times = times
        self._clock = clock
        self._activity = self.activities[DEFAULT_TREATMENT]

    def recipients(self, endpoints: Sequence[dict[str, Any]], read_at: float) -> list[Recipient]:
        """The recipients among endpoints: also those whose channel is another one; nobody whom messages may not reach.

        Whoever is held has a `due`.
        """
        content = self.contents[DEFAULT_TREATMENT]
        moment = self._moment()
        found = []
        for endpoint in endpoints:
            if standing(endpoint) != CLAIMED:
                continue
            status, due = first_status(endpoint), 0
            if not content.takes(endpoint.get("ChannelType", "")):
                status = "UNSUPPORTED_CHANNEL"
            elif status == CLAIMED:
                verdict = self._times.verdict(endpoint, moment)
                status, due = verdict.status, _milliseconds(verdict.held)
            found.append(Recipient(endpoint, DEFAULT_TREATMENT, status, read_at=read_at, due=due))
        return found

    def _status(self, endpoint: Mapping[str, Any], moment: datetime) -> str:
        """CLAIMED, or why an endpoint that waited on the ledger's list is not sent to. Who is held was taken out before."""
        if (status := first_status(endpoint)) != CLAIMED:
            return status
        verdict = self._times.verdict(endpoint, moment)
        return CLAIMED if verdict.held else verdict.status

    def held(self, entries: Sequence[Entry], endpoints: Mapping[str, Mapping[str, Any]]) -> list[tuple[Entry, int]]:
        """Those of the ledger's list who may be sent to later only, with the time in epoch milliseconds."""
        moment = self._moment()
        held = []
        for entry in entries:
            verdict = self._times.verdict(endpoints.get(entry.endpoint_id, {}), moment)
            if verdict.held:
                held.append((entry, _milliseconds(verdict.held)))
        return held

    def tell_wait_finished(self, recipient: Recipient, moment: int) -> None:
        """Tells the stream that somebody was held until a moment (epoch milliseconds)."""
        self.events.add(self._event(recipient.endpoint, None, WAIT_FINISHED, None, moment))

    def hook_event(self, treatment: str) -> dict[str, Any]:
        """What a CUSTOM activity's function is told of the journey."""
        return {
            "ApplicationId": self.campaign["ApplicationId"],
            "JourneyId": self.campaign["Id"],
            "JourneyRunId": self._run,
            "JourneyActivityId": self._activity,
            "ActivityId": self._activity,
            "ScheduledTime": self.scheduled,
        }

    def identity(self, treatment: str) -> dict[str, str]:
        """What a message's delivery events say of it."""
        return {"application_id": self.campaign["ApplicationId"], **self._ids()}

    def told(self, recipient: Recipient) -> dict[str, Any] | None:
        """The `_journey.send` of a recipient; None: its status has none."""
        known = RESULTS.get(recipient.status)
        if known is None:
            return None
        status, result = known
        return self._event(recipient.endpoint, self._kind, status, result, recipient.at)

    def _event(
        self,
        endpoint: Mapping[str, Any],
        kind: str | None,
        status: str,
        result: tuple[str, str] | None,
        moment: int,
    ) -> dict[str, Any]:
        return journey_send(
            application_id=self.campaign["ApplicationId"],
            account_id=self.events.account_id,
            endpoint=endpoint,
            identity=self._ids(),
            activity_type=kind,
            status=status,
            result=result,
            moment=moment,
        )

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def answered(self, answer: Any) -> None:
        """Keeps the EventAttributes that a function answered, for splits that ask for them."""
        attributes = event_attributes(answer)
        if attributes:
            self._participants.note_answers(self._run, self._activity, attributes)

    def _ids(self) -> dict[str, str]:
        return {
            "journey_id": self.campaign["Id"],
            "journey_run_id": self._run,
            "journey_activity_id": self._activity,
        }


def _milliseconds(moment: datetime | None) -> int:
    return int(moment.timestamp() * MILLISECONDS) if moment else 0


def message_of(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A message activity in the members of a campaign: MessageConfiguration, TemplateConfiguration, CustomDeliveryConfiguration."""
    configured = body.get("MessageConfig") or {}
    if kind == "CUSTOM":
        return {
            "MessageConfiguration": {"CustomMessage": {"Data": configured.get("Data", "")}},
            "CustomDeliveryConfiguration": {
                "DeliveryUri": body["DeliveryUri"],
                "EndpointTypes": body.get("EndpointTypes") or ["CUSTOM"],
            },
        }
    template: dict[str, Any] = {"Name": body["TemplateName"]}
    if body.get("TemplateVersion"):
        template["Version"] = body["TemplateVersion"]
    if kind == "EMAIL":
        return {
            "MessageConfiguration": {"EmailMessage": dict(configured)},
            "TemplateConfiguration": {"EmailTemplate": template},
        }
    if kind == "PUSH":
        seconds = configured.get("TimeToLive")
        ttl = {"TimeToLive": int(seconds)} if seconds else {}
        return {
            "MessageConfiguration": dict.fromkeys(MESSAGE_OF.values(), ttl),
            "TemplateConfiguration": {"PushTemplate": template},
        }
    return {
        "MessageConfiguration": {"SMSMessage": dict(configured)},
        "TemplateConfiguration": {"SMSTemplate": template},
    }
