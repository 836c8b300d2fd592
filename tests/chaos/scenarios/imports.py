"""Files are imported while steps die, run twice and are throttled, and while others update the same endpoints."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from typing import Any

from bench.hosted_service import APPLICATION, ROLE, phone_number
from tests.chaos.aws import SLOW, Aws, Client
from tests.chaos.campaigns import ATTEMPTS, Context
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.simulation import Killed
from tests.handlers.shared.fakes import client_error

BUCKET = "data"
PEOPLE = 60
"""In each file."""
Row = dict[str, str]


class Files:
    """Objects of one bucket, as an S3 client gives them; every so many calls are throttled."""

    def __init__(self, aws: Aws, objects: dict[str, bytes], throttled_share: float) -> None:
        self.aws, self.objects, self.throttled_share = aws, objects, throttled_share

    def client(self) -> Client:
        return Client(head_object=self._head, get_object=self._get, get_paginator=lambda _: self)

    def paginate(self, *, Prefix: str, **_: Any) -> list[dict[str, Any]]:
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        sizes = [{"Key": key, "Size": len(self.objects[key]), "ETag": key} for key in keys]
        return self._call("ListObjectsV2", lambda: [{"Contents": sizes}])

    def _head(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise client_error("404", 404)
        return self._call("HeadObject", lambda: {"ContentLength": len(self.objects[Key]), "ETag": Key})

    def _get(self, *, Key: str, Range: str, **_: Any) -> dict[str, Any]:
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        return self._call("GetObject", lambda: {"Body": io.BytesIO(self.objects[Key][first : last + 1])})

    def _call(self, operation: str, work: Callable[[], Any]) -> Any:
        if self.aws.simulation.in_process and self.aws.simulation.random.random() < self.throttled_share:
            raise client_error("SlowDown", 503)
        return self.aws.call(operation, work, SLOW)


class Job:
    """One import job and its state machine, with each step a process of its own, which now and then runs twice."""

    def __init__(self, aws: Aws, key: str, form: str, chance: random.Random) -> None:
        self.aws, self.chance = aws, chance
        before = len(aws.started)
        status, answer = aws.api(
            "POST",
            "jobs/import",
            {"S3Url": f"s3://{BUCKET}/{key}", "RoleArn": ROLE, "Format": form, "DefineSegment": True},
        )
        assert status == 201, answer
        self.id, self.segment = answer["Id"], answer["Definition"]["SegmentId"]
        self.event = json.loads(aws.started[before]["input"])
        self.twice: list[Any] = []

    def run(self) -> None:
        """From beginning to end; part of a simulation."""
        simulation = self.aws.simulation
        try:
            plan = self._step("plan")
            while plan["Action"] == "PLAN":
                plan = self._step("plan")
            if plan["Action"] == "RUN":
                simulation.join([simulation.spawn(lambda chunk=chunk: self._chunk(chunk)) for chunk in plan["Chunks"]])
                self._step("complete")
        except (Killed, Exception) as error:  # noqa: BLE001  as the state machine's Catch
            self._until_done("fail", Failure={"Error": type(error).__name__, "Cause": "{}"})
        simulation.join(self.twice)

    def answer(self) -> dict[str, Any]:
        """The job as GetImportJob tells it."""
        return self.aws.api("GET", f"jobs/import/{self.id}")[1]

    def _chunk(self, chunk: int) -> None:
        cursor = None
        while True:
            try:
                step = self._step("process", Chunk=chunk, Cursor=cursor)
            except (Killed, Exception) as error:  # noqa: BLE001  as the state machine's Catch
                self._until_done("lose", Chunk=chunk, Failure={"Error": type(error).__name__, "Cause": "{}"})
                return
            if step["Done"]:
                return
            cursor = step["Cursor"]

    def _until_done(self, operation: str, **given: Any) -> None:
        while True:
            try:
                self._step(operation, **given)
            except (Killed, Exception):  # noqa: BLE001  what recording a failure that failed would leave is another test
                continue
            return

    def _step(self, operation: str, **given: Any) -> dict[str, Any]:
        """One task of the state machine, with its four attempts."""
        event = json.loads(json.dumps({"operation": operation, **self.event, **given}))
        for attempt in range(ATTEMPTS):
            if self.chance.random() < 0.1:
                self.twice.append(self.aws.simulation.spawn(lambda: self._again(event)))
            try:
                return self.aws.simulation.call(lambda: self._work(event))
            except (Killed, Exception):
                if attempt == ATTEMPTS - 1:
                    raise
                self.aws.simulation.sleep(2.0 * 2**attempt)
        raise AssertionError("not reached")

    def _again(self, event: dict[str, Any]) -> None:
        """The same call once more, beside the other or after it; nobody hears what it says."""
        self.aws.simulation.sleep(self.chance.choice((0.0, 0.1, 1.0)))
        try:
            self.aws.simulation.call(lambda: self._work(event))
        except (Killed, Exception):  # noqa: BLE001
            return

    def _work(self, event: dict[str, Any]) -> dict[str, Any]:
        from handlers.engagement.jobs.import_function import handler

        return handler(event, Context(self.aws, self.chance.choice((600, 60.5, 62))))


def csv_file(rows: list[Row], separator: str, line_break: str) -> bytes:
    """A file with line breaks and separators in its values."""
    columns = [*rows[0], "Attributes.Note"]
    lines = [separator.join(columns)]
    for row in rows:
        note = f'"said: ""yes""{separator}{line_break}SMS{separator}+12065550100"'
        lines.append(separator.join([*row.values(), note]))
    return line_break.join(lines).encode()


def json_file(rows: list[Row]) -> bytes:
    """One endpoint a line."""
    documents = []
    for row in rows:
        plain = {name: value for name, value in row.items() if "." not in name}
        documents.append({**plain, "Attributes": {"Plan": [row["Attributes.Plan"]]}})
    return "\n".join(map(json.dumps, documents)).encode()


class Changes:
    """Others who change endpoints that are being imported. wanted: id -> what was acknowledged last, by member; lasting: what
    of it outlives another import of the same rows."""

    def __init__(self, aws: Aws, chance: random.Random, addresses: dict[str, str]) -> None:
        self.aws, self.chance, self.addresses = aws, chance, addresses
        self.wanted: dict[str, dict[str, str]] = {}
        self.lasting: dict[str, dict[str, str]] = {}
        self.count = 0

    def one(self, name: str) -> None:
        """Somebody changes this endpoint, in one of the ways that there are."""
        self.count += 1
        at = self.count
        want = self.wanted.setdefault(name, {})
        match self.chance.choice(("Address", "OptOut", "Plan", "EndpointStatus", "STOP", "takeover")):
            case "Address":
                number = phone_number(40_000 + at)
                self._update(name, ChannelType="SMS", Address=number)
                want.update(Address=number, EndpointStatus="ACTIVE")
                if not name.startswith("p"):  # the id stands for the row's address, which so is no news
                    self.lasting[name] = {"Address": number}
            case "OptOut":
                self._update(name, OptOut="ALL")
                want.update(OptOut="ALL")
            case "Plan":
                self._update(name, Attributes={"Plan": [f"own {at}"]})
                want.update(Plan=f"own {at}")
            case "EndpointStatus":
                self._update(name, EndpointStatus="INACTIVE")
                want.update(EndpointStatus="INACTIVE")
            case "STOP":
                body = {"ChannelType": "SMS", "Item": [{"Address": self.addresses[name], "OptOut": "ALL"}]}
                self._until(lambda: self.aws.api("POST", "address-opt-outs", body))
                want.update(OptOut="ALL")
                self.lasting[name] = {"OptOut": "ALL"}
            case _:
                self._update(f"other-{name}", ChannelType="SMS", Address=self.addresses[name])
                self.wanted[f"other-{name}"] = {"Address": self.addresses[name], "EndpointStatus": "ACTIVE"}
                want.update(EndpointStatus="INACTIVE")

    def check(self, *, all_there: bool) -> None:
        """Everything is as it was acknowledged. all_there: otherwise, whom no import has made yet is passed over."""
        for name, want in self.wanted.items():
            status, endpoint = self.aws.api("GET", f"endpoints/{name}")
            if status == 404 and not all_there:
                continue
            found = {member: endpoint.get(member) for member in want if member != "Plan"}
            if "Plan" in want:
                found["Plan"] = endpoint["Attributes"]["Plan"][0]
            assert found == want, f"{name} is {found}, and was acknowledged as {want}"

    def _update(self, name: str, **members: Any) -> None:
        self._until(lambda: self.aws.api("PUT", f"endpoints/{name}", members))

    def _until(self, call: Callable[[], tuple[int, dict[str, Any]]]) -> None:
        for _ in range(20):
            status, answer = call()
            if status < 300:
                return
            assert status in (409, 429, 500, 503), (status, answer)
        raise AssertionError("nobody acknowledged")


def imports_while_steps_die_and_others_change_the_same_people(stage: Stage) -> None:
    from handlers.engagement.jobs import chunks, import_steps, piece_reading, step
    from handlers.engagement.jobs.rows import endpoint_id
    from handlers.engagement.segments.members import MemberStore
    from handlers.engagement.service import service

    chance = random.Random(stage.seed)
    kills = chance.choice((0, 4, 40))
    aws = stage.account(kills=kills, kill_share=0.03 if kills < 10 else 0.15, busy_share=0.03)
    for owner, name, value in (
        (chunks, "CHUNK_BYTES", 1500),
        (piece_reading, "ROWS_PER_WRITE", 10),
        (piece_reading, "ROWS_PER_KEEP", 20),
    ):
        stage.patch.setattr(owner, name, value)
    step._tables.cache_clear()
    numbered = iter(range(10_000))

    def rows(**more: str) -> list[Row]:
        return [
            {**({"Id": f"p{at}"} if "Id" in more else {}), "ChannelType": "SMS", "Address": phone_number(at)}
            | {"Attributes.Plan": f"plan {at}"}
            | ({"OptOut": "NONE"} if "OptOut" in more else {})
            for at in (next(numbered) for _ in range(PEOPLE))
        ]

    contents = {
        "csv/a.csv": rows(Id="", OptOut=""),
        "csv/b.csv": rows(),
        "csv/c.csv": rows(Id=""),
        "json/a.json": rows(Id="", OptOut=""),
    }
    objects = {
        "csv/a.csv": csv_file(contents["csv/a.csv"], ",", "\n"),
        "csv/b.csv": csv_file(contents["csv/b.csv"], ";", "\r\n"),
        "csv/c.csv": csv_file(contents["csv/c.csv"], "\t", "\r"),
        "json/a.json": json_file(contents["json/a.json"]),
    }
    files = Files(aws, objects, throttled_share=0.03)
    client = files.client()
    stage.patch.setattr(import_steps.ImportJob.__init__, "__defaults__", (lambda *_: client,))
    people = {
        row.get("Id") or endpoint_id(APPLICATION, row): (key, row) for key, file in contents.items() for row in file
    }
    members = MemberStore(service().tables.members)
    changes = Changes(aws, chance, {name: row["Address"] for name, (_, row) in people.items()})
    changing = chance.sample(sorted(people), 60)
    jobs = {form: Job(aws, f"{form.lower()}/", form, chance) for form in ("CSV", "JSON")}

    def change(name: str):
        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, 12))
            changes.one(name)

        return run

    aws.simulation.run(*(job.run for job in jobs.values()), *map(change, changing))
    failed = [form for form, job in jobs.items() if job.answer()["JobStatus"] != "COMPLETED"]
    changes.check(all_there=not failed)
    stage.counts.update({"rows": len(people), "changed": len(changing), "killed": aws.faults.killed})
    stage.counts["failed"] += len(failed)
    aws.faults.end()
    files.throttled_share = 0
    for form in failed:  # as the runbook says: the job is created again
        assert jobs[form].answer()["Failures"], "a job failed and does not say why"
        jobs[form] = Job(aws, f"{form.lower()}/", form, chance)
        aws.simulation.run(jobs[form].run)
    for form, job in jobs.items():
        answer = job.answer()
        assert (answer["JobStatus"], answer["TotalFailures"]) == ("COMPLETED", 0), answer
        names = {name for name, (key, _) in people.items() if key.startswith(form.lower())}
        assert members.contains(job.segment, 1, names) == names, "somebody is not in the segment"
        assert members.count(job.segment, 1) == len(names)
        changed = changes.lasting if form in failed else changes.wanted
        for name in names:
            _check_person(aws.endpoint(name), people[name][1], changed.get(name, {}))


def _check_person(endpoint: dict[str, Any], row: Row, changed: dict[str, str]) -> None:
    """An endpoint is what its row says, but for what others changed since."""
    want = {"Address": row["Address"], "Plan": row["Attributes.Plan"], **changed}
    want |= {"OptOut": row["OptOut"]} if "OptOut" in row and "OptOut" not in changed else {}
    found = {name: endpoint[name] for name in want if name != "Plan"} | {"Plan": endpoint["Attributes"]["Plan"][0]}
    assert found == want, f"{endpoint['Id']} is {found}, not {want}"


SCENARIOS = (
    Scenario(
        imports_while_steps_die_and_others_change_the_same_people,
        4,
        40,
        "whom others changed while a file that names them was imported had the file's number, status or consent again",
    ),
)
