"""A campaign's run: its plan, and what its steps share (chunk.py sends, completion.py ends it).

Every step may be killed and retried at any point: the ledger knows who was claimed, a chunk's cursor only moves forward, the totals are
the ledger's counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from handlers.engagement.campaigns.activities import RunRecords
from handlers.engagement.campaigns.address_owners import AddressOwners
from handlers.engagement.campaigns.batch import EventBuffer, Sending
from handlers.engagement.campaigns.content import ContentError, default_text, load_contents, pin_templates, treatments
from handlers.engagement.campaigns.delivery import Delivery, Pace
from handlers.engagement.campaigns.dispatch import Dispatch
from handlers.engagement.campaigns.endpoints import RunEndpoints
from handlers.engagement.campaigns.entries import Totals
from handlers.engagement.campaigns.freshness import Freshness
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.local_time import LONGEST_RUN, LocalTime
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.campaigns.schedule import latest_local_start, next_start
from handlers.engagement.caps.counters import Counters
from handlers.engagement.caps.definitions import campaign_caps
from handlers.engagement.errors import NotFoundError
from handlers.engagement.event_starts.kinds import is_event_campaign
from handlers.engagement.events import EventWriter
from handlers.engagement.identifiers import iso, now, parse_time
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Apps, Campaigns
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.engagement.templates.store import TemplateStore
from handlers.shared import pace as reservations
from handlers.shared.logging import logger
from handlers.shared.templates.renderer import RenderingError

CANDIDATES_PER_CHUNK = 250  # below it, a chunk's start-up outweighs the time that working side by side saves
BATCH_SECONDS = 45  # of what a step keeps back, what the batch in progress may wait for its number
END = {"Action": "END", "Chunks": [], "Next": None, "Cursor": None, "Missing": 0}

Remaining = Callable[[], float]  # seconds until this step must have returned
Kind = TypeVar("Kind", bound=Sending)


class CampaignRun:
    """One run of one version of a campaign.

    Args:
        environment: CampaignEnvironment.
        number: Number of the run, from 0.
    """

    def __init__(
        self, tables: Tables, environment: Any, application_id: str, campaign_id: str, *, version: int, number: int
    ) -> None:
        self.tables = tables
        self.environment = environment
        self.application_id = application_id
        self.campaign_id = campaign_id
        self.version = version
        self.number = number
        self.campaigns = Campaigns(tables.registry, application_id)
        self.ledger = RunLedger(tables.sends, f"{campaign_id}#{version}#{number}")
        self._settings: dict[str, Any] | None = None

    def campaign(self) -> dict[str, Any] | None:
        """The campaign version that runs; None where it was deleted."""
        return self.campaigns.version(self.campaign_id, self.version)

    def records(self, campaign: Mapping[str, Any]) -> RunRecords:
        """What the API shows of the run."""
        return RunRecords(self.tables.registry, campaign, self.number)

    def plan(self, execution: Mapping[str, Any]) -> dict[str, Any]:
        """Opens the run and splits its audience.

        Args:
            execution: The state machine's input; `StartTime`, and `Base` (the first run's start) from the second run on.

        Returns:
            `{"Action": "RUN" | "NEXT" | "END", "Chunks": [chunk number], "Next": input of the next run's execution}`.
        """
        campaign = self.campaigns.get(self.campaign_id)
        resumed = bool(execution.get("Resume"))
        if resumed and self.ledger.plan() is not None:
            return self._resumed()
        if campaign is None or campaign["Version"] != self.version or _is_over(campaign, resumed=resumed):
            logger.info("run is superseded", extra={"campaign": self.campaign_id, "version": self.version})
            return END
        records = self.records(campaign)
        if campaign.get("IsPaused"):
            records.set_status("PAUSED")
            return self.following(campaign, execution)
        scheduled = now() if execution["StartTime"] == "now" else iso(parse_time(execution["StartTime"]))
        if (campaign.get("Schedule") or {}).get("IsLocalTime") and execution["StartTime"] == "now":  # resumed
            scheduled = iso(latest_local_start(campaign["Schedule"], datetime.now(UTC)))
        records.open(scheduled)
        if resumed:  # its first attempt failed before there was a plan
            records.reopen()
        records.set_status("EXECUTING")
        segment = int(campaign["SegmentVersion"])
        try:
            pins = pin_templates(TemplateStore(self.tables.registry), campaign)
            load_contents(TemplateStore(self.tables.registry), campaign, pins)
            reader = SegmentReader(self.tables, self.application_id)
            candidates = reader.estimate(campaign["SegmentId"], segment)
            registered = not reader.carries(campaign["SegmentId"], segment)
        except (ContentError, NotFoundError, RenderingError) as error:
            logger.error("campaign is invalid", extra={"campaign": self.campaign_id, "reason": str(error)})
            records.set_status("INVALID")
            records.close(Totals({}, Counter()), state="INVALID", result="FAIL")
            return END
        rate = self._rate(campaign)
        count = chunk_count(candidates, rate)
        plan = self.ledger.put_plan(
            {
                "Scheduled": scheduled,
                "Start": now(),
                "Templates": pins,
                "Chunks": count,
                "Rate": rate,
                "Batches": registered,
            }
        )
        logger.info("run planned", extra={"campaign": self.campaign_id, "candidates": candidates, "chunks": count})
        return {**END, "Action": "RUN", "Chunks": list(range(plan["Chunks"]))}

    def _resumed(self) -> dict[str, Any]:
        """Takes a run up again that ended with people missing, on the same ledger: who has a message, or may have one, gets none."""
        campaign = self.campaign()
        plan = self.ledger.plan()
        if campaign is None or plan is None or not self.goes_on():
            logger.info("nothing to resume", extra={"campaign": self.campaign_id, "version": self.version})
            return END
        self.ledger.resume_plan(plan, now())
        self.records(campaign).reopen()
        logger.info("run resumed", extra={"campaign": self.campaign_id, "run": self.number})
        return {**END, "Action": "RUN", "Chunks": list(range(plan["Chunks"]))}

    def lose(self, chunk: int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        logger.error("chunk lost", extra={"campaign": self.campaign_id, "chunk": chunk, "reason": reason})
        self.ledger.close_chunk(chunk, reason)

    def fail(self, reason: str) -> None:
        """Ends the run because the service could not go on."""
        logger.error("run failed", extra={"campaign": self.campaign_id, "run": self.number, "reason": reason})
        campaign = self.campaign()
        if campaign is not None:
            records = self.records(campaign)
            records.close(self.ledger.totals(), state="COMPLETED", result="FAIL")
            records.set_status("INVALID")

    @staticmethod
    def began(plan: Mapping[str, Any]) -> datetime:
        """When the run was started, or resumed."""
        return parse_time(plan.get("Resumed") or plan["Start"])

    @property
    def settings(self) -> dict[str, Any]:
        """The application's settings, as they were when this step first asked."""
        if self._settings is None:
            self._settings = Apps(self.tables.registry).settings(self.application_id)
        return self._settings

    def limits(self, campaign: Mapping[str, Any]) -> dict[str, Any]:
        """The campaign's limits; where it sets none, the application's."""
        return {**(self.settings.get("Limits") or {}), **(campaign.get("Limits") or {})}

    def _rate(self, campaign: Mapping[str, Any]) -> float | None:
        """Messages a second that the run can send at the most: its limit, or what the slowest of its numbers may; None: not known."""
        rates = [self.limits(campaign).get("MessagesPerSecond")]
        for treatment in treatments(campaign).values():
            origination = self._origination(treatment)
            rates.append(self.environment.rates.of(origination) if origination else None)
        return min((rate for rate in rates if rate), default=None)

    def _origination(self, treatment: Mapping[str, Any]) -> str:
        """Who a treatment's texts come from; "" where it has none, or the service chooses."""
        message = (treatment.get("MessageConfiguration") or {}).get("SMSMessage") or {}
        template = (treatment.get("TemplateConfiguration") or {}).get("SMSTemplate")
        body = message.get("Body") or default_text(treatment.get("MessageConfiguration") or {})
        if treatment.get("CustomDeliveryConfiguration") or not (template or body):
            return ""
        return message.get("OriginationNumber") or message.get("SenderId") or self.environment.sms_origination_identity

    def sending(
        self,
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        pool: ThreadPoolExecutor,
        remaining: Remaining,
        *,
        kind: type[Kind] = Sending,
        ledger: Ledger | None = None,
    ) -> Kind:
        """What sends the run's messages: a Sending of a kind, with the run's ledger or another one.

        Raises:
            ContentError: a template was deleted meanwhile.
        """
        settings = self.settings
        if ledger is None:
            ledger = self.ledger
            ledger.owners = self._owners(plan)
        ledger.caps = Counters(self.tables.sends, campaign_caps(campaign, settings))
        limits = self.limits(campaign)
        local = (campaign.get("Schedule") or {}).get("IsLocalTime")
        seconds, limit = limits.get("MaximumDuration"), limits.get("MessagesPerSecond")
        dispatch = Dispatch(
            Delivery(self.environment),
            Freshness(self.endpoints(campaign, plan)),
            self.environment.rates,
            reservations.Pace(self.tables.sends),
            limit=Pace(limit / plan["Chunks"] if limit else None),
            pool=pool,
            left=lambda: remaining() + BATCH_SECONDS,
        )
        return kind(
            campaign=campaign,
            contents=load_contents(
                TemplateStore(self.tables.registry),
                campaign,
                plan["Templates"],
                pushes=bool(self.environment.push_application_id),
            ),
            activities=self.records(campaign).ids,
            settings=settings,
            scheduled=plan["Scheduled"],
            expires=self.began(plan) + timedelta(seconds=seconds) if seconds else None,
            ledger=ledger,
            dispatch=dispatch,
            events=self.events(),
            local=LocalTime(parse_time(plan["Scheduled"]), parse_time(plan["Start"]), seconds) if local else None,
        )

    def _owners(self, plan: Mapping[str, Any]) -> AddressOwners | None:
        """Who tells of addresses that change hands during the run; None where its recipients are no registered endpoints."""
        if not plan.get("Batches"):
            return None
        began = round(parse_time(plan["Start"]).timestamp() * 1000)
        return AddressOwners(EndpointStore(self.tables, self.application_id), began)

    def reader(self, plan: Mapping[str, Any]) -> SegmentReader:
        """Reads the run's segment, as of the run's start."""
        return SegmentReader(self.tables, self.application_id, parse_time(plan["Start"]))

    def endpoints(self, campaign: Mapping[str, Any], plan: Mapping[str, Any]) -> RunEndpoints:
        """Reads endpoints of the run by their ids."""
        segment = (campaign["SegmentId"], int(campaign["SegmentVersion"]))
        return RunEndpoints(EndpointStore(self.tables, self.application_id), self.reader(plan), segment)

    def events(self) -> EventBuffer:
        """Where the run's events are told."""
        writer = EventWriter.for_application(self.tables, self.environment, self.application_id)
        return EventBuffer(writer, self.environment.account_id)

    def goes_on(self) -> bool:
        """Whether the campaign still is there. A newer version lets the run in progress finish."""
        campaign = self.campaigns.get(self.campaign_id)
        return campaign is not None and (campaign.get("State") or {}).get("CampaignStatus") != "DELETED"

    def following(self, campaign: Mapping[str, Any], execution: Mapping[str, Any]) -> dict[str, Any]:
        """The next run of a recurring campaign, unless it was deleted or changed meanwhile."""
        current = self.campaigns.get(self.campaign_id)
        if current is None or current["Version"] != self.version or not self.goes_on():
            return END
        started = execution.get("Base") or execution["StartTime"]
        base = self._first_start() if started == "now" else parse_time(started)
        schedule, moment = campaign.get("Schedule") or {}, datetime.now(UTC)
        if schedule.get("IsLocalTime"):
            # The next time may have come for the first clocks while the last ones were served.
            mine = execution["StartTime"]
            moment = max(self._first_start() if mine == "now" else parse_time(mine), moment - LONGEST_RUN)
        following = next_start(schedule, base, moment)
        if following is None:
            return END
        run = {
            "ApplicationId": self.application_id,
            "CampaignId": self.campaign_id,
            "Version": self.version,
            "StartTime": iso(following),
            "Run": self.number + 1,
            "Base": iso(base),
        }
        return {**END, "Action": "NEXT", "Next": run}

    def _first_start(self) -> datetime:
        plan = self.ledger.plan()
        return parse_time(plan["Scheduled"]) if plan else datetime.now(UTC)


def chunk_count(candidates: int, rate: float | None) -> int:
    """Into how many chunks the shards go: a power of two, no more than messages a second, so that none waits for long."""
    count = 1
    while count < SHARDS and candidates > count * CANDIDATES_PER_CHUNK and (not rate or count * 2 <= rate):
        count *= 2
    return count


def _is_over(campaign: Mapping[str, Any], *, resumed: bool) -> bool:
    status = (campaign.get("State") or {}).get("CampaignStatus")
    return is_event_campaign(campaign) or status in ("DELETED", *(() if resumed else ("INVALID",)))
