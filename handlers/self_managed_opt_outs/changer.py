"""What a STOP, START or HELP does; overlapped over a batch, and safe to repeat.

A STOP or START is noted in the table of numbers, then carried out: OptOut of the endpoints with the number (100 numbers
a call), the opt-out list (one a call), the answer, the announcement (ten a call); each STOP is an event of the project. The answer to STOP goes out before the
list has the number, since a list that is attached to our number would block it; START's after the list let it go. The
table decides: what is carried out is what it says, and if it says something else by the end, that is carried out too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.self_managed_opt_outs.answers import NotNowError, RefusedAnswerError, answer
from handlers.self_managed_opt_outs.environment import ChangerEnvironment
from handlers.self_managed_opt_outs.inbound import Inbound
from handlers.self_managed_opt_outs.keywords import Keyword
from handlers.self_managed_opt_outs.memory import InWorkError, Memory, Progress
from handlers.self_managed_opt_outs.numbers import OUT, BusyError, Number, Numbers
from handlers.self_managed_opt_outs.opt_out_event import opt_out_event
from handlers.self_managed_opt_outs.opt_out_list import OptOutList, RefusedChangeError
from handlers.shared.aws_errors import code_of
from handlers.shared.claims import ContendedError
from handlers.shared.clients import aws_client
from handlers.shared.event_stream import EventsLostError, EventStream
from handlers.shared.logging import logger
from handlers.shared.overlapped import overlapped
from handlers.shared.project_endpoints import ProjectEndpoints, SearchFailedError

NOTIFICATIONS = 10
"""Messages of one PublishBatch call."""
CONVERGING = 5
_LATER = (
    BotoCoreError,
    BusyError,
    ClientError,
    ContendedError,
    EventsLostError,
    InWorkError,
    NotNowError,
    SearchFailedError,
)


@dataclass
class Work:
    """One message that is a keyword. failure: try again; rejection: no further attempt helps. Both are reasons."""

    message: Inbound
    keyword: Keyword
    progress: Progress = field(default_factory=Progress)
    number: Number | None = None
    done_before: bool = False
    failure: str = ""
    rejection: str = ""

    @property
    def changes(self) -> bool:
        """Whether this message is the one that changed the number, as it is now."""
        number = self.number
        return number is not None and number.message_id == self.message.message_id and not number.quiet


class Changer:
    """Handles keywords. One per process."""

    def __init__(self, environment: ChangerEnvironment) -> None:
        self._numbers = Numbers(environment.numbers_table)
        self._memory = Memory(environment.memory_table, environment.memory_days)
        self._endpoints = ProjectEndpoints(environment.application_id)
        self._list = OptOutList(environment.list_name)
        self._topic_arn = environment.topic_arn
        self._events = EventStream(environment.event_stream_name or None)
        self._application_id, self._account_id = environment.application_id, environment.account_id

    def handle(self, works: Sequence[Work]) -> None:
        """Handles all of them, each number's in the order in which they were sent; outcomes are in the works.

        works: distinct messages. One that fails stops no other.
        """
        self._each(works, self._begin)
        begun = [work for work in works if not work.failure and not work.done_before]
        for turn in _turns(begun):
            self._each([work for work in turn if work.keyword.action == "HELP"], self._answer)
            self._change([work for work in turn if work.keyword.action != "HELP"])
        self._tell([work for work in _going(begun) if work.keyword.action == "STOP"])
        self._each([work for work in begun if not work.failure and not work.rejection], self._finish)
        self._each([work for work in begun if work.failure or work.rejection], self._leave)
        logger.info(
            "keywords",
            extra={
                "messages": len(works),
                "changes": sum(work.changes for work in works),
                "failed": sum(bool(work.failure) for work in works),
                "rejected": sum(bool(work.rejection) for work in works),
            },
        )

    def _begin(self, work: Work) -> None:
        progress = self._memory.begin(work.message.message_id)
        work.done_before = progress is None
        work.progress = progress or Progress()

    def _change(self, works: Sequence[Work]) -> None:
        """One message for each number."""
        if not works:
            return
        self._note(works)
        self._set_endpoints(_going(works))
        changing = [work for work in _going(works) if work.changes]
        self._each([work for work in changing if _out(work)], self._answer)
        # What was not carried out in an earlier attempt may be missing in the list.
        listed = [work for work in _going(works) if work.changes or work.progress.again]
        self._each(listed, self._set_list)
        self._each([work for work in _going(changing) if not _out(work)], self._answer)
        self._announce([work for work in _going(changing) if not work.progress.announced])
        self._converge(_going(works))

    def _note(self, works: Sequence[Work]) -> None:
        try:
            known = self._numbers.read([work.message.number for work in works])
            new = [
                work.message for work in works if work.message.number not in known and work.keyword.action == "START"
            ]
            opted_out = self._opted_out([message.number for message in new])
        except _LATER as error:
            _fail(works, error)
            return

        def note(work: Work) -> None:
            number = work.message.number
            work.number = self._numbers.note(work.message, work.keyword, known.get(number), was_out=number in opted_out)

        self._each(works, note)

    def _opted_out(self, numbers: Sequence[str]) -> set[str]:
        """Which of these numbers have endpoints that are opted out, for whatever reason."""
        if not numbers:
            return set()
        found = self._endpoints.by_address("SMS", {number: _candidates(number) for number in numbers})
        return {
            number
            for number, endpoints in found.items()
            if any(endpoint.get("OptOut") == "ALL" for endpoint in endpoints)
        }

    def _set_endpoints(self, works: Sequence[Work]) -> None:
        by_number = {work.message.number: work for work in works}
        if not by_number:
            return
        wanted = {number: "ALL" if _out(work) else "NONE" for number, work in by_number.items()}
        try:
            failed = self._endpoints.set_opt_outs(wanted, {number: _candidates(number) for number in wanted})
        except _LATER as error:
            _fail(works, error)
            return
        for number, reason in failed.items():
            by_number[number].failure = f"endpoints not changed: {reason}"

    def _set_list(self, work: Work) -> None:
        try:
            self._list.set(work.message.number, out=_out(work))
        except RefusedChangeError as error:
            work.rejection = str(error)

    def _answer(self, work: Work) -> None:
        """At most once: a message whose answer may be out is not answered again."""
        if work.progress.replied or not work.keyword.text or not work.message.destination:
            return
        self._memory.note(work.progress, "replied")
        try:
            answer(work.message, work.keyword.text)
        except NotNowError:
            self._memory.take_back(work.progress, "replied")
            raise
        except RefusedAnswerError as error:
            self._memory.take_back(work.progress, "replied")
            work.rejection = str(error)

    def _announce(self, works: Sequence[Work]) -> None:
        batches = [works[start : start + NOTIFICATIONS] for start in range(0, len(works), NOTIFICATIONS)]

        def publish(batch: Sequence[Work]) -> dict[str, Any]:
            entries = [_entry(position, work) for position, work in enumerate(batch)]
            return aws_client("sns").publish_batch(TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)

        announced: list[Work] = []
        for batch, result in zip(batches, overlapped(publish, batches), strict=True):
            if not isinstance(result, dict):
                _fail(batch, result)
                continue
            lost = {int(entry["Id"]): entry.get("Code", "unknown") for entry in result.get("Failed", [])}
            for position, work in enumerate(batch):
                if position in lost:
                    work.failure = f"not announced: {lost[position]}"
                else:
                    announced.append(work)
        self._each(announced, lambda work: self._memory.note(work.progress, "announced"))

    def _tell(self, works: Sequence[Work]) -> None:
        """Told again where a message is handled again, with the same `event_id`; it counts once for the text that it answers."""
        answered = {work.message.answered_id: work.message.at for work in works if work.message.answered_id}
        try:
            self._events.put(opt_out_event(work.message, self._application_id, self._account_id) for work in works)
            self._endpoints.count_opt_outs(answered)
        except _LATER as error:
            _fail(works, error)

    def _converge(self, works: Sequence[Work]) -> None:
        """Carries out again what others changed meanwhile, until the table says what was carried out last."""
        for _ in range(CONVERGING):
            try:
                now = self._numbers.read([work.message.number for work in works])
            except _LATER as error:
                _fail(works, error)
                return
            moved = []
            for work in works:
                current = now.get(work.message.number)
                if current is not None and work.number is not None and current.status != work.number.status:
                    work.number = current
                    moved.append(work)
            if not moved:
                return
            self._set_endpoints(moved)
            self._each(_going(moved), self._set_list)
            works = _going(moved)
        _fail(works, BusyError("the number was changed by others again and again"))

    def _finish(self, work: Work) -> None:
        self._memory.finish(work.progress)

    def _leave(self, work: Work) -> None:
        # Unless this succeeds, the lease ends by itself.
        self._memory.leave(work.progress)

    def _each(self, works: Sequence[Work], step: Callable[[Work], None]) -> None:
        """Does a step for all, overlapped; what may succeed later is in the works' failures."""

        def attempt(work: Work) -> None:
            try:
                step(work)
            except _LATER as error:
                work.failure = work.failure or _reason(error)

        overlapped(attempt, works)


