"""The steps of a campaign's run: plan it, send to a chunk of the audience, complete it.

Every step may be killed and retried at any point: the ledger knows who was claimed, a chunk's cursor only moves forward, the totals are
the ledger's counters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.campaigns.activities import RunRecords
from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.batch import EventBuffer, Sending
from handlers.engagement.campaigns.content import ContentError, load_contents, pin_templates
from handlers.engagement.campaigns.delivery import Delivery, Pace
from handlers.engagement.campaigns.ledger import BATCH, Ledger
from handlers.engagement.campaigns.schedule import next_start
from handlers.engagement.errors import NotFoundError
from handlers.engagement.events import EventWriter
from handlers.engagement.identifiers import iso, now, parse_time
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Apps, Campaigns
from handlers.engagement.store.shards import SHARDS
from handlers.engagement.store.tables import Tables
from handlers.engagement.templates.render import RenderingError
from handlers.engagement.templates.store import TemplateStore
from handlers.shared.logging import logger

CANDIDATES_PER_PAGE = 480  # ten batches
CANDIDATES_PER_CHUNK = 250  # below it, a chunk's start-up outweighs the time that working side by side saves
SENDS_AT_A_TIME = 16
SECONDS_BETWEEN_COUNTS = 5
SLOWEST_BATCH_SECONDS = 30  # a batch under a send rate is as small as lets it end in this time
END = {"Action": "END", "Chunks": [], "Next": None, "Cursor": None}

Remaining = Callable[[], float]  # seconds until this step must have returned


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
        self.ledger = Ledger(tables.sends, f"{campaign_id}#{version}#{number}")

    def plan(self, execution: Mapping[str, Any]) -> dict[str, Any]:
        """Opens the run and splits its audience.

        Args:
            execution: The state machine's input; `StartTime`, and `Base` (the first run's start) from the second run on.

        Returns:
            `{"Action": "RUN" | "NEXT" | "END", "Chunks": [chunk number], "Next": input of the next run's execution, "Cursor": None}`.
        """
        campaign = self.campaigns.get(self.campaign_id)
        if campaign is None or campaign["Version"] != self.version or _is_over(campaign):
            logger.info("run is superseded", extra={"campaign": self.campaign_id, "version": self.version})
            return END
        records = RunRecords(self.tables.registry, campaign, self.number)
        if campaign.get("IsPaused"):
            records.set_status("PAUSED")
            return self._next(campaign, execution)
        scheduled = now() if execution["StartTime"] == "now" else iso(parse_time(execution["StartTime"]))
        records.open(scheduled)
        records.set_status("EXECUTING")
        segment = int(campaign["SegmentVersion"])
        try:
            pins = pin_templates(TemplateStore(self.tables.registry), campaign)
            load_contents(TemplateStore(self.tables.registry), campaign, pins)
            candidates = SegmentReader(self.tables, self.application_id).estimate(campaign["SegmentId"], segment)
        except (ContentError, NotFoundError, RenderingError) as error:
            logger.error("campaign is invalid", extra={"campaign": self.campaign_id, "reason": str(error)})
            records.set_status("INVALID")
            records.close({}, state="INVALID", result="FAIL")
            return END
        rate = self._limits(campaign).get("MessagesPerSecond")
        count = chunk_count(candidates, rate)
        plan = self.ledger.put_plan({"Scheduled": scheduled, "Start": now(), "Templates": pins, "Chunks": count})
        logger.info("run planned", extra={"campaign": self.campaign_id, "candidates": candidates, "chunks": count})
        return {"Action": "RUN", "Chunks": list(range(plan["Chunks"])), "Next": None, "Cursor": None}

    def process(self, chunk: int, cursor: dict[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
        """Sends to a chunk's endpoints until it is done or time is over. Returns `{"Done", "Cursor"}`."""
        campaign = self.campaigns.version(self.campaign_id, self.version)
        plan = self.ledger.plan()
        if campaign is None or plan is None or not self._goes_on():
            return {"Done": True, "Cursor": None}
        records = RunRecords(self.tables.registry, campaign, self.number)
        cursor = cursor or {"Shard": 0, "After": None}
        rate = self._limits(campaign).get("MessagesPerSecond")
        pace = Pace(rate / plan["Chunks"] if rate else None)
        size = max(1, min(BATCH, int(SLOWEST_BATCH_SECONDS / pace.interval))) if pace.interval else BATCH
        counted = time.monotonic()
        with ThreadPoolExecutor(SENDS_AT_A_TIME) as pool:
            sending = self._sending(campaign, plan, records, pace, pool)
            reader = SegmentReader(self.tables, self.application_id, parse_time(plan["Start"]))
            shards = list(range(chunk, SHARDS, plan["Chunks"]))
            for index in range(cursor["Shard"], len(shards)):
                after = cursor["After"] if index == cursor["Shard"] else None
                for recipients, following in self._batches(
                    reader, campaign, sending, shard=shards[index], after=after, size=size
                ):
                    sending.send(recipients, chunk)
                    if time.monotonic() - counted > SECONDS_BETWEEN_COUNTS:
                        records.count(self.ledger.counts())
                        counted = time.monotonic()
                    if remaining() <= 0:
                        sending.events.flush()
                        return {"Done": False, "Cursor": {"Shard": index, "After": following}}
            sending.events.flush()
        self.ledger.close_chunk(chunk)
        records.count(self.ledger.counts())
        logger.info("chunk sent", extra={"campaign": self.campaign_id, "chunk": chunk})
        return {"Done": True, "Cursor": None}

    def lose(self, chunk: int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        logger.error("chunk lost", extra={"campaign": self.campaign_id, "chunk": chunk, "reason": reason})
        self.ledger.close_chunk(chunk, reason)

    def complete(
        self, execution: Mapping[str, Any], cursor: dict[str, Any] | None, remaining: Remaining
    ) -> dict[str, Any]:
        """Settles claims without a result, ends the activities, and names the next run.

        Returns `{"Action", "Next", "Cursor"}`; action MORE: time was over, and another call goes on at the cursor.
        """
        campaign = self.campaigns.version(self.campaign_id, self.version)
        plan = self.ledger.plan()
        if campaign is None or plan is None:
            return END
        records = RunRecords(self.tables.registry, campaign, self.number)
        if any(counted["CLAIMED"] for counted in self.ledger.counts().values()):
            following = self._settle(campaign, plan, records, cursor, remaining)
            if following is not None:
                return {"Action": "MORE", "Next": None, "Cursor": following}
        unfinished = self.ledger.unfinished(range(plan["Chunks"])) if self._goes_on() else {}
        for chunk, reason in unfinished.items():
            logger.error("chunk not sent", extra={"campaign": self.campaign_id, "chunk": chunk, "reason": reason})
        records.close(self.ledger.counts(), state="COMPLETED", result="FAIL" if unfinished else None)
        following = self._next(campaign, execution)
        records.set_status("PENDING_NEXT_RUN" if following["Action"] == "NEXT" else "COMPLETED")
        logger.info("run ended", extra={"campaign": self.campaign_id, "run": self.number})
        return following

    def fail(self, reason: str) -> None:
        """Ends the run because the service could not go on."""
        logger.error("run failed", extra={"campaign": self.campaign_id, "run": self.number, "reason": reason})
        campaign = self.campaigns.version(self.campaign_id, self.version)
        if campaign is not None:
            records = RunRecords(self.tables.registry, campaign, self.number)
            records.close(self.ledger.counts(), state="COMPLETED", result="FAIL")
            records.set_status("INVALID")

    def _batches(
        self,
        reader: SegmentReader,
        campaign: Mapping[str, Any],
        sending: Sending,
        *,
        shard: int,
        after: str | None,
        size: int,
    ) -> Any:
        """Batches of recipients of a shard, each with the key to go on after it."""
        segment = (campaign["SegmentId"], int(campaign["SegmentVersion"]))
        while True:
            page = reader.page(*segment, shard, after, CANDIDATES_PER_PAGE)
            recipients = sending.consider(page.endpoints)
            for start in range(0, len(recipients), size):
                batch = recipients[start : start + size]
                yield batch, batch[-1].id.lower()
            if page.last is None:
                return
            after = page.last

    def _limits(self, campaign: Mapping[str, Any]) -> dict[str, Any]:
        """The campaign's limits; where it sets none, the application's."""
        settings = Apps(self.tables.registry).settings(self.application_id)
        return {**(settings.get("Limits") or {}), **(campaign.get("Limits") or {})}

    def _sending(
        self,
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        records: RunRecords,
        pace: Pace,
        pool: ThreadPoolExecutor,
    ) -> Sending:
        seconds = self._limits(campaign).get("MaximumDuration")
        return Sending(
            campaign=campaign,
            contents=load_contents(TemplateStore(self.tables.registry), campaign, plan["Templates"]),
            activities=records.ids,
            settings=Apps(self.tables.registry).settings(self.application_id),
            scheduled=plan["Scheduled"],
            expires=parse_time(plan["Start"]) + timedelta(seconds=seconds) if seconds else None,
            ledger=self.ledger,
            delivery=Delivery(self.environment, pace),
            pool=pool,
            events=self._events(),
        )

    def _events(self) -> EventBuffer:
        writer = EventWriter.for_application(self.tables, self.environment, self.application_id)
        return EventBuffer(writer, self.environment.account_id)

    def _settle(
        self,
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        records: RunRecords,
        cursor: dict[str, Any] | None,
        remaining: Remaining,
    ) -> dict[str, Any] | None:
        """Reports claims without a result as UNKNOWN: their step died, and whether a message went out nobody knows.

        Returns where to go on when time was over; None: all are settled.
        """
        events = self._events()
        store = EndpointStore(self.tables, self.application_id)
        for batch, following in self.ledger.open_claims(cursor):
            logger.warning("claims without a result", extra={"campaign": self.campaign_id, "claims": len(batch)})
            known = store.get([claim.endpoint_id for claim in batch])
            recipients = [
                Recipient(
                    known.get(claim.endpoint_id, {"Id": claim.endpoint_id}), claim.treatment_id, "UNKNOWN", at=claim.at
                )
                for claim in batch
            ]
            self._edit_again(recipients, campaign, plan, records)
            for recipient in recipients:
                events.add(recipient, campaign, records.ids[recipient.treatment_id], recipient.channel or "SMS")
            events.flush()
            for chunk in sorted({claim.chunk for claim in batch}):
                lost = [(claim.endpoint_id, claim.treatment_id, "UNKNOWN") for claim in batch if claim.chunk == chunk]
                self.ledger.record(lost, chunk)
            if remaining() <= 0:
                return following
        return None

    def _edit_again(
        self,
        recipients: Sequence[Recipient],
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        records: RunRecords,
    ) -> None:
        with ThreadPoolExecutor(1) as pool:
            try:
                sending = self._sending(campaign, plan, records, Pace(None), pool)
            except ContentError as error:
                logger.warning(
                    "endpoints are told unedited", extra={"campaign": self.campaign_id, "reason": str(error)}
                )
                return
            sending.edit_again(recipients)

    def _goes_on(self) -> bool:
        """Whether the campaign still is there. A newer version lets the run in progress finish."""
        campaign = self.campaigns.get(self.campaign_id)
        return campaign is not None and (campaign.get("State") or {}).get("CampaignStatus") != "DELETED"

    def _next(self, campaign: Mapping[str, Any], execution: Mapping[str, Any]) -> dict[str, Any]:
        """The next run of a recurring campaign, unless it was deleted or changed meanwhile."""
        current = self.campaigns.get(self.campaign_id)
        if current is None or current["Version"] != self.version or not self._goes_on():
            return END
        started = execution.get("Base") or execution["StartTime"]
        base = self._first_start() if started == "now" else parse_time(started)
        following = next_start(campaign.get("Schedule") or {}, base, datetime.now(UTC))
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
        return {"Action": "NEXT", "Chunks": [], "Next": run, "Cursor": None}

    def _first_start(self) -> datetime:
        plan = self.ledger.plan()
        return parse_time(plan["Scheduled"]) if plan else datetime.now(UTC)


def chunk_count(candidates: int, rate: float | None) -> int:
    """Into how many chunks the shards go: a power of two, no more than messages a second, so that none waits for long."""
    count = 1
    while count < SHARDS and candidates > count * CANDIDATES_PER_CHUNK and (not rate or count * 2 <= rate):
        count *= 2
    return count


def _is_over(campaign: Mapping[str, Any]) -> bool:
    return (campaign.get("State") or {}).get("CampaignStatus") in ("DELETED", "INVALID")
