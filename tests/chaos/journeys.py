"""A journey in a simulation: workers that die and come again, people to whom things happen, and what must have become of everybody."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from bench.hosted_service import phone_number
from handlers.engagement.journeys import activities as kinds
from handlers.engagement.journeys.message_times import WAITING
from handlers.engagement.store.leases import LEASE_SECONDS
from handlers.engagement.store.shards import shard_of
from tests.chaos.aws import Aws
from tests.chaos.campaigns import Context
from tests.chaos.journey_plans import BY_EVENT, DELIVERED, REFRESHED, Happening, Plan
from tests.chaos.simulation import Killed

SHARDS = 2
"""Into so many shards the journey's people go: with sixteen a worker mostly looks into empty ones."""
WITH_SHARDS = ("journeys.participants", "journeys.worker", "journeys.entry", "journeys.watch", "event_starts.inbox")
WORKER_SECONDS = 300
REPORTS = 20
QUIET_PASSES = 40
MESSAGE_METRICS = {"SUCCESS", "UNKNOWN", "QUIET_TIME", "DAILY_CAP_EXCEEDED"}


def names(people: int) -> list[str]:
    """Names of people whose shards are the simulation's."""
    return list(itertools.islice((f"p{at}" for at in itertools.count() if shard_of(f"p{at}") < SHARDS), people))


