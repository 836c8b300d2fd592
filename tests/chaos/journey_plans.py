"""Random journeys, and what is to happen to the people in them: all of it drawn from one source of chance."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.hosted_service import SEGMENT
from handlers.engagement.journeys.activities import MESSAGES, body_of, kind_of
from handlers.engagement.journeys.paths import ancestors

SEGMENT_START, REFRESHED, BY_EVENT = "segment", "refreshed", "event"
QUIET = {"Start": "08:02", "End": "08:14"}  # a simulation begins at 08:00 UTC
GOLD = {"Attributes": {"tier": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
DELIVERED = "_SMS.SUCCESS"
TIERS = ("gold", "none")
KINDS = ("SMS", "SMS", "SMS", "Wait", "Wait", "ConditionalSplit", "MultiCondition", "RandomSplit", "Holdout")


@dataclass(frozen=True)
class Happening:
    """Something that happens so many seconds after the beginning.

    what: `tier` (the endpoint's attribute changes to the other value), `out` (it opts out), `gone` (it is deleted), `delivered` (the last message to it is
    told as delivered), `event` (it reports the event of the id `value`), `PAUSED`, `ACTIVE`, `CANCELLED` (the journey's state).
    """

    at: float
    what: str
    person: str = ""
    value: str = ""


@dataclass(frozen=True)
class Plan:
    """A journey, the people, by name with their tier, and what happens."""

    activities: dict[str, dict[str, Any]]
    begins: str
    members: dict[str, Any]
    people: dict[str, str]
    happenings: list[Happening] = field(default_factory=list)

    @property
    def definition(self) -> dict[str, Any]:
        """The WriteJourneyRequest."""
        event = {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["bought"]}}
        start = {"EventStartCondition": {"EventFilter": {"FilterType": "ENDPOINT", "Dimensions": event}}}
        segment = {"SegmentStartCondition": {"SegmentId": SEGMENT}}
        return {
            "Name": "j",
            "State": "ACTIVE",
            "StartActivity": "a0",
            "StartCondition": start if self.begins == BY_EVENT else segment,
            "Activities": self.activities,
            **self.members,
        }

    def calm(self) -> bool:
        """Whether nobody leaves before the end and everybody may be sent to, so that all arrivals at a message are counted."""
        return not any(happening.what in ("out", "gone", "CANCELLED") for happening in self.happenings)

    def ways(self, journey_id: str, person: str, entry: int) -> set[tuple[str, ...]]:
        """The messages on every way that a participant may take: conditions on what changes may go either way."""
        changes = any(one.person == person and one.what == "tier" for one in self.happenings)
        gold = None if changes else self.people[person] == "gold"
        chance = {name: _chance(journey_id, name, person, entry) for name in self.activities}
        return set(self._ways("a0", chance, gold))

    def _ways(self, name: str | None, chance: Mapping[str, int], gold: bool | None) -> Iterator[tuple[str, ...]]:
        if name is None:
            yield ()
            return
        activity = self.activities[name]
        kind, body = kind_of(activity), body_of(activity)
        before = (name,) if kind in MESSAGES else ()
        for target in dict.fromkeys(_targets(kind, body, chance[name], gold)):
            for way in self._ways(target, chance, gold):
                yield (*before, *way)


def draw(chance: random.Random, names: Sequence[str]) -> Plan:
    """A plan for people of these names."""
    activities = _draw_activities(chance)
    begins = chance.choice((SEGMENT_START, REFRESHED, BY_EVENT))
    members: dict[str, Any] = {}
    if begins == REFRESHED:
        members = {"RefreshFrequency": "PT10M", "Limits": {"EndpointReentryCap": chance.choice((1, 2, 3))}}
    if chance.random() < 0.3:
        members |= {"QuietTime": QUIET, "WaitForQuietTime": chance.random() < 0.7}
    if chance.random() < 0.2:
        members["Limits"] = {**members.get("Limits", {}), "TotalCap": chance.choice((1, 2))}
    people = {name: chance.choice(TIERS) for name in names}
    return Plan(activities, begins, members, people, _draw_happenings(chance, begins, names))


def _draw_activities(chance: random.Random) -> dict[str, dict[str, Any]]:
    names = [f"a{at}" for at in range(chance.randint(1, 7))]
    made = {name: _draw_activity(chance, names[at + 1 :]) for at, name in enumerate(names)}
    earlier = ancestors(made)
    for name, activity in made.items():
        messages = sorted(other for other in earlier[name] if kind_of(made[other]) in MESSAGES)
        _draw_conditions(chance, activity, messages)
    return made


def _draw_activity(chance: random.Random, later: Sequence[str]) -> dict[str, Any]:
    def target(member: str) -> dict[str, str]:
        return {member: chance.choice(later[:3])} if later and chance.random() < 0.85 else {}

    kind = chance.choice(KINDS)
    if kind == "SMS":
        return {kind: {**target("NextActivity")}}
    if kind == "Wait":
        length = chance.choice((1, 5, 61, 90, 200, 600))
        return {kind: {"WaitTime": {"WaitFor": f"PT{length}S"}, **target("NextActivity")}}
    if kind == "Holdout":
        return {kind: {"Percentage": chance.choice((10, 50)), **target("NextActivity")}}
    if kind == "RandomSplit":
        first = chance.choice((20, 50, 70))
        return {kind: {"Branches": [{"Percentage": part, **target("NextActivity")} for part in (first, 100 - first)]}}
    if kind == "ConditionalSplit":
        return {kind: {**target("TrueActivity"), **target("FalseActivity")}}
    return {kind: {"Branches": [target("NextActivity") for _ in range(2)], **target("DefaultActivity")}}


def _draw_conditions(chance: random.Random, activity: dict[str, Any], messages: Sequence[str]) -> None:
    kind, body = next(iter(activity.items()))
    asks_for_event = False

    def condition() -> dict[str, Any]:
        nonlocal asks_for_event
        if messages and chance.random() < 0.5:
            asks_for_event = True
            dimensions = {"EventType": {"DimensionType": "INCLUSIVE", "Values": [DELIVERED]}}
            return {"EventCondition": {"MessageActivity": chance.choice(messages), "Dimensions": dimensions}}
        return {"segmentDimensions": GOLD}

    if kind == "ConditionalSplit":
        body["Condition"] = {"Conditions": [condition()]}
    elif kind == "MultiCondition":
        body["Branches"] = [{"Condition": condition(), **branch} for branch in body["Branches"]]
    else:
        return
    if asks_for_event or chance.random() < 0.5:
        body["EvaluationWaitTime"] = {"WaitFor": chance.choice(("PT20S", "PT3M"))}


def _draw_happenings(chance: random.Random, begins: str, names: Sequence[str]) -> list[Happening]:
    what = ["tier", "tier", "delivered", "delivered", "delivered"]
    if chance.random() < 0.2:
        what += ["out", "gone"]
    found = []
    for _ in range(chance.randint(0, 4 * len(names))):
        found.append(Happening(chance.uniform(0, 900), chance.choice(what), chance.choice(names)))
    if begins == BY_EVENT:
        for at in range(chance.randint(1, 3 * len(names))):
            number = chance.randrange(at + 1)  # some are reported again
            found.append(Happening(chance.uniform(0, 1500), "event", names[number % len(names)], f"event-{number}"))
    if begins == REFRESHED and chance.random() < 0.4:
        paused = chance.uniform(30, 600)
        found += [Happening(paused, "PAUSED"), Happening(paused + 301, "ACTIVE")]
    if chance.random() < 0.15:
        found.append(Happening(chance.uniform(10, 1200), "CANCELLED"))
    return sorted(found, key=lambda happening: happening.at)


def _targets(kind: str, body: Mapping[str, Any], chance: int, gold: bool | None) -> list[str | None]:
    """Where an activity may lead somebody to."""
    if kind == "Holdout":
        return [None if chance < body["Percentage"] else body.get("NextActivity")]
    if kind == "RandomSplit":
        first, second = body["Branches"]
        return [(first if chance < first["Percentage"] else second).get("NextActivity")]
    if kind == "ConditionalSplit":
        holds = _holds(body["Condition"]["Conditions"][0], gold)
        ways = {True: body.get("TrueActivity"), False: body.get("FalseActivity")}
        return [ways[answer] for answer in holds]
    if kind == "MultiCondition":
        found: list[str | None] = []
        for branch in body["Branches"]:
            holds = _holds(branch["Condition"], gold)
            if True in holds:
                found.append(branch.get("NextActivity"))
            if False not in holds:
                return found
        return [*found, body.get("DefaultActivity")]
    return [body.get("NextActivity")]


def _holds(condition: Mapping[str, Any], gold: bool | None) -> list[bool]:
    """What a condition may come to; gold None: that changes."""
    return [True, False] if gold is None or "EventCondition" in condition else [gold]


def _chance(journey_id: str, activity: str, person: str, entry: int) -> int:
    """The dice of a participant at an activity, 0 to 99, as the journeys' definition has it."""
    digest = hashlib.blake2b(f"{journey_id}/{activity}/{person}/{entry}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100
