"""Deletes a person place by place, and writes down what was deleted where, and what remains, how long and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.campaigns.project import Project
from commands.erasing.person import Person
from commands.errors import CommandError
from commands.functions import answers, totals
from handlers.shared.project_endpoints import ProjectEndpoints

ARCHIVE, EVENTS, ENDPOINTS, TRACES = "message archive", "event database", "endpoints", "campaigns, journeys and caps"
BATCH = 100
"""Endpoints of one call."""
EXPORTS = {ARCHIVE: "archiveRecordsFunctionName", EVENTS: "eventErasureFunctionName"}
"""The output of the stacks that names the function which deletes from a place."""
ERASED, NOTHING, ABSENT, FAILED, POSTPONED = "ERASED", "NOTHING_FOUND", "NOT_THERE", "FAILED", "POSTPONED"
STAYS = "STAYS_FOR_NOW"
"""There is something, and nothing of it can be deleted yet: REMAINS says what, until when and why."""
REMAINS = (
    {
        "What": "lists that hold messages back: SES's suppression list, opt-out lists, opted-out addresses of the project",
        "Until": "somebody takes the address off (`engagement suppress remove`)",
        "Why": "without them the person would be written to again; `engagement suppress check ADDRESS` shows them",
    },
    {
        "What": "claims of campaigns' runs that go on, and of campaigns and journeys that were deleted: the endpoint's id, and a digest of its address",
        "Until": "90 days after the run; run the command again, with the endpoint ids, when the run is over",
        "Why": "nobody gets a campaign's message twice; those of what was deleted could only be found by reading all",
    },
    {
        "What": "journeys in which the endpoint is now, their events that wait, and counters of journeys and campaigns that were deleted",
        "Until": "the participant's next step, when it leaves; 800 days",
        "Why": "a step that is under way must find what it began with; the others could only be found by reading all",
    },
    {
        "What": "what became of each message, under digests of its id and of the endpoint's",
        "Until": "93 days after it was sent",
        "Why": "figures would change; nobody is named, and no key leads from the person to them",
    },
    {
        "What": "imported segments whose import registered no endpoints: the endpoint as the file had it",
        "Until": "the segment is deleted",
        "Why": "import the segment anew, from a file without the person",
    },
    {
        "What": "events in the stream; messages in queues",
        "Until": "24 hours; 14 days",
        "Why": "run the command again a day later, which deletes what arrived in between",
    },
    {
        "What": "backups of tables; former versions of objects in the import bucket",
        "Until": "35 days; the bucket's noncurrentDays",
        "Why": "they cannot be changed",
    },
    {
        "What": "files that were dropped, and ledgers of the architectures that have their own (texts by file, replies, opt-outs by keyword, channels)",
        "Until": "as their pages say",
        "Why": "no command reaches them yet",
    },
)
"""What the command does not delete. A receipt that did not say so would be false."""


@dataclass(frozen=True)
class Outcome:
    """What became of a place. counts: of what was deleted. note: the reason where it was not."""

    place: str
    result: str
    counts: Mapping[str, int]
    note: str = ""

    def told(self) -> dict[str, Any]:
        """As the receipt has it: no name of the person."""
        return {"Place": self.place, "Result": self.result, **self.counts, **({"Note": self.note} if self.note else {})}


def erase(
    project: Project, endpoints: ProjectEndpoints, person: Person, functions: Mapping[str, str], by: str
) -> Iterator[Outcome]:
    """Deletes the person from all places, and tells of each. functions: by place, the function that deletes there.

    Endpoints go only where the places before are done: by them the person is found when it is tried again. What campaigns, journeys
    and caps hold of them goes after them, so that nobody is written to once more for want of a claim.
    """
    done = True
    for place, delete in ((ARCHIVE, _from_archive), (EVENTS, _from_events)):
        outcome = _tried(place, functions, lambda function, delete=delete: delete(function, person))
        done = done and outcome.result != FAILED
        yield outcome
    if not done:
        for place in (ENDPOINTS, TRACES):
            yield Outcome(place, POSTPONED, {}, "the places before failed; run the command again")
        return
    try:
        yield _endpoints(project, endpoints, person, by)
    except (CommandError, ClientError, BotoCoreError) as error:
        yield Outcome(ENDPOINTS, FAILED, {}, " ".join(str(error).split()))
        yield Outcome(TRACES, POSTPONED, {}, "the endpoints are there; run the command again")
        return
    try:
        yield _traces(project, person)
    except (CommandError, ClientError, BotoCoreError) as error:
        reason = " ".join(str(error).split())
        yield Outcome(TRACES, FAILED, {}, f"{reason}; run the command again with the endpoint ids that it showed")


def _tried(place: str, functions: Mapping[str, str], delete: Callable[[str], dict[str, int]]) -> Outcome:
    if place not in functions:
        return Outcome(place, ABSENT, {}, f"no stack that was named exports {EXPORTS[place]}")
    try:
        counts = delete(functions[place])
    except (CommandError, ClientError, BotoCoreError) as error:
        return Outcome(place, FAILED, {}, " ".join(str(error).split()))
    return Outcome(place, ERASED if counts.get("Messages") or counts["Lines"] else NOTHING, counts)


def _from_archive(function: str, person: Person) -> dict[str, int]:
    names = ("Messages", "Objects", "Rewritten", "Deleted", "Lines")
    found: Counter[str] = Counter(dict.fromkeys(names, 0))
    for endpoint in person.endpoints or person.given:
        event = {"operation": "delete", "EndpointId": endpoint, "Identifiers": person.identifiers}
        found.update(totals(answers(function, event), *names))
    return dict(found)


def _from_events(function: str, person: Person) -> dict[str, int]:
    return totals(answers(function, {"Identifiers": person.identifiers}), "Objects", "Rewritten", "Deleted", "Lines")


def _endpoints(project: Project, endpoints: ProjectEndpoints, person: Person, by: str) -> Outcome:
    kept = 0
    for channel, addresses in person.opted_out.items():
        outs = endpoints.opt_out_addresses(channel, dict.fromkeys(addresses, "ALL"), by)
        if reasons := {*outs.refused.values(), *outs.failed.values()}:
            raise CommandError(f"an opt-out was not kept: {'; '.join(sorted(reasons))}")
        kept += len(addresses)
    deleted = 0
    for endpoint in person.endpoints:
        try:
            project.client.delete_endpoint(ApplicationId=project.application, EndpointId=endpoint)
        except project.client.exceptions.NotFoundException:
            continue
        deleted += 1
    counts = {"Endpoints": deleted, "Users": len(person.users), "OptOutsKept": kept}
    return Outcome(ENDPOINTS, ERASED if deleted else NOTHING, counts)


def _traces(project: Project, person: Person) -> Outcome:
    """Claims, participation and counters, of the application, of each campaign and of each journey; without endpoints, of the ids given."""
    ids = list(person.endpoints) or person.given
    owners: list[dict[str, str]] = [{}]
    owners += [{"CampaignId": campaign["Id"]} for campaign in project.campaigns()]
    owners += [{"JourneyId": journey["Id"]} for journey in project.journeys()]
    found: Counter[str] = Counter(Deleted=0, Left=0)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        known = [person.endpoints.get(identifier, {}) for identifier in batch]
        addresses = [
            {"ChannelType": endpoint["ChannelType"], "Address": endpoint["Address"]}
            for endpoint in known
            if endpoint.get("ChannelType") and endpoint.get("Address")
        ]
        document = {"EndpointIds": batch, "Addresses": addresses}
        for owner in owners:
            found.update(project.erase_traces({**document, **owner}))
    note = "some have to stay for now: the receipt says which, under Remains" if found["Left"] else ""
    result = ERASED if found["Deleted"] else STAYS if found["Left"] else NOTHING
    return Outcome(TRACES, result, dict(found), note)


def write_receipt(file: Path, outcomes: Iterable[Outcome], reference: str, by: str, application: str) -> dict[str, Any]:
    """Erases, and writes the receipt, also of what was done before an interruption. Returns it.

    `Done`: every place was asked, and none failed. Raises CommandError where it cannot be written, before anything is deleted.
    """
    receipt: dict[str, Any] = {
        "At": datetime.now(UTC).isoformat(timespec="seconds"),
        "By": by,
        "Reference": reference,
        "Application": application,
        "Done": False,
        "Places": [],
        "Remains": REMAINS,
    }
    _write(file, receipt)
    try:
        for outcome in outcomes:
            receipt["Places"].append(outcome.told())
        receipt["Done"] = not any(place["Result"] in (FAILED, POSTPONED) for place in receipt["Places"])
    finally:
        _write(file, receipt)
    return receipt


def _write(file: Path, receipt: Mapping[str, Any]) -> None:
    try:
        file.write_text(json.dumps(receipt, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