class Walk:
    """One journey, and its people."""

    def __init__(self, aws: Aws, plan: Plan, patch: pytest.MonkeyPatch) -> None:
        for name in WITH_SHARDS:
            patch.setattr(f"handlers.engagement.{name}.SHARDS", SHARDS)
        self.aws = aws
        self.plan = plan
        self.began = aws.simulation.now
        self.gone: set[str] = set()
        self._tiers = dict(plan.people)
        aws.seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": []})
        self.addresses = {name: phone_number(at) for at, name in enumerate(plan.people)}
        for name, tier in plan.people.items():
            self._update(name, ChannelType="SMS", Address=self.addresses[name], Attributes={"tier": [tier]}, **UTC)
        for name, activity in plan.activities.items():
            if "SMS" in activity:
                activity["SMS"]["TemplateName"] = name
                status, answer = aws.api("POST", f"/templates/{name}/sms", {"Body": name})
                assert status == 201, answer
        status, answer = aws.api("POST", "journeys", plan.definition)
        assert status == 201, answer
        self.id: str = answer["Id"]

    def run(self, pauses: Callable[[], float]) -> None:
        """Two workers beside what happens; then one, while nothing goes wrong, until nobody is inside.

        pauses: seconds between two calls of a worker.
        """
        longest = max((happening.at for happening in self.plan.happenings), default=0)
        self.aws.simulation.run(
            lambda: self._workers(longest, pauses),
            lambda: self._workers(longest, pauses),
            *(lambda one=one: self._happen(one) for one in self.plan.happenings),
        )
        self.aws.faults.end()
        for _ in range(QUIET_PASSES):
            self.aws.simulation.run(self._work, lambda: self.aws.simulation.sleep(LEASE_SECONDS))
            if not self._goes_on():
                break

    def check(self, *, told: bool = True) -> Counter[str]:
        """What must hold. Returns what happened.

        told: whether the stream is looked at, too. Of two workers at one shard one may tell that it does not know what the other did.
        """
        counts = self.counts()
        own = {metric: number for (activity, metric), number in counts.items() if not activity}
        entered, cancelled = own.get("ENDPOINT_ENTERED", 0), own.get("CANCELLED", 0)
        assert not self._inside(), f"{self._inside()} stand still"
        assert entered == own.get("ENDPOINT_LEFT", 0) + cancelled, own
        assert min(counts.values(), default=0) >= 0, counts
        left_waiting = {key: number for key, number in counts.items() if key[1] in ("WAIT_STARTED", WAITING) and number}
        assert not left_waiting, f"nobody is inside, and these are counted as waiting: {left_waiting}"
        self._check_counters(counts, entered)
        self._check_people()
        if told:
            self._check_told(counts)
        return Counter({"entered": entered, "messages": len(self.aws.sent), "killed": self.aws.faults.killed})

    def counts(self) -> Counter[tuple[str, str]]:
        """(activity, metric) -> number."""
        return self._participants().counts()

    def _check_counters(self, counts: Counter[tuple[str, str]], entered: int) -> None:
        """What goes into an activity comes out of it, and what was sent is what is counted."""
        texts = Counter(sent.body for sent in self.aws.sent)
        arrivals = Counter({"a0": entered})
        for name, activity in self.plan.activities.items():
            metrics = {metric: number for (each, metric), number in counts.items() if each == name and number}
            kind, body = kinds.kind_of(activity), kinds.body_of(activity)
            if kind == "SMS":
                sent, unknown = metrics.get("SUCCESS", 0), metrics.get("UNKNOWN", 0)
                assert sent <= texts[name] <= sent + unknown, (name, metrics, texts[name])
                assert set(metrics) <= MESSAGE_METRICS, metrics
            out = sum(metrics.values())
            if not self.plan.calm():
                assert out <= entered, (name, metrics, entered)
                continue
            assert out == arrivals[name], f"{arrivals[name]} came to {name}, and {metrics} became of them"
            for metric, target in _ways_out(kind, body):
                arrivals[target] += out if metric is None else metrics.get(metric, 0)

    def _check_people(self) -> None:
        """Everybody walked one way a time, and got no message of it twice."""
        entries = self.entries()
        got: defaultdict[str, list[str]] = defaultdict(list)
        for sent in sorted(self.aws.sent, key=lambda sent: sent.at):
            got[sent.to].append(sent.body)
        for name, address in self.addresses.items():
            ways = [self.plan.ways(self.id, name, entry) for entry in range(1, entries.get(name, 0) + 1)]
            assert _explained(got[address], ways), f"{name} got {got[address]}, on {ways}"
            for activity, times in Counter(got[address]).items():
                assert times <= entries.get(name, 0), (
                    f"{name} entered {entries.get(name, 0)} times, got {times} {activity}"
                )

    def _check_told(self, counts: Counter[tuple[str, str]]) -> None:
        """The stream tells what became of each message."""
        told: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        for event in self.told():
            attributes = event["attributes"]
            key = event["client"]["client_id"], attributes["journey_run_id"], attributes["journey_activity_id"]
            told[key].add(attributes["journey_send_status"])
        if self.plan.begins == BY_EVENT:
            return  # a run has several walks of one person, and their events do not say of which they are
        contradictions = {key: statuses for key, statuses in told.items() if len(statuses - {WAIT_OVER}) > 1}
        assert not contradictions, contradictions
        for name in self.plan.activities:
            known = sum(activity == name and "SUCCESS" in statuses for (_, _, activity), statuses in told.items())
            assert known == counts[name, "SUCCESS"], (name, known, counts[name, "SUCCESS"])

    def told(self) -> list[dict[str, Any]]:
        """The events that the stream has."""
        return [event for event in self.aws.events if event["event_type"] == "_journey.send"]

    def entries(self) -> dict[str, int]:
        """How often everybody entered."""
        return {name: item["entries"] for name, item in self._participants().known(list(self.plan.people)).items()}

    def _workers(self, longest: float, pauses: Callable[[], float]) -> None:
        """One worker after the other, until nothing is left to do."""
        while self._goes_on() or self.aws.simulation.now < self.began + longest:
            with contextlib.suppress(Killed, Exception):  # whatever it died of: the schedule calls the next one
                self._work()
            self.aws.simulation.sleep(pauses())
            if self.aws.simulation.now > self.began + longest + 3600:
                return

    def _work(self) -> None:
        from handlers.engagement.journeys import function

        def work() -> Any:
            function._surroundings.cache_clear()
            return function.handler({}, Context(self.aws, WORKER_SECONDS))

        self.aws.simulation.call(work)

    def _goes_on(self) -> bool:
        """Whether there is something left to do; a journey that may be entered again and again goes on while somebody is inside."""
        _, journey = self.aws.api("GET", f"journeys/{self.id}")
        if self.plan.begins == REFRESHED and journey["State"] == "ACTIVE":
            return bool(self._inside()) or self.aws.simulation.now < self.began + 1800
        if self.plan.begins == BY_EVENT and journey["State"] == "ACTIVE":
            return bool(self._inside() or self._participants().inbox.shards())
        return journey["State"] not in ("COMPLETED", "CANCELLED") or bool(self._inside())

    def _inside(self) -> list[str]:
        participants = self._participants()
        groups = [group for shard in range(SHARDS) for group in participants.due(shard, 10**15).groups]
        return [position.id for group in groups for position in group.positions]

    def _participants(self) -> Any:
        from handlers.engagement.journeys.participants import Participants
        from handlers.engagement.service import service

        return Participants(service().tables.sends, self.id)

    def _happen(self, happening: Happening) -> None:
        self.aws.simulation.sleep(happening.at)
        if happening.what == "tier":
            self._tiers[happening.person] = "none" if self._tiers[happening.person] == "gold" else "gold"
            self._update(happening.person, Attributes={"tier": [self._tiers[happening.person]]})
        elif happening.what == "out":
            self._update(happening.person, OptOut="ALL")
        elif happening.what == "gone":
            self.gone.add(happening.person)
            self._ask("DELETE", f"endpoints/{happening.person}")
        elif happening.what == "delivered":
            self._deliver(happening.person)
        elif happening.what == "event":
            self._report(happening.person, happening.value)
        else:
            self.aws.api("PUT", f"journeys/{self.id}/state", {"State": happening.what})  # which it may refuse by now

    def _update(self, person: str, **members: Any) -> None:
        if person not in self.gone:  # an update would make the endpoint anew
            self._ask("PUT", f"endpoints/{person}", members)

    def _report(self, person: str, event: str) -> None:
        """The event is reported until the service has taken it."""
        item = {"Endpoint": {}, "Events": {event: {"EventType": "bought", "Timestamp": "2027-01-15T08:00:00Z"}}}
        for _ in range(REPORTS):
            status, answer = self.aws.api("POST", "events", {"BatchItem": {person: item}})
            if status == 202:
                [taken] = answer["Results"][person]["EventsItemResponse"].values()
                if taken["StatusCode"] == 202:
                    return
        raise AssertionError(f"{event} of {person} was not taken: {status}, {answer}")

    def _deliver(self, person: str) -> None:
        from handlers.engagement.journeys.message_events import note_events
        from handlers.engagement.service import service

        sent = [event for event in self.told() if event["client"]["client_id"] == person]
        if sent:
            note_events(service().tables.sends, [{**sent[-1], "event_type": DELIVERED}])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Asks the service until it is acknowledged."""
        for _ in range(REPORTS):
            status, answer = self.aws.api(method, path, body)
            if status < 300 or status == 404:
                return
            assert status in (409, 429, 500, 503), (status, answer)
        raise AssertionError(f"{method} {path} was not acknowledged")


UTC = {"Demographic": {"Timezone": "UTC"}}
WAIT_OVER = "QUIET_TIME_WAIT_FINISHED"


def _ways_out(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    """(metric, activity) of where an activity leads to; metric None: everybody goes there."""
    if kind in ("SMS", "Wait"):
        found = [(None, body.get("NextActivity"))]
    elif kind == "Holdout":
        found = [("PASSED", body.get("NextActivity"))]
    elif kind == "ConditionalSplit":
        found = [("Branch_TRUE", body.get("TrueActivity")), ("Branch_FALSE", body.get("FalseActivity"))]
    else:
        found = [(f"Branch_{at}", branch.get("NextActivity")) for at, branch in enumerate(body["Branches"], 1)]
        found.append(("Branch_Else", body.get("DefaultActivity")))
    yield from ((metric, target) for metric, target in found if target is not None)


def _explained(got: Sequence[str], walks: Sequence[set[tuple[str, ...]]]) -> bool:
    """Whether messages are of walks in turn, each one way of those that it may have taken, perhaps with messages missing."""
    if not walks:
        return not got
    mine, *others = walks
    return any(
        any(_within(got[:length], way) for way in mine) and _explained(got[length:], others)
        for length in range(len(got), -1, -1)
    )


def _within(part: Sequence[str], way: Sequence[str]) -> bool:
    """Whether a part is what is left of a way when some of it is taken away."""
    rest = iter(way)
    return all(message in rest for message in part)
