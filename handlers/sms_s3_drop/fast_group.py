"""The texts of a fast origination identity: claimed together, sent each at its own time, settled together.

A text is a call of its own: a call for several that ends in the service's own trouble would leave all of them in doubt, where one text is tried
again. A process that dies leaves those in doubt that it had claimed: at most a batch of the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.claims import ContendedError, Standing
from handlers.shared.logging import logger
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.desk import TROUBLE_SECONDS, Desk
from handlers.sms_s3_drop.ledger import SENT, Claim, Ledger, Result
from handlers.sms_s3_drop.sending import Answer

WORKERS = 10


def send_overlapping(desk: Desk, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
    """Sends texts of different digests, from a moment on. Returns for each 0 where it has a result, else in how many seconds it must come again.

    Args:
        takes: Seconds that each takes at its identity's rate.
    """
    starts = [start + sum(takes[:at]) for at in range(len(takes))]
    timely = [at for at in range(len(texts)) if desk.has_time(starts[at], takes[at])]
    claims = _claimed(desk, [texts[at] for at in timely])
    free = [at for at in timely if claims[texts[at]].standing is Standing.CLAIMED]

    def one(at: int) -> Answer | None:
        if not desk.has_time(starts[at], takes[at]):
            return None
        desk.pace.wait_until(starts[at])
        return desk.try_to_send(texts[at], takes[at])

    answers: dict[int, Answer] = {}
    if free:
        with ThreadPoolExecutor(min(WORKERS, len(free)), thread_name_prefix="texts") as pool:
            told = zip(free, pool.map(one, free), strict=True)
            answers = {at: answer for at, answer in told if answer is not None}
    pauses = _settle(desk, texts, timely, claims, answers)
    desk.pace.wait_until(start + sum(takes))
    return [pauses.get(at, 1) for at in range(len(texts))]


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
