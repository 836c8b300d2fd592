"""Nothing is done twice and nothing is forgotten, for all who claim: whatever dies at whichever call, whoever comes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from handlers.shared import claims, tables
from handlers.shared.claims import Attempts, ContendedError, Standing
from handlers.shared.tables import Table
from tests.handlers.shared.claims_users import Channel, Keywords, Recipients, Replies, Rows, User, step_of_a_run
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.sms_s3_drop.world import Clock, Killed

WORKS, WORKERS = 3, 2
LEASE_SECONDS = 120
"""Longer than every lease."""


class Faulty:
    """A client. At its call number `at`, counted from now, the process dies before or after it took effect, or its answer is lost."""

    def __init__(self, client: DynamoDb) -> None:
        self._client = client
        self._at, self._how = 0, ""

    def plan(self, at: int, how: str) -> None:
        self._at, self._how = at, how

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(**request: Any) -> dict[str, Any]:
            self._at -= 1
            how = self._how if self._at == 0 else ""
            if how == "before":
                raise Killed
            answer = getattr(self._client, operation)(**request)
            if how == "after":
                raise Killed
            if how == "lost" and operation != "transact_write_items":  # which botocore repeats under the same token
                return getattr(self._client, operation)(**request)
            return answer

        return call


FAULTS = st.tuples(st.integers(1, 5), st.sampled_from(["", "", "before", "after", "lost"]))
WORK, WORKER = st.integers(0, WORKS - 1), st.integers(0, WORKERS - 1)


class Model(RuleBasedStateMachine):
    """Two processes ask for three pieces of work, do them, die, and come again."""

    user_of: Callable[[Faulty, Clock], User]

    def __init__(self) -> None:
        super().__init__()
        self.client, self.clock = Faulty(DynamoDb()), Clock()
        tables.aws_client = lambda *_, **__: self.client
        self.user = type(self).user_of(self.client, self.clock)
        self.has: dict[tuple[int, int], Any] = {}
        self.done = [0] * WORKS
        self.settled = [False] * WORKS
        self.free: list[bool | None] = [True] * WORKS
        """Whether nobody is or was at it who did not give it back; None: a process died when it asked for it or gave it back."""

    def attempt(self, fault: tuple[int, str], step: Callable[[], Any]) -> Any:
        """The step's answer; None where the process died."""
        self.client.plan(*fault)
        try:
            return step()
        except Killed:
            return None
        finally:
            self.client.plan(0, "")

    @rule(work=WORK, worker=WORKER, fault=FAULTS)
    def ask(self, work: int, worker: int, fault: tuple[int, str]) -> None:
        if (worker, work) in self.has:
            return
        held = any(at == work for _, at in self.has)
        answer = self.attempt(fault, lambda: self.user.claim(work))
        if answer is None:
            self.free[work] = None if self.free[work] else self.free[work]
            return
        standing, claim = answer
        if standing is Standing.CLAIMED:
            assert not self.settled[work] and not held
            assert self.free[work] is not False or self.user.repeats
            self.has[worker, work] = claim
            self.free[work] = False
        elif standing is Standing.SETTLED:
            assert self.done[work]
        else:
            assert self.free[work] is not True
            assert standing in (Standing.HELD, Standing.LOST)

    @precondition(lambda self: self.has)
    @rule(which=st.integers(0, WORKS * WORKERS), fault=FAULTS)
    def finish(self, which: int, fault: tuple[int, str]) -> None:
        worker, work = sorted(self.has)[which % len(self.has)]
        claim = self.has.pop((worker, work))
        self.done[work] += 1
        fully = self.attempt(fault, lambda: (self.user.settle(work, claim), True))
        self.settled[work] = self.settled[work] or bool(fully)

    @precondition(lambda self: self.has)
    @rule(which=st.integers(0, WORKS * WORKERS), fault=FAULTS)
    def give_back(self, which: int, fault: tuple[int, str]) -> None:
        worker, work = sorted(self.has)[which % len(self.has)]
        claim = self.has.pop((worker, work))
        self.free[work] = True if self.attempt(fault, lambda: (self.user.release(work, claim), True)) else None

    @precondition(lambda self: self.has)
    @rule(which=st.integers(0, WORKS * WORKERS), did=st.booleans())
    def die(self, which: int, did: bool) -> None:
        worker, work = sorted(self.has)[which % len(self.has)]
        del self.has[worker, work]
        self.done[work] += did

    @rule()
    def leases_end(self) -> None:
        self.has.clear()  # a function ends before its lease
        self.clock.now += LEASE_SECONDS

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert self.user.repeats or max(self.done) <= 1

    def teardown(self) -> None:
        self.leases_end()
        for work in range(WORKS):
            standing, claim = self.user.claim(work)
            assert standing is not Standing.HELD
            if self.settled[work]:
                assert standing is Standing.SETTLED
            elif self.free[work] or self.user.repeats:
                assert standing in (Standing.CLAIMED, Standing.SETTLED)
            if standing is Standing.CLAIMED:
                self.user.settle(work, claim)
                assert self.user.claim(work)[0] is Standing.SETTLED


