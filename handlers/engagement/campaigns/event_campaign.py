"""Campaigns that events trigger: the worker sends their message to whom PutEvents has put into their inbox, once for each event.

Sending is that of all campaigns: content, treatments, holdout, hook, quiet time, claims. An event that is not delivered within five minutes of
its arrival is dropped, as EXPIRED.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.campaigns.activities import FINAL, RunRecords
from handlers.engagement.campaigns.content import ContentError, pin_templates
from handlers.engagement.campaigns.event_batches import EventBatches, EventSending
from handlers.engagement.campaigns.event_ledger import EventLedger
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.run import CampaignRun, Remaining
from handlers.engagement.event_starts.inbox import CAMPAIGN, LATE_MILLISECONDS, Inbox
from handlers.engagement.event_starts.kinds import is_event_campaign
from handlers.engagement.event_starts.owners import WAITING, window
from handlers.engagement.identifiers import iso, now
from handlers.engagement.segments.deletion import ENDED
from handlers.engagement.store.leases import Leases
from handlers.engagement.store.registry import Activities, Campaigns, EventStarts, run_of
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.engagement.templates.store import TemplateStore
from handlers.shared.logging import logger
from handlers.shared.templates.renderer import RenderingError

SENDS_AT_A_TIME = 16
LEASE_SECONDS = 180
"""Above what the worker has for campaigns, and well below the time for which an event is tried: what a dead one had, another one sends."""
SHARDS_AT_A_TIME = 4
"""Of how many a worker takes the leases by one write; the others are left to other workers."""
WHOLE = SHARDS
"""The lease that a campaign with MessagesPerSecond has beside its shards': one worker keeps to a pace."""


def send_for_events(tables: Tables, environment: Any, remaining: Remaining) -> dict[str, int]:
    """Looks after all campaigns that events trigger once, until that is done or time is over. One that fails stops no other.

    Args:
        environment: JourneyEnvironment.
        remaining: Seconds until this must have returned.

    Returns:
        `{"Campaigns", "Events", "Failed"}`: how many campaigns were looked after, events were settled, campaigns failed.
    """
    starts = EventStarts(tables.registry)
    entries = [entry for entry in starts.all() if entry["Kind"] == CAMPAIGN]
    random.shuffle(entries)
    looked = settled = failed = 0
    with ThreadPoolExecutor(SENDS_AT_A_TIME) as pool:
        for entry in entries:
            if remaining() <= 0:
                break
            looked += 1
            try:
                settled += EventCampaign(tables, environment, entry, pool, remaining).run()
            except Exception:  # noqa: BLE001 - whatever it is: the function's failure tells, when the others were looked after
                logger.exception("event campaign failed", extra={"campaign": entry["Owner"]})
                failed += 1
    return {"Campaigns": looked, "Events": settled, "Failed": failed}


