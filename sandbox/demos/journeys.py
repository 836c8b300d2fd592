"""`sandbox demo journeys`: people walk through a journey, each by the way that is theirs, and get what it says, once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from commands.journeys.drawing import lines
from commands.journeys.graph import nodes
from sandbox import outbox, servers
from sandbox.demos import clients
from sandbox.demos.stage import begin
from sandbox.demos.waiting import wait
from sandbox.errors import SandboxError
from sandbox.folder import Folder

STACK = "everything"
OVERRIDES = ("project.hosted.journeyStartDelayMinutes=0",)
PAUSE_SECONDS = 20
DEADLINE_SECONDS = 120
WELCOME, THANKS, OFFER = "Welcome, {}!", "Thank you for your gold, {}.", "Gold is half price today, {}."


@dataclass(frozen=True)
class Traveller:
    """gets: the texts that this person must get, in order. changes: what is told of their endpoint while they wait."""

    name: str
    number: int
    gets: tuple[str, ...]
    why: str
    members: Mapping[str, Any]
    changes: Mapping[str, Any] | None = None

    @property
    def address(self) -> str:
        return f"+1425556{self.number:04d}"


def _plan(name: str) -> dict[str, Any]:
    return {"Attributes": {"Plan": [name]}}


TRAVELLERS = (
    Traveller("Ann", 1, (WELCOME, THANKS), "has gold", _plan("gold")),
    Traveller("Ben", 2, (WELCOME, OFFER), "has no gold", _plan("free")),
    Traveller("Cem", 3, (WELCOME, THANKS), "buys gold while waiting", _plan("free"), _plan("gold")),
    Traveller("Dee", 4, (WELCOME,), "opts out while waiting", _plan("gold"), {"OptOut": "ALL"}),
    Traveller("Eli", 5, (), "had opted out before", {**_plan("gold"), "OptOut": "ALL"}),
)
ENTERED = [traveller for traveller in TRAVELLERS if traveller.gets]


def run(folder: Folder, errors: Console) -> None:
    """People walk through a journey."""
    stage = begin(folder, errors, STACK, OVERRIDES)
    out, running = stage.out, stage.running
    journey = Journey(running, stage.exports, secrets.token_hex(3))
    before = len(outbox.messages(folder, running))

    def sent() -> list[outbox.Message]:
        mine = {traveller.address for traveller in TRAVELLERS}
        return [message for message in outbox.messages(folder, running)[before:] if message.to in mine]

    journey.publish()
    out.print(f"2. journey {journey.id} is published: {len(TRAVELLERS)} people are in its segment")
    with errors.status("the worker lets them in"):
        _wait(lambda: journey.work() and len(sent()) >= len(ENTERED))
    out.print("3. they have come in, got their first text, and wait:")
    _show(out, journey)
    journey.change()
    changed = ", ".join(f"{one.name} {one.why}" for one in TRAVELLERS if one.changes)
    out.print(f"4. {changed}")
    with errors.status("the worker leads them on when the wait is over"):
        _wait(lambda: journey.work() and journey.state() == "COMPLETED")
    out.print("5. everybody is through:")
    _show(out, journey)
    problems = _problems(out, sent())
    if problems:
        raise SandboxError("; ".join(problems), "read `sandbox logs engagement-journeys` and `sandbox outbox`")
    out.print("6. everybody took the way that is theirs, and got each text once")


class Journey:
    """The demo's journey, its people, and the worker that the schedule calls each minute, too."""

    def __init__(self, running: servers.Servers, exports: Mapping[str, Any], mark: str) -> None:
        aws = running.clients()
        self._client = clients.engagement_client(running, exports["endpointUrl"])
        self._application: str = exports["applicationId"]
        self._mark = mark
        self._lambda = aws("lambda")
        pages = self._lambda.get_paginator("list_functions").paginate()
        names = (each["FunctionName"] for page in pages for each in page["Functions"])
        self._worker = next(name for name in names if name.startswith("engagement-journeys"))
        self.id = ""

    def publish(self) -> None:
        """Makes people, segment, templates and the journey, which runs from now on."""
        for name, text in {"welcome": WELCOME, "thanks": THANKS, "offer": OFFER}.items():
            body = text.format("{{Attributes.Name}}")
            self._client.create_sms_template(TemplateName=self._named(name), SMSTemplateRequest={"Body": body})
        for traveller in TRAVELLERS:
            self._update(traveller, {"ChannelType": "SMS", "Address": traveller.address, "OptOut": "NONE"})
            self._update(traveller, traveller.members)
        trip = {"Attributes": {"Trip": {"AttributeType": "INCLUSIVE", "Values": [self._mark]}}}
        request = {"Name": self._named("travellers"), "Dimensions": trip}
        segment = self._client.create_segment(ApplicationId=self._application, WriteSegmentRequest=request)
        made = self._client.create_journey(
            ApplicationId=self._application,
            WriteJourneyRequest={
                "Name": self._named("journey"),
                "State": "ACTIVE",
                "StartActivity": "welcome",
                "StartCondition": {"SegmentStartCondition": {"SegmentId": segment["SegmentResponse"]["Id"]}},
                "Activities": self._activities(),
            },
        )
        self.id = made["JourneyResponse"]["Id"]

    def change(self) -> None:
        """What happens to people while they wait."""
        for traveller in TRAVELLERS:
            if traveller.changes:
                self._update(traveller, traveller.changes)

    def work(self) -> bool:
        """Calls the worker, as its schedule does. Raises SandboxError where it fails."""
        answer = self._lambda.invoke(FunctionName=self._worker, Payload=b"{}")
        told = answer["Payload"].read().decode()
        if answer.get("FunctionError"):
            raise SandboxError(f"the worker failed: {told}", "read `sandbox logs engagement-journeys`")
        return True

    def state(self) -> str:
        """The journey's state."""
        found = self._client.get_journey(ApplicationId=self._application, JourneyId=self.id)
        return found["JourneyResponse"]["State"]

    def drawn(self) -> list[str]:
        """The journey as `engagement journey show` draws it."""
        asked = {"ApplicationId": self._application, "JourneyId": self.id}

        def counts(activity: str) -> dict[str, int]:
            answer = self._client.get_journey_execution_activity_metrics(**asked, JourneyActivityId=activity)
            counted = answer["JourneyExecutionActivityMetricsResponse"]["Metrics"]
            return {name: int(number) for name, number in counted.items()}

        return list(lines(nodes(self._client.get_journey(**asked)["JourneyResponse"], counts)))

    def _activities(self) -> dict[str, Any]:
        gold = {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
        return {
            "welcome": {"SMS": {"TemplateName": self._named("welcome"), "NextActivity": "pause"}},
            "pause": {"Wait": {"WaitTime": {"WaitFor": f"PT{PAUSE_SECONDS}S"}, "NextActivity": "gold"}},
            "gold": {
                "ConditionalSplit": {
                    "Condition": {"Conditions": [{"SegmentDimensions": gold}]},
                    "TrueActivity": "thanks",
                    "FalseActivity": "offer",
                }
            },
            "thanks": {"SMS": {"TemplateName": self._named("thanks")}},
            "offer": {"SMS": {"TemplateName": self._named("offer")}},
        }

    def _update(self, traveller: Traveller, members: Mapping[str, Any]) -> None:
        attributes = {"Name": [traveller.name], "Trip": [self._mark], **members.get("Attributes", {})}
        self._client.update_endpoint(
            ApplicationId=self._application,
            EndpointId=f"{self._mark}-{traveller.name.lower()}",
            EndpointRequest={**members, "Attributes": attributes},
        )

    def _named(self, name: str) -> str:
        return f"{name}-{self._mark}"


def _wait(what: Callable[[], bool]) -> None:
    wait(what, DEADLINE_SECONDS, "the journey did not come on", "engagement-journeys")


def _show(out: Console, journey: Journey) -> None:
    for line in journey.drawn():
        out.print(f"   {line}", markup=False)


def _problems(out: Console, sent: list[outbox.Message]) -> list[str]:
    """Shows who got what. Returns what is not as it must be."""
    table = Table("who", "why", "got")
    problems = []
    for traveller in TRAVELLERS:
        got = [message.body for message in sent if message.to == traveller.address]
        expected = [text.format(traveller.name) for text in traveller.gets]
        table.add_row(traveller.name, traveller.why, "\n".join(got) or "nothing")
        if got != expected:
            problems.append(f"{traveller.name}, who {traveller.why}, got {got}, not {expected}")
    out.print(table)
    return problems
