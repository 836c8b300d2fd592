"""Whatever the order in which the steps of several chunks work, fail and die: an address with a willing endpoint gets one message."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.engagement.campaigns.address_claims import NOT_SENT, apart
from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.shared import claims

CHUNKS = 3
REFUSED = st.sampled_from(NOT_SENT)
FATES = st.tuples(st.lists(st.just("THROTTLED"), max_size=2), st.one_of(st.just("SUCCESS"), REFUSED))
PEOPLE = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, CHUNKS - 1), FATES), min_size=1, max_size=6
)  # address, chunk, what becomes of each try
STEPS = st.lists(st.tuples(st.integers(0, CHUNKS - 1), st.sampled_from(["goes on", "goes on", "dies"])), max_size=20)


class Clock:
    moment = 1_700_000_000.0

    def time(self):
        return self.moment


class Chunk:
    """One chunk's steps: considers two people at a time, then works off who waits. `flight`: who was claimed and has no result yet."""

    def __init__(self, book, number, people, world):
        self.book, self.number, self.world = book, number, world
        self.batches = [people[at : at + 2] for at in range(0, len(people), 2)]
        self.waiting = WaitingList(book, number)
        self.flight = []
        self.groups = []

    @property
    def done(self):
        return not (self.flight or self.groups or self.batches or self.waiting.first())

    def goes_on(self):
        if self.flight:
            self.record()
        elif self.groups or self.batches:
            if not self.groups:
                self.groups = list(apart([self.world.recipient(name) for name in self.batches[0]]))
            self.flight = self.book.claim(self.groups.pop(0), self.number)
            if not self.groups and not self.flight:
                self.batches.pop(0)
        else:
            pairs = [(entry, self.world.recipient(entry.endpoint_id, entry.tries)) for entry in self.waiting.first()]
            self.flight = self.waiting.claim(pairs)

    def dies(self):
        """The batch begins anew; what was in flight may have gone out or not."""
        self.world.dead.update(item.endpoint["Address"] for item in self.flight)
        self.flight, self.groups = [], []

    def record(self):
        outcomes = []
        for item in self.flight:
            status = next(self.world.fates[item.id])
            if status == "SUCCESS":
                self.world.sent[item.endpoint["Address"]] += 1
            again = status == "THROTTLED"
            free = self.book.address_key(item) if status != "SUCCESS" else None
            outcomes.append(Outcome(item.id, "0", status, due=next(self.world.times) if again else None, free=free))
        self.book.record(outcomes, self.number)
        self.flight = []
        if not self.groups and self.batches:
            self.batches.pop(0)


class World:
    def __init__(self, people):
        self.sent, self.dead = Counter(), Counter()
        self.addresses = {f"e{at}": f"+1425679000{address}" for at, (address, *_) in enumerate(people)}
        self.fates = {f"e{at}": iter([*tries, last, last]) for at, (_, _, (tries, last)) in enumerate(people)}
        self.times = itertools.count(1)

    def recipient(self, name, tries=0):
        return Recipient({"Id": name, "ChannelType": "SMS", "Address": self.addresses[name]}, "0", tries=tries)


@pytest.mark.parametrize("dying", [False, True], ids=["nothing dies", "steps die"])
def test_an_address_gets_exactly_one_message_if_one_of_its_endpoints_can_get_it(campaign, monkeypatch, dying):
    clock, runs = Clock(), itertools.count()
    monkeypatch.setattr(claims, "backoff", lambda _: None)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(PEOPLE, STEPS)
    def check(people, steps):
        campaign.forget_sends()
        book = Ledger(campaign.tables.sends, f"c#1#{next(runs)}", clock=clock.time)
        known = World(people)
        chunks = [
            Chunk(book, number, [f"e{at}" for at, person in enumerate(people) if person[1] == number], known)
            for number in range(CHUNKS)
        ]
        for number, what in steps:
            if what == "dies" and dying:
                chunks[number].dies()
            else:
                chunks[number].goes_on()
        for _ in range(60):
            if all(chunk.done for chunk in chunks):
                break
            for chunk in chunks:
                chunk.goes_on()
            clock.moment += 60
        assert all(chunk.done for chunk in chunks)
        for address in set(known.addresses.values()):
            willing = any(last == "SUCCESS" and f"+1425679000{number}" == address for number, _, (_, last) in people)
            assert known.sent[address] + known.dead[address] <= 1, "two messages, or two that may have gone out"
            assert known.sent[address] + known.dead[address] == 1 or not willing, "silenced"
        totals = book.totals()
        assert sum(totals.missing.values()) == 0
        assert sum(totals.counts.get("0", Counter()).values()) == len(people)

    check()