class EventCampaign:
    """What one worker does for one campaign. entry: that of EventStarts."""

    def __init__(
        self, tables: Tables, environment: Any, entry: Mapping[str, Any], pool: ThreadPoolExecutor, remaining: Remaining
    ) -> None:
        self._tables = tables
        self._environment = environment
        self._entry = entry
        self._application_id, self._id = entry["ApplicationId"], entry["Owner"]
        self._pool = pool
        self._remaining = remaining
        self._campaigns = Campaigns(tables.registry, self._application_id)
        self._starts = EventStarts(tables.registry)
        self._inbox = Inbox(tables.sends, CAMPAIGN, self._id)
        self._leases = Leases(tables.sends, f"CL#{self._id}", LEASE_SECONDS)

    def run(self) -> int:
        """Does what there is to do. Returns how many events were settled."""
        campaign = self._campaigns.get(self._id)
        if campaign is None or _status(campaign) in ENDED:
            for shard in self._inbox.shards():
                self._inbox.clear(shard)
            self._starts.forget(self._application_id, CAMPAIGN, self._id)
            return 0
        if not is_event_campaign(campaign):
            self._close_former(campaign)
        if not self._sends(campaign):
            return 0
        if self._entry["EventFilter"] != campaign["Schedule"]["EventFilter"]:  # a call died between the two
            self._starts.note(self._application_id, CAMPAIGN, self._id, campaign["Schedule"]["EventFilter"])
        start, end = window(campaign)
        moment = time.time() * 1000
        if moment < start:
            return 0
        run = CampaignRun(
            self._tables,
            self._environment,
            self._application_id,
            self._id,
            version=campaign["Version"],
            number=0,
        )
        records = run.records(campaign)
        if _status(campaign) == "SCHEDULED":
            self._close_former(campaign)
            records.open(iso(datetime.fromtimestamp(start / 1000, UTC)), state="RUNNING")
            records.set_status("EXECUTING")
        settled = self._work_off(run, campaign)
        totals = run.ledger.totals()
        if end is not None and moment >= end + LATE_MILLISECONDS and not self._inbox.shards():
            records.close(totals, state="COMPLETED")
            records.set_status("COMPLETED")
            logger.info("event campaign ended", extra={"campaign": self._id})
        elif settled:
            records.count(totals)
        return settled

    @staticmethod
    def _sends(campaign: Mapping[str, Any]) -> bool:
        return is_event_campaign(campaign) and not campaign.get("IsPaused") and _status(campaign) in WAITING

    def _close_former(self, campaign: Mapping[str, Any]) -> None:
        """Shows the activities of earlier versions that events triggered as ended."""
        activities = Activities(self._tables.registry, self._application_id, self._id)
        for activity in activities.list().items:
            version, number = run_of(activity["Id"])
            if version >= campaign["Version"] or activity["State"] in FINAL:
                continue
            former = self._campaigns.version(self._id, version)
            if former is not None and is_event_campaign(former):
                totals = Ledger(self._tables.sends, f"{self._id}#{version}#{number}").totals()
                RunRecords(self._tables.registry, former, number).close(totals, state="COMPLETED")

    def _work_off(self, run: CampaignRun, campaign: Mapping[str, Any]) -> int:
        """Sends to those of the shards that no other worker has."""
        shards = self._inbox.shards()
        if not shards:
            return 0
        whole = None
        if run.limits(campaign).get("MessagesPerSecond") and (whole := self._leases.lease([WHOLE])) is None:
            return 0
        settled = 0
        try:
            batches = self._batches(run, campaign)
            mixed = random.sample(shards, len(shards))
            for at in range(0, len(mixed), SHARDS_AT_A_TIME):
                settled += self._work_off_shards(mixed[at : at + SHARDS_AT_A_TIME], batches)
        except (ContentError, RenderingError) as error:
            logger.error("campaign is invalid", extra={"campaign": self._id, "reason": str(error)})
            run.records(campaign).set_status("INVALID")
        finally:
            if whole is not None:
                self._leases.release(whole)
        return settled

    def _work_off_shards(self, shards: Sequence[int], batches: EventBatches) -> int:
        lease = self._leases.lease(shards) if self._remaining() > 0 else None
        if lease is None:
            return 0
        settled = 0
        try:
            for shard in lease.shards:
                if self._remaining() > 0:
                    settled += batches.work_off(shard)
        finally:
            self._leases.release(lease)
        return settled

    def _batches(self, run: CampaignRun, campaign: Mapping[str, Any]) -> EventBatches:
        plan = {
            "Scheduled": now(),
            "Start": now(),
            "Templates": pin_templates(TemplateStore(self._tables.registry), campaign),
            "Chunks": 1,
        }
        ledger = EventLedger(self._tables.sends, self._id, campaign["Version"])
        sending = run.sending(campaign, plan, self._pool, self._remaining, kind=EventSending, ledger=ledger)
        sending.longest = min(sending.longest, run.limits(campaign).get("MaximumDuration") or math.inf)
        return EventBatches(
            self._inbox,
            ledger,
            sending,
            run.endpoints(campaign, plan),
            goes_on=lambda: self._goes_on(campaign["Version"]),
        )

    def _goes_on(self, version: int) -> bool:
        """Whether there is time, and the campaign still sends by this version."""
        if self._remaining() <= 0:
            return False
        campaign = self._campaigns.get(self._id)
        return campaign is not None and campaign["Version"] == version and self._sends(campaign)


def _status(campaign: Mapping[str, Any]) -> str:
    return (campaign.get("State") or {}).get("CampaignStatus", "")
