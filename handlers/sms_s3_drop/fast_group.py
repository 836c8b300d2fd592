"""The texts of a fast origination identity: claimed together, sent together as far as their times allow, settled together.

Neighbours of one message type go by one call, at the last one's time: as many as the identity may send in a tenth of a second. No text
leaves before its time, and the identity is held for as long after the batch as a text waited for others, so that no second holds more
than it may.

What that gives up: a call that ends in doubt (no answer, or a 5xx, which tells of none of its texts) leaves all of its texts UNKNOWN, up
to ten, where a call for one leaves one, and a 500 or 503 for one is tried again. The batch's later texts then go one by one. A process
that dies leaves those in doubt that it had claimed: at most a batch of the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.claims import ContendedError, Standing
from handlers.shared.logging import logger
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.desk import TROUBLE_SECONDS, Desk
from handlers.sms_s3_drop.ledger import SENT, UNKNOWN, Claim, Ledger, Result
from handlers.sms_s3_drop.sending import Answer

WORKERS = 10
SPAN_SECONDS = 0.1
"""Of an identity's time that one call may take."""
_ROUNDING = 1e-6


def send_overlapping(desk: Desk, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
    """Sends texts of different digests, from a moment on. Returns for each 0 where it has a result, else in how many seconds it must come again.

    Args:
        takes: Seconds that each takes at its identity's rate.
    """
    starts = [start + sum(takes[:at]) for at in range(len(takes))]
    timely = [at for at in range(len(texts)) if desk.has_time(starts[at], takes[at])]
    claims = _claimed(desk, [texts[at] for at in timely])
    calls = _calls(texts, takes, starts, [at for at in timely if claims[texts[at]].standing is Standing.CLAIMED])
    answers = _sent_all(desk, texts, takes, starts, calls)
    pauses = _settle(desk, texts, timely, claims, answers)
    waited = max((starts[call[-1]] - starts[call[0]] for call in calls), default=0.0)
    desk.pace.wait_until(start + sum(takes) + waited)
    return [pauses.get(at, 1) for at in range(len(texts))]


def _calls(
    texts: Sequence[Text], takes: Sequence[float], starts: Sequence[float], free: Sequence[int]
) -> list[list[int]]:
    """Which texts share a call, by their places. A call has a number once."""
    calls: list[list[int]] = []
    for at in free:
        call = calls[-1] if calls else []
        if (
            call
            and texts[call[0]].message_type == texts[at].message_type
            and starts[at] + takes[at] - starts[call[0]] <= SPAN_SECONDS + _ROUNDING
            and texts[at].number not in {texts[other].number for other in call}
        ):
            call.append(at)
        else:
            calls.append([at])
    return calls


def _sent_all(
    desk: Desk, texts: Sequence[Text], takes: Sequence[float], starts: Sequence[float], calls: Sequence[Sequence[int]]
) -> dict[int, Answer]:
    """The answers by place; none where a text's time came too late."""
    doubted = Event()

    def one(call: Sequence[int]) -> dict[Text, Answer]:
        moment, seconds = starts[call[-1]], sum(takes[at] for at in call)
        if not desk.has_time(moment, seconds):
            return {}
        desk.pace.wait_until(moment)
        answers = desk.try_to_send([texts[at] for at in call], seconds, together=not doubted.is_set())
        if any(answer.status == UNKNOWN for answer in answers.values()):
            doubted.set()
        return answers

    if not calls:
        return {}
    numbers = [texts[at].number for call in calls for at in call]
    # Texts to one number must not overtake each other.
    workers = min(WORKERS, len(calls)) if len(set(numbers)) == len(numbers) else 1
    with ThreadPoolExecutor(workers, thread_name_prefix="texts") as pool:
        told = pool.map(one, calls)
        return {
            at: answers[texts[at]]
            for call, answers in zip(calls, told, strict=True)
            for at in call
            if texts[at] in answers
        }


def _claimed(desk: Desk, texts: Sequence[Text]) -> dict[Text, Claim]:
    found: dict[Text, Claim] = {}
    for run in dict.fromkeys(text.run for text in texts):
        mine = [text for text in texts if text.run == run]
        claims = desk.ledger_of(run).claim_all(mine)
        found |= {text: claims[text.row] for text in mine}
    return found


def _settle(
    desk: Desk, texts: Sequence[Text], timely: Sequence[int], claims: dict[Text, Claim], answers: dict[int, Answer]
) -> dict[int, int]:
    """Enters results, those of texts that were sent together. Returns by place in how many seconds it comes again, 0: it has a result.

    What cannot be entered keeps no other from it; it comes again, and is in doubt then.
    """
    pauses: dict[int, int] = {}

    def enter(places: Sequence[int], work: Callable[[], int]) -> None:
        try:
            pause = work()
        except (ClientError, BotoCoreError, ContendedError) as error:
            logger.error("result is not stored", extra={"error": type(error).__name__, "texts": len(places)})
            pause = TROUBLE_SECONDS
        pauses.update(dict.fromkeys(places, pause))

    sent = {at for at, answer in answers.items() if answer.status == SENT}
    for run in dict.fromkeys(texts[at].run for at in sorted(sent)):
        mine = [at for at in sorted(sent) if texts[at].run == run]
        enter(mine, partial(_sent, desk.ledger_of(run), [(texts[at], answers[at]) for at in mine]))
    for at in timely:
        if at not in sent:
            enter([at], partial(_other, desk, texts[at], claims[texts[at]], answers.get(at)))
    return pauses


def _sent(ledger: Ledger, told: Sequence[tuple[Text, Answer]]) -> int:
    ledger.settle_all([Result.of(text, SENT, message_id=answer.message_id) for text, answer in told])
    return 0


def _other(desk: Desk, text: Text, claim: Claim, answer: Answer | None) -> int:
    """What a text comes to that was not sent, or of which that is not known."""
    ledger = desk.ledger_of(text.run)
    if claim.standing is not Standing.CLAIMED:
        if result := desk.unsendable(text, claim):
            ledger.settle(result)
        return 0
    if answer is None:  # its time came too late
        ledger.release(text)
        return 1
    if answer.again and (pause := desk.hand_back(text)):
        return pause
    ledger.settle(Result.of(text, answer.status, answer.reason, answer.message_id))
    return 0
