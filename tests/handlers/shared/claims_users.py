"""Everybody who claims, behind one face: who asks for a piece of work, does it once or never, and says what became of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Protocol

from handlers.custom_channel.channel import Call
from handlers.custom_channel.claims import CALLED, Claims
from handlers.engagement.campaigns import ledger as campaign_ledger
from handlers.engagement.campaigns.address_owners import AddressOwners
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.store.shards import shard_of
from handlers.self_managed_opt_outs.memory import InWorkError, Memory
from handlers.ses_auto_reply import ledger as reply_ledger
from handlers.shared.claims import Claim, Standing
from handlers.shared.tables import Table
from handlers.sms_s3_drop import ledger as drop_ledger
from handlers.sms_s3_drop.columns import Text
from tests.handlers.engagement.campaigns.ledger_world import History

DAYS = 30
Clock = Callable[[], float]


class User(Protocol):
    """One kind of work. `repeats`: whether work whose process died is done again. Claims are whatever `claim` gave."""

    repeats: bool

    def claim(self, work: int) -> tuple[Standing, Any]: ...
    def settle(self, work: int, claim: Any) -> None: ...
    def release(self, work: int, claim: Any) -> None: ...


class Channel:
    """Calls of a custom channel, with so many others in each transaction."""

    def __init__(self, client: Any, clock: Clock, *, repeats: bool, others: int = 0) -> None:
        self.repeats = repeats
        self._claims = Claims(Table("calls", client), DAYS, clock)
        self._numbers = itertools.count(1000)
        self._others = others
        self._beside: dict[str, list[Claim]] = {}

    def claim(self, work: int) -> tuple[Standing, Claim]:
        calls = [self._call(number) for number in (*itertools.islice(self._numbers, self._others), work)]
        *others, claim = self._claims.claim(calls, 60, take_lost=self.repeats).values()
        assert {other.standing for other in others} <= {Standing.CLAIMED}
        self._beside[claim.owner] = others
        return claim.standing, claim

    def settle(self, work: int, claim: Claim) -> None:
        self._claims.settle([(each, CALLED, "") for each in (*self._beside[claim.owner], claim)])

    def release(self, work: int, claim: Claim) -> None:
        self._claims.release(claim, 1)

    @staticmethod
    def _call(number: int) -> Call:
        return Call("app", "campaign", "activity", "0", f"e{number}", "CUSTOM", "address", 0)


class Replies:
    """Replies to mail; every mail is of another correspondent."""

    repeats = False

    def __init__(self, clock: Clock) -> None:
        self._ledger = reply_ledger.Ledger("replies", 24, clock)

    def claim(self, work: int) -> tuple[Standing, Any]:
        try:
            claim = self._ledger.claim(f"m{work}", f"p{work}@example.org", 60)
        except reply_ledger.BeingAnsweredError:
            return Standing.HELD, None
        return claim.standing, claim

    def settle(self, work: int, claim: Any) -> None:
        self._ledger.close(claim, reply_ledger.SENT)

    def release(self, work: int, claim: Any) -> None:
        self._ledger.release(claim, f"p{work}@example.org")


class Keywords:
    """STOP and START: they may be carried out again."""

    repeats = True

    def __init__(self, clock: Clock) -> None:
        self._memory = Memory("memory", DAYS, clock)

    def claim(self, work: int) -> tuple[Standing, Any]:
        try:
            progress = self._memory.begin(f"m{work}")
        except InWorkError:
            return Standing.HELD, None
        return (Standing.SETTLED if progress is None else Standing.CLAIMED), progress

    def settle(self, work: int, claim: Any) -> None:
        self._memory.finish(claim)

    def release(self, work: int, claim: Any) -> None:
        self._memory.leave(claim)


class Rows:
    """Rows of a dropped file, with so many others in each transaction. Their claims have no lease."""

    repeats = False

    def __init__(self, client: Any, *, others: int = 0) -> None:
        self._ledger = drop_ledger.Ledger(Table("rows", client), "run", DAYS)
        self._numbers = itertools.count(1000)
        self._others = others

    def claim(self, work: int) -> tuple[Standing, Text]:
        text = self._text(work)
        if not self._others:
            return self._ledger.claim(text).standing, text
        beside = [self._text(next(self._numbers)) for _ in range(self._others)]
        return self._ledger.claim_all([*beside, text])[text.row].standing, text

    @staticmethod
    def _text(row: int) -> Text:
        return Text("run", row, row + 2, f"+1206555{row:04d}", "Hello", "+12065550199", "TRANSACTIONAL", "", "", "")

    def settle(self, work: int, claim: Text) -> None:
        self._ledger.settle(drop_ledger.Result.of(claim, drop_ledger.SENT))

    def release(self, work: int, claim: Text) -> None:
        self._ledger.release(claim)


NAMES = [name for name in (f"e{at}" for at in range(200)) if shard_of(name) == 0]
"""Of endpoints of one shard."""


def step_of_a_campaign(client: Any) -> campaign_ledger.Ledger:
    """The ledger in which each recipient has items of their own."""
    return campaign_ledger.Ledger(Table("sends", client), "c#1#1")


def step_of_a_run(client: Any) -> RunLedger:
    """The ledger that claims by the batch: some come behind others that were claimed."""
    ledger = RunLedger(Table("sends", client), "c#1#1")
    ledger.owners = AddressOwners(History(), 0)  # pyright: ignore[reportArgumentType]
    return ledger


class Recipients:
    """A campaign's recipients, one a claim, each by a step of its own. Their claims have no lease: who waits is claimed from the waiting list."""

    repeats = False

    def __init__(self, client: Any, step: Callable[[Any], campaign_ledger.Ledger] = step_of_a_campaign) -> None:
        self._client, self._step = client, step
        self._times = itertools.count(1)

    def claim(self, work: int) -> tuple[Standing, tuple[Recipient, campaign_ledger.Ledger]]:
        ledger = self._step(self._client)
        waiting = WaitingList(ledger, 0)
        endpoint = {"Id": NAMES[work], "ChannelType": "SMS", "Address": f"+1206555010{work}"}
        recipient = Recipient(endpoint, "0", settled=True)
        entries = [entry for entry in waiting.first() if entry.endpoint_id == recipient.id]
        claimed = waiting.claim([(entries[0], recipient)]) if entries else ledger.claim([recipient], 0)
        if claimed:
            return Standing.CLAIMED, (recipient, ledger)
        if recipient.status == CLAIMED:
            return Standing.LOST, (recipient, ledger)
        return (Standing.HELD if recipient.again else Standing.SETTLED), (recipient, ledger)

    def settle(self, work: int, claim: tuple[Recipient, campaign_ledger.Ledger]) -> None:
        recipient, ledger = claim
        ledger.record([Outcome(recipient.id, "0", "SUCCESS")], 0)

    def release(self, work: int, claim: tuple[Recipient, campaign_ledger.Ledger]) -> None:
        recipient, ledger = claim
        free = ledger.address_key(recipient)
        ledger.record([Outcome(recipient.id, "0", "THROTTLED", due=next(self._times), free=free)], 0)
