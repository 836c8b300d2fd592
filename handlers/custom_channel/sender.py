"""The function behind a channel's queue: each call is made once, no faster than the channel may.

The rate is shared by all processes through the channel's table: a call waits for its time, and what this function has no
time for comes again. What was tried in vain comes again after a pause that grows, and ends in the dead-letter queue; moved
back from there, it is tried anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import ceil
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from handlers.custom_channel.calling import Answer, answer_of
from handlers.custom_channel.channel import Call, Channel, channel_of
from handlers.custom_channel.claims import CALLED, EXPIRED, REFUSED, UNKNOWN, Claims, is_doubted, tries_of
from handlers.custom_channel.environment import SenderEnvironment
from handlers.custom_channel.recipient import FRESH_SECONDS, as_it_is
from handlers.custom_channel.refusals import NotReportedError, report
from handlers.shared.backoff import doubled
from handlers.shared.claims import Claim, ContendedError, Standing
from handlers.shared.clients import aws_client, engagement_client
from handlers.shared.letters import Letters
from handlers.shared.logging import logger
from handlers.shared.pace import Pace
from handlers.shared.tables import Table

METRICS = "engagement/channels"
NAMES = {CALLED: "Called", REFUSED: "Refused", UNKNOWN: "Unknown", EXPIRED: "Expired"}
WORKERS = 10
TRIES = 20
"""After so many in vain, a call goes to the dead-letter queue."""
LONGEST_PAUSE_SECONDS = 300
CHUNK_SECONDS = 5
"""Of time that is reserved at once, so that processes take turns."""
LATE_SECONDS = 0.2
"""By which a call may be late without another's time becoming its own."""
LEAD_SECONDS = 0.5
"""Before its time a call is claimed, so that the claim does not move it to another's time."""
CALL_SECONDS = 30
"""What a call and its bookkeeping may take at the worst."""
TROUBLE = (ClientError, BotoCoreError, ContendedError, NotReportedError, TimeoutError)
DIED = Answer(UNKNOWN, "the function that called died; whether it was carried out is not known")

_environment = cache(SenderEnvironment.read)


