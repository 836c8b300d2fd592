"""The sending step of a run: consider everybody of a chunk of the audience once, then work off who waits, as each one's time comes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.batch import Sending
from handlers.engagement.campaigns.ledger import BATCH
from handlers.engagement.campaigns.run import CampaignRun, Remaining
from handlers.engagement.campaigns.schedule import next_start
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.identifiers import parse_time
from handlers.engagement.store.shards import SHARDS
from handlers.shared.backoff import doubled
from handlers.shared.logging import logger

CANDIDATES_PER_PAGE = 480  # ten batches
SENDS_AT_A_TIME = 16
PUSH_BATCH = 2 * BATCH  # what two transactions claim: a call of push takes a hundred
SECONDS_BETWEEN_COUNTS = 5
SLOWEST_BATCH_SECONDS = 30  # a batch under a send rate is as small as lets it end in this time
SHORT_PAUSE_SECONDS = 5  # a longer one is the state machine's
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_TRYING = timedelta(hours=24)
DONE = {"Done": True, "Cursor": None, "Wait": 0}


def process(run: CampaignRun, chunk: int, cursor: Mapping[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
    """Sends to a chunk's endpoints until it is done or time is over.

    Returns:
        `{"Done", "Cursor", "Wait"}`; Wait: seconds before the next call.
    """
    campaign = run.campaign()
    plan = run.ledger.plan()
    if campaign is None or plan is None or not run.goes_on():
        return DONE
    with ThreadPoolExecutor(SENDS_AT_A_TIME) as pool:
        sending = run.sending(campaign, plan, pool, remaining)
        step = ChunkStep(run, campaign, plan, chunk, sending=sending, remaining=remaining)
        if not run.ledger.is_done(chunk) and (following := step.first_pass(cursor)):
            return {"Done": False, "Cursor": following, "Wait": 0}
        wait = step.work_off_waiting()
        step.sending.events.flush()
    if wait is not None:
        step.count()  # of a chunk that is done, others' steps or the run's end show the totals
        return {"Done": False, "Cursor": None, "Wait": wait}
    logger.info("chunk sent", extra={"campaign": run.campaign_id, "chunk": chunk})
    return DONE


class ChunkStep:
    """One call of the step.

    Args:
        remaining: Seconds until it must have returned.
    """

    def __init__(
        self,
        run: CampaignRun,
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        chunk: int,
        *,
        sending: Sending,
        remaining: Remaining,
    ) -> None:
        self.run = run
        self.campaign = campaign
        self.plan = plan
        self.chunk = chunk
        self.sending = sending
        self.remaining = remaining
        self.endpoints = run.endpoints(campaign, plan)
        self._noted: set[int] = set()

    def count(self) -> None:
        """Shows the run's totals so far."""
        parts = self.run.ledger.parts() if self.sending.local else []
        self.run.records(self.campaign).count(self.run.ledger.totals(), parts)

    def first_pass(self, cursor: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Considers everybody of the chunk once. Returns the cursor to go on with, None when that is done."""
        cursor = cursor or {"Shard": 0, "After": None}
        shards = list(range(self.chunk, SHARDS, self.plan["Chunks"]))
        counted = time.monotonic()
        for index in range(cursor["Shard"], len(shards)):
            after = cursor["After"] if index == cursor["Shard"] else None
            for recipients, following in self._batches(shards[index], after):
                self._note_parts()
                if recipients:
                    self.sending.send(recipients, self.chunk)
                if time.monotonic() - counted > SECONDS_BETWEEN_COUNTS:
                    self.count()
                    counted = time.monotonic()
                if self.sending.in_vain:  # the channel is out of order: the others need not fail, too
                    pause = min(doubled(self.sending.in_vain, 1.0, LONGEST_PAUSE_SECONDS), self.remaining())
                    time.sleep(max(0.0, pause))
                if self.remaining() <= 0:
                    self.sending.events.flush()
                    return {"Shard": index, "After": following}
        self.sending.events.flush()
        self.run.ledger.close_chunk(self.chunk, passed=shards)
        return None

    def _note_parts(self) -> None:
        """Notes the times of the time zones that came up."""
        if self.sending.local:
            self.run.ledger.note_parts(self.sending.local.parts - self._noted)
            self._noted |= self.sending.local.parts

    def work_off_waiting(self) -> int | None:
        """Sends to who waits, until nobody does or the run's time is over.

        Returns after how many seconds to be called again; None when it is done.
        """
        waiting = WaitingList(self.run.ledger, self.chunk)
        resumed = _milliseconds(parse_time(self.plan["Resumed"])) if "Resumed" in self.plan else 0
        ends = _milliseconds(self._trying_ends())
        while True:
            moment = int(time.time() * 1000)
            first = waiting.first()
            if entries := waiting.due(moment, resumed, first) if first and moment < ends else []:
                read_at = time.monotonic()
                endpoints = self.endpoints.get([entry.endpoint_id for entry in entries])
                self.sending.send_waiting(entries, endpoints, read_at, waiting)
            else:
                if not first:
                    return None
                if first[0].due >= ends or moment >= ends:
                    self._tell_of_waiting(waiting)
                    return None
                pause = max(1, math.ceil((first[0].due - moment) / 1000))
                if pause > min(SHORT_PAUSE_SECONDS, self.remaining()):
                    return pause
                time.sleep(pause)
            if self.remaining() <= 0:
                return 0

    def _batches(self, shard: int, after: str | None) -> Iterator[tuple[list[Recipient], str | None]]:
        """Batches of recipients of a shard, each with the key to go on after it; a page without any is an empty one."""
        rate = self.plan.get("Rate")
        share = self.plan["Chunks"] / rate if rate else 0.0
        most = PUSH_BATCH if self.sending.pushes else BATCH
        size = max(1, min(most, int(SLOWEST_BATCH_SECONDS / share))) if share else most
        reader = self.run.reader(self.plan)
        segment = (self.campaign["SegmentId"], int(self.campaign["SegmentVersion"]))
        while True:
            read_at = time.monotonic()
            page = reader.page(*segment, shard, after, CANDIDATES_PER_PAGE, consistent=True)
            recipients = self.sending.consider(page.endpoints, read_at, page.carried)
            self.run.ledger.settle(recipients)
            for start in range(0, len(recipients), size):
                batch = recipients[start : start + size]
                yield batch, batch[-1].id.lower()
            if page.last is None:
                return
            after = page.last
            if not recipients:
                yield [], after

    def _tell_of_waiting(self, waiting: WaitingList) -> None:
        """Tells the stream of those who still wait when the run's time is over. They stay on the list, for `resume`."""
        after: str | None = None
        while entries := waiting.page(after):
            known = self.endpoints.get([entry.endpoint_id for entry in entries])
            self.sending.tell(
                [
                    Recipient(
                        known.get(entry.endpoint_id, {"Id": entry.endpoint_id}),
                        entry.treatment_id,
                        entry.status,
                        at=entry.since,
                    )
                    for entry in entries
                ]
            )
            after = entries[-1].key

    def _trying_ends(self) -> datetime:
        """Until when those are tried again who got nothing for now: a day at the most, the run's own end, or the next run's start.

        By local time until the last clock of the world was served: the next run begins after it.
        """
        start = self.run.began(self.plan)
        local = self.sending.local if "Resumed" not in self.plan else None
        ends = [local.ends if local else start + LONGEST_TRYING]
        if seconds := self.run.limits(self.campaign).get("MaximumDuration"):
            ends.append(start + timedelta(seconds=seconds))
        if "Resumed" not in self.plan and not local:
            following = next_start(self.campaign.get("Schedule") or {}, parse_time(self.plan["Scheduled"]), start)
            ends += [following] if following else []
        return min(ends)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