USERS: dict[str, Callable[[Faulty, Clock], User]] = {
    "channel": lambda client, clock: Channel(client, clock, repeats=False),
    "channel that may repeat": lambda client, clock: Channel(client, clock, repeats=True),
    "channel, several at once": lambda client, clock: Channel(client, clock, repeats=False, others=2),
    "channel that may repeat, several at once": lambda client, clock: Channel(client, clock, repeats=True, others=2),
    "replies": lambda _, clock: Replies(clock),
    "keywords": lambda _, clock: Keywords(clock),
    "rows": lambda client, _: Rows(client),
    "rows, several at once": lambda client, _: Rows(client, others=2),
    "recipients": lambda client, _: Recipients(client),
    "recipients of runs": lambda client, _: Recipients(client, step_of_a_run),
}


@pytest.mark.parametrize("name", USERS)
def test_nothing_is_done_twice_and_nothing_forgotten(name, monkeypatch):
    monkeypatch.setattr(tables, "aws_client", tables.aws_client)  # put back when the models are through
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    model = type("Model", (Model,), {"user_of": staticmethod(USERS[name])})
    run_state_machine_as_test(
        model,
        settings=settings(
            max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_attempts_end_with_an_error_that_names_what_was_tried(monkeypatch):
    pauses = []
    monkeypatch.setattr(claims, "backoff", pauses.append)
    attempts = Attempts("a claim", 4)
    for _ in range(4):
        attempts.another()
    with pytest.raises(ContendedError, match=r"^a claim: others were in the way in 4 attempts$"):
        attempts.another()
    assert pauses == [1, 2]


def test_a_former_owners_result_does_not_overrule_who_took_the_work_over(monkeypatch):
    client, clock = DynamoDb(), Clock()
    layout = claims.Layout(state="state", held="HELD", owner="owner", lease="lease")
    book = claims.Claims(Table("t", client), layout, 1, clock)
    first = book.claim(("w", "-"), 10)
    clock.now += 20
    second = book.claim(("w", "-"), 10, take_lost=True)
    assert (second.standing, second.before["owner"]) == (Standing.CLAIMED, first.owner)
    book.settle(first, "OURS")
    book.release(first)
    assert book.claim(("w", "-"), 10).standing is Standing.HELD
    book.settle(second, "THEIRS")
    assert Table("t", client).get("w", "-")["state"] == "THEIRS"  # pyright: ignore[reportOptionalSubscript]


def test_each_of_several_pieces_of_work_is_claimed_or_not_by_itself():
    client, clock = DynamoDb(), Clock()
    layout = claims.Layout(state="state", held="HELD", free="FREE", owner="owner", lease="lease")
    book = claims.Claims(Table("t", client), layout, 1, clock)
    keys = {name: (name, "-") for name in ("new", "settled", "held", "lost", "free", "other")}
    book.settle(book.claim(keys["settled"], 10), "DONE")
    book.claim(keys["lost"], 10)
    book.release(book.claim(keys["free"], 10), {"tries": 3})
    clock.now += 20
    book.claim(keys["held"], 10)
    found = book.claim_all([*keys.values(), keys["new"]], 10, values=lambda before: {"tries": before.get("tries", 0)})
    assert {name: found[key].standing for name, key in keys.items()} == {
        "new": Standing.CLAIMED,
        "settled": Standing.SETTLED,
        "held": Standing.HELD,
        "lost": Standing.LOST,
        "free": Standing.CLAIMED,
        "other": Standing.CLAIMED,
    }
    assert found[keys["free"]].before["tries"] == Table("t", client).get("free", "-")["tries"] == 3  # pyright: ignore[reportOptionalSubscript]


def test_who_lost_one_of_several_pieces_of_work_to_another_still_enters_the_others():
    client, clock = DynamoDb(), Clock()
    layout = claims.Layout(state="state", held="HELD", owner="owner", lease="lease")
    book = claims.Claims(Table("t", client), layout, 1, clock)
    ours = book.claim_all([("a", "-"), ("b", "-")], 10)
    clock.now += 20
    theirs = book.claim(("b", "-"), 10, take_lost=True)
    book.settle_all([(claim, "OURS", {}) for claim in ours.values()])
    assert book.claim(("a", "-"), 10).before["state"] == "OURS"
    assert book.claim(("b", "-"), 10).standing is Standing.HELD
    book.settle(theirs, "THEIRS")
    assert book.claim(("b", "-"), 10).before["state"] == "THEIRS"