@cache
def _channel() -> Channel:
    return channel_of(_environment().channel)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch of calls -> partial batch response."""
    table = Table(_environment().calls_table, aws_client("dynamodb", max_attempts=10))
    return Batch(
        event["Records"], _channel(), table, Pace(table), lambda: context.get_remaining_time_in_millis() / 1000
    ).work()


class Batch:
    """One batch of the queue's messages.

    Args:
        left: Seconds that the function has left.
    """

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        channel: Channel,
        table: Table,
        pace: Pace,
        left: Callable[[], float],
    ) -> None:
        self._environment = _environment()
        self._records = records
        self._channel = channel
        self._pace = pace
        self._left = left
        self._claims = Claims(table, self._environment.remembered_days, pace.clock)
        self._letters = Letters(records, self._environment.dead_letter_queue_url)
        self._pauses: dict[int, int] = {}
        self._outcomes: Counter[tuple[str, str]] = Counter()

    def work(self) -> dict[str, Any]:
        """Makes the calls. Returns which messages must come again."""
        calls: dict[int, Call] = {}
        for at, record in enumerate(self._records):
            try:
                calls[at] = Call.from_json(record["body"])
            except (ValueError, KeyError, TypeError) as error:
                self._letters.rejected[at] = f"not a call: {type(error).__name__}"
        places = []
        for at, call in calls.items():
            if uncalled := self._uncalled(call):
                self._attempt(at, call, uncalled)
            else:
                places.append(at)
        size = max(1, min(WORKERS, int(self._environment.calls_per_second * CHUNK_SECONDS)))
        for start in range(0, len(places), size):
            chunk = {at: calls[at] for at in places[start : start + size]}
            if pause := self._chunk(chunk):
                self._give_back(places[start:], pause, "no time left")
                break
        self._count()
        self._pause()
        return self._letters.finish()

    def _chunk(self, calls: Mapping[int, Call]) -> int:
        """Makes some calls, each at its time. Where there is no time for them: in how many seconds they must come again."""
        each = 1 / self._environment.calls_per_second
        seconds = each * len(calls)
        within = self._left() - CALL_SECONDS
        if within < seconds:
            return 1
        try:
            start = self._pace.reserve(self._channel.name, seconds, within)
        except (ClientError, BotoCoreError, ContendedError) as error:
            logger.error("the rate is not known", extra={"error": type(error).__name__})
            return CHUNK_SECONDS
        waiting = start - self._pace.clock()
        if waiting + seconds > within:
            return max(1, min(LONGEST_PAUSE_SECONDS, ceil(waiting)))

        def one(turn: int, at: int) -> None:
            moment = start + turn * each
            self._pace.wait_until(moment - LEAD_SECONDS)
            self._attempt(at, calls[at], ready=lambda: self._wait(moment, each))

        with ThreadPoolExecutor(min(WORKERS, len(calls)), thread_name_prefix="calls") as pool:
            list(pool.map(one, range(len(calls)), calls))
        return 0

    def _wait(self, moment: float, seconds: float) -> bool:
        """Waits for a call's time. One that is over takes another time; returns whether there is one left."""
        self._pace.wait_until(moment)
        if self._pace.clock() - moment <= max(seconds, LATE_SECONDS):
            return True
        within = self._left() - CALL_SECONDS
        try:
            moment = self._pace.reserve(self._channel.name, seconds, within)
        except (ClientError, BotoCoreError, ContendedError):
            return False
        if moment + seconds > self._pace.clock() + within:
            return False
        self._pace.wait_until(moment)
        return True

    def _uncalled(self, call: Call) -> Answer | None:
        """What becomes of a call that is not to be made; it takes none of the channel's time."""
        if call.problem:
            return Answer(REFUSED, call.problem)
        hours = self._environment.deadline_hours
        if self._pace.clock() - call.queued > hours * 3600:
            return Answer(EXPIRED, f"it was not called within {hours} hours")
        return None

    def _attempt(
        self, at: int, call: Call, answer: Answer | None = None, ready: Callable[[], bool] = lambda: True
    ) -> None:
        try:
            self._make(at, call, answer, ready)
        except TROUBLE as error:
            # One call's trouble must not keep the others' results from being told.
            self._give_back([at], CHUNK_SECONDS, type(error).__name__)

    def _make(self, at: int, call: Call, answer: Answer | None, ready: Callable[[], bool]) -> None:
        """Claims a call, makes it when it is `ready`, and enters what became of it. answer: it is not to be made."""
        claim = self._claims.claim(call, self._left(), take_lost=self._channel.repeatable)
        if claim.standing is Standing.SETTLED:
            return
        if claim.standing is Standing.HELD:
            self._give_back([at], min(LONGEST_PAUSE_SECONDS, claim.seconds), "in other hands")
            return
        if claim.standing is Standing.LOST:
            answer = DIED
        elif answer is None:
            seen = self._seen(call, ready)
            if seen is None:
                self._claims.release(claim, tries_of(claim))
                self._give_back([at], 1, "no time left")
                return
            answer = answer_of(self._channel, seen) if isinstance(seen, Call) else seen
        if not answer.outcome:
            self._again(at, claim, answer)
            return
        if is_doubted(claim) and answer.outcome in (REFUSED, EXPIRED):
            answer = Answer(UNKNOWN, f"{answer.reason}; whether an earlier call was carried out is not known")
        # Told before it is settled: told twice at the worst, and never not at all.
        if answer.outcome != CALLED:
            report(self._environment.refused_queue_url, self._channel.name, call, answer)
            logger.warning(
                "endpoint not reached",
                extra={
                    "campaign": call.campaign,
                    "activity": call.activity,
                    "endpoint": call.endpoint,
                    "status": answer.outcome,
                    "reason": answer.reason,
                },
            )
        self._claims.settle(claim, answer.outcome, answer.identifier)
        self._outcomes[call.application, answer.outcome] += 1

    def _seen(self, call: Call, ready: Callable[[], bool]) -> Call | Answer | None:
        """The call as its endpoint is when it is its time, or why it is not made; None where there is no time for it."""
        client, application = engagement_client(), self._environment.application_id
        seen, read = as_it_is(client, application, call), self._pace.clock()
        if isinstance(seen, Answer):
            return seen
        if not ready():
            return None
        return as_it_is(client, application, call) if self._pace.clock() - read > FRESH_SECONDS else seen

    def _again(self, at: int, claim: Claim, answer: Answer) -> None:
        tries = tries_of(claim) + 1
        if tries < TRIES:
            self._claims.release(claim, tries, doubted=answer.doubted)
            self._give_back([at], int(doubled(tries, 1, LONGEST_PAUSE_SECONDS)), answer.reason)
            return
        self._claims.release(claim, 0, doubted=answer.doubted)
        self._letters.rejected[at] = f"given up after {tries} tries: {answer.reason}"

    def _give_back(self, places: Sequence[int], pause: int, reason: str) -> None:
        for at in places:
            self._pauses[at] = pause
            self._letters.failed[at] = reason

    def _pause(self) -> None:
        """Hands messages out again after a pause instead of the queue's whole visibility timeout."""
        if not self._pauses:
            return
        entries = [
            {"Id": str(at), "ReceiptHandle": self._records[at]["receiptHandle"], "VisibilityTimeout": pause}
            for at, pause in self._pauses.items()
        ]
        answer = aws_client("sqs").change_message_visibility_batch(
            QueueUrl=self._environment.queue_url, Entries=entries
        )
        if answer.get("Failed"):
            logger.warning("messages stay hidden for the whole timeout", extra={"count": len(answer["Failed"])})

    def _count(self) -> None:
        """Counts what became of the calls: CloudWatch metrics by config key and application, written as a log line."""
        for application in {application for application, _ in self._outcomes}:
            metrics = EphemeralMetrics(namespace=METRICS, service=self._channel.name)
            metrics.add_dimension(name="application", value=application)
            for outcome, name in NAMES.items():
                metrics.add_metric(name=name, unit=MetricUnit.Count, value=self._outcomes[application, outcome])
            metrics.flush_metrics()
