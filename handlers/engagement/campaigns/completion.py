"""The last step of a run: claims without a result are settled, who was not reached is counted, the activities end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.batch import campaign_event
from handlers.engagement.campaigns.content import ContentError
from handlers.engagement.campaigns.entries import OpenClaim, Outcome
from handlers.engagement.campaigns.missing import count_missing
from handlers.engagement.campaigns.run import END, CampaignRun, Remaining
from handlers.shared.logging import logger


def complete(
    run: CampaignRun,
    execution: Mapping[str, Any],
    cursor: dict[str, Any] | None = None,
    remaining: Remaining = lambda: math.inf,
) -> dict[str, Any]:
    """Ends a run, or goes on with it until time is over.

    Returns:
        `{"Action": "AGAIN" | "NEXT" | "END", "Cursor", "Next", "Missing"}`; Missing: how many people `resume` can still reach.
    """
    campaign = run.campaign()
    plan = run.ledger.plan()
    if campaign is None or plan is None:
        return END
    step = Completion(run, campaign, plan, cursor or {"Settled": None, "Lost": 0, "Counting": None}, remaining)
    if not step.settle() or not step.count_missing():
        return {**END, "Action": "AGAIN", "Cursor": step.cursor}
    return step.close(execution)


class Completion:
    """One call of the step. cursor: what of it is done; changed as it goes."""

    def __init__(
        self,
        run: CampaignRun,
        campaign: Mapping[str, Any],
        plan: Mapping[str, Any],
        cursor: dict[str, Any],
        remaining: Remaining,
    ) -> None:
        self.run = run
        self.campaign = campaign
        self.plan = plan
        self.cursor = cursor
        self.remaining = remaining
        self.records = run.records(campaign)
        self.endpoints = run.endpoints(campaign, plan)

    def settle(self) -> bool:
        """Reports claims without a result as UNKNOWN: their step died, and whether a message went out nobody knows.

        Returns whether that is done.
        """
        if not any(counted[CLAIMED] for counted in self.run.ledger.totals().counts.values()):
            return True
        for claims, following in self.run.ledger.open_claims(self.cursor["Settled"]):
            logger.warning("claims without a result", extra={"campaign": self.run.campaign_id, "claims": len(claims)})
            self._settle(claims)
            self.cursor["Settled"] = following
            if self.remaining() <= 0:
                return False
        return True

    def count_missing(self) -> bool:
        """Counts the people of lost chunks. Returns whether that is done."""
        run = self.run
        lost = sorted(run.ledger.unfinished(range(self.plan["Chunks"])).items()) if run.goes_on() else []
        if not lost:
            return True
        reader = run.reader(self.plan)
        with ThreadPoolExecutor(1) as pool:
            sending = run.sending(self.campaign, self.plan, pool, self.remaining)
            for chunk, reason in lost[self.cursor["Lost"] :]:
                self.cursor["Counting"] = count_missing(
                    run.ledger,
                    reader,
                    sending,
                    (self.campaign["SegmentId"], int(self.campaign["SegmentVersion"])),
                    chunks=self.plan["Chunks"],
                    chunk=chunk,
                    cursor=self.cursor["Counting"],
                    remaining=self.remaining,
                )
                if self.cursor["Counting"]:
                    return False
                logger.error("chunk not sent", extra={"campaign": run.campaign_id, "chunk": chunk, "reason": reason})
                self.cursor["Lost"] += 1
                if self.remaining() <= 0:
                    return False
        return True

    def close(self, execution: Mapping[str, Any]) -> dict[str, Any]:
        """Ends the activities, and names the next run of a recurring campaign."""
        run = self.run
        totals = run.ledger.totals()
        self.records.close(totals, state="COMPLETED", parts=run.ledger.parts())
        missing = sum(totals.missing.values()) if run.goes_on() else 0
        following = END if execution.get("Resume") else run.following(self.campaign, execution)
        self.records.set_status("PENDING_NEXT_RUN" if following["Action"] == "NEXT" else "COMPLETED")
        level = logger.error if missing else logger.info
        level("run ended", extra={"campaign": run.campaign_id, "run": run.number, "missing": missing})
        return {**following, "Missing": missing}

    def _settle(self, claims: Sequence[OpenClaim]) -> None:
        events = self.run.events()
        known = self.endpoints.get([claim.endpoint_id for claim in claims])
        recipients = [
            Recipient(
                known.get(claim.endpoint_id, {"Id": claim.endpoint_id}), claim.treatment_id, "UNKNOWN", at=claim.at
            )
            for claim in claims
        ]
        self._edit_again(recipients)
        for recipient in recipients:
            activity = self.records.ids[recipient.treatment_id]
            channel = recipient.channel or "SMS"
            events.add(campaign_event(recipient, self.campaign, activity, channel, events.account_id))
        events.flush()
        for chunk in sorted({claim.chunk for claim in claims}):
            lost = [
                Outcome(claim.endpoint_id, claim.treatment_id, "UNKNOWN") for claim in claims if claim.chunk == chunk
            ]
            self.run.ledger.record(lost, chunk)

    def _edit_again(self, recipients: Sequence[Recipient]) -> None:
        with ThreadPoolExecutor(1) as pool:
            try:
                sending = self.run.sending(self.campaign, self.plan, pool, lambda: 0.0)
            except ContentError as error:
                logger.warning(
                    "endpoints are told unedited", extra={"campaign": self.run.campaign_id, "reason": str(error)}
                )
                return
            sending.edit_again(recipients)