def _turns(works: Sequence[Work]) -> list[list[Work]]:
    """Works in turns, each number at most once a turn, in the order in which its messages were sent."""
    turns: list[list[Work]] = []
    seen: dict[str, int] = {}
    for work in sorted(works, key=lambda work: (work.message.at, work.keyword.action == "STOP")):
        turn = seen.get(work.message.number, 0)
        seen[work.message.number] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(work)
    return turns


def _going(works: Sequence[Work]) -> list[Work]:
    return [work for work in works if not work.failure]


def _out(work: Work) -> bool:
    return work.number is not None and work.number.status == OUT


def _candidates(number: str) -> set[str]:
    """Endpoint ids that a number's endpoint may have where endpoints cannot be found by address: the reference's too."""
    return {number, number.removeprefix("+")}


def _entry(position: int, work: Work) -> dict[str, Any]:
    number = work.number
    assert number is not None
    identity = hashlib.sha256(f"{number.message_id}\0{number.status}".encode()).hexdigest()[:32]
    return {
        "Id": str(position),
        "Subject": "Number opted out" if number.status == OUT else "Number opted in",
        "Message": json.dumps({"Id": identity, **number.public()}, ensure_ascii=False),
        "MessageAttributes": {"status": {"DataType": "String", "StringValue": number.status}},
    }


def _fail(works: Sequence[Work], error: Exception) -> None:
    for work in works:
        work.failure = work.failure or _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {code_of(error)}"
    return type(error).__name__ if isinstance(error, BotoCoreError) else str(error)
