"""The function behind a channel's queue: each call is made once, no faster than the channel may. The calls of some seconds, at most fifty,
are claimed together, their endpoints read together, and what became of them entered together: a process that dies leaves no more in doubt.

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
from handlers.custom_channel.recipient import Recipients
from handlers.custom_channel.refusals import NotReportedError, report
from handlers.custom_channel.turns import Turns
from handlers.shared.backoff import doubled
from handlers.shared.claims import Claim, ContendedError, Standing
from handlers.shared.clients import aws_client
from handlers.shared.letters import ENTRIES, Letters
from handlers.shared.logging import logger
from handlers.shared.pace import Pace
from handlers.shared.project_endpoints import ProjectEndpoints
from handlers.shared.tables import Table, table_client

METRICS = "engagement/channels"
NAMES = {CALLED: "Called", REFUSED: "Refused", UNKNOWN: "Unknown", EXPIRED: "Expired"}
CHUNK = 50
"""Calls at most that are claimed together."""
WORKERS = 10
"""At the least. A faster channel has one for each call of a second, up to a chunk's: a call that takes a second holds up no other."""
TRIES = 20
"""After so many in vain, a call goes to the dead-letter queue."""
LONGEST_PAUSE_SECONDS = 300
CHUNK_SECONDS = 5
"""Of time that is reserved at once, so that processes take turns."""
LEAD_SECONDS = 0.5
"""Before their time calls are claimed, so that the claims do not move them to another's time."""
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
    table = Table(_environment().calls_table, table_client(max_attempts=10))
    return Batch(
        event["Records"],
        _channel(),
        ProjectEndpoints(_environment().application_id),
        table,
        Pace(table),
        left=lambda: context.get_remaining_time_in_millis() / 1000,
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
        endpoints: ProjectEndpoints,
        table: Table,
        pace: Pace,
        *,
        left: Callable[[], float],
    ) -> None:
        self._environment = _environment()
        self._records = records
        self._channel = channel
        self._endpoints = endpoints
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
        uncalled = {at: answer for at, call in calls.items() if (answer := self._uncalled(call))}
        self._together({at: calls[at] for at in uncalled}, uncalled.get)
        places = [at for at in calls if at not in uncalled]
        size = max(1, min(CHUNK, int(self._environment.calls_per_second * CHUNK_SECONDS)))
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

        self._pace.wait_until(start - LEAD_SECONDS)
        turns = Turns(list(calls), start, each, self._pace, self._time)
        people = Recipients(self._endpoints, list(calls.values()), self._pace.clock)

        def prepare() -> None:
            people.read()
            turns.begin()

        def make(at: int) -> Answer | None:
            seen = people.as_it_is(calls[at])
            if isinstance(seen, Call):
                if not turns.wait(at):
                    return None
                seen = people.as_it_is(calls[at])
            turns.over(at)
            people.over(calls[at])
            return answer_of(self._channel, seen) if isinstance(seen, Call) else seen

        self._together(calls, make, prepare)
        return 0

    def _time(self, seconds: float) -> float | None:
        """Another time for calls, of so many seconds; None where this function has none left for them."""
        within = self._left() - CALL_SECONDS
        try:
            moment = self._pace.reserve(self._channel.name, seconds, within)
        except (ClientError, BotoCoreError, ContendedError):
            return None
        return None if moment + seconds > self._pace.clock() + within else moment

    def _uncalled(self, call: Call) -> Answer | None:
        """What becomes of a call that is not to be made; it takes none of the channel's time."""
        if call.problem:
            return Answer(REFUSED, call.problem)
        hours = self._environment.deadline_hours
        if self._pace.clock() - call.queued > hours * 3600:
            return Answer(EXPIRED, f"it was not called within {hours} hours")
        return None

    def _together(
        self,
        calls: Mapping[int, Call],
        make: Callable[[int], Answer | None],
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """Claims calls, prepares for them, makes each that is to be made, and enters what became of them.

        make: None where there was no time.
        """
        if not calls:
            return
        try:
            claims = self._claimed(calls)
            if claims:
                prepare()
        except TROUBLE as error:
            self._give_back(list(calls), CHUNK_SECONDS, type(error).__name__)
            return
        workers = min(CHUNK, max(WORKERS, ceil(self._environment.calls_per_second)))
        with ThreadPoolExecutor(workers, thread_name_prefix="calls") as pool:
            answers = list(pool.map(lambda at: self._attempt(at, calls[at], claims[at], make), claims))
        self._settle(
            {at: (calls[at], claims[at], answer) for at, answer in zip(claims, answers, strict=True) if answer}
        )

    def _claimed(self, calls: Mapping[int, Call]) -> dict[int, Claim]:
        """The claims of the calls that this function is to see to."""
        claims = self._claims.claim(list(calls.values()), self._left(), take_lost=self._channel.repeatable)
        mine: dict[int, Claim] = {}
        for at, call in calls.items():
            claim = claims.pop(call.token, None)
            if claim is None:
                self._give_back([at], CHUNK_SECONDS, "it is in this batch twice")
            elif claim.standing is Standing.HELD:
                self._give_back([at], min(LONGEST_PAUSE_SECONDS, claim.seconds), "in other hands")
            elif claim.standing is not Standing.SETTLED:
                mine[at] = claim
        return mine

    def _attempt(self, at: int, call: Call, claim: Claim, make: Callable[[int], Answer | None]) -> Answer | None:
        """What became of a claimed call, told where it did not reach its endpoint; None where it comes again."""
        try:
            answer = DIED if claim.standing is Standing.LOST else make(at)
            if answer is None:
                self._claims.release(claim, tries_of(claim))
                self._give_back([at], 1, "no time left")
                return None
            if not answer.outcome:
                self._again(at, claim, answer)
                return None
            if is_doubted(claim) and answer.outcome in (REFUSED, EXPIRED):
                answer = Answer(UNKNOWN, f"{answer.reason}; whether an earlier call was carried out is not known")
            # Told before it is settled: told twice at the worst, and never not at all.
            if answer.outcome != CALLED:
                self._tell(call, answer)
        except TROUBLE as error:
            # One call's trouble must not keep the others' results from being told.
            self._give_back([at], CHUNK_SECONDS, type(error).__name__)
            return None
        return answer

    def _tell(self, call: Call, answer: Answer) -> None:
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

    def _settle(self, results: Mapping[int, tuple[Call, Claim, Answer]]) -> None:
        try:
            self._claims.settle([(claim, answer.outcome, answer.identifier) for _, claim, answer in results.values()])
        except TROUBLE as error:
            self._give_back(list(results), CHUNK_SECONDS, type(error).__name__)
            return
        for call, _, answer in results.values():
            self._outcomes[call.application, answer.outcome] += 1

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
        for start in range(0, len(entries), ENTRIES):
            answer = aws_client("sqs").change_message_visibility_batch(
                QueueUrl=self._environment.queue_url, Entries=entries[start : start + ENTRIES]
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
