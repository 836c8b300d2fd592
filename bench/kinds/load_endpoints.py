"""`engagement project load`: rows of a Pinpoint export, by UpdateEndpointsBatch."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.wire import Reply, json_of
from bench.hosted_service import APPLICATION, ENVIRONMENT, phone_number
from bench.kind import Kind, Work, batches

BATCH = 100


def prepare(items: int) -> Work:
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "part-0.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(items):
            row = {"Id": f"e-{number}", "ChannelType": "SMS", "Address": phone_number(number), "OptOut": "NONE"}
            out.write(json.dumps(row) + "\n")
    lock = threading.Lock()
    stored: set[str] = set()

    def update(request: AWSPreparedRequest) -> Reply:
        with lock:
            stored.update(item["Id"] for item in json_of(request)["Item"])
        return Reply({"Message": "Accepted", "RequestID": "r"}, 202)

    def run() -> None:
        from commands.command import run as command

        errors = str(Path(folder.name) / "errors.csv")
        target = ["--application", APPLICATION, "--endpoint-url", "https://api.example/", "--errors", errors]
        if command(["project", "load", str(file), *target, "--json"]):
            raise AssertionError("the command did not end with 0")

    def check() -> None:
        folder.cleanup()
        if len(stored) != items:
            raise AssertionError(f"{len(stored)} endpoints were stored, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={
            "pinpoint.UpdateEndpointsBatch": update,
            "pinpoint.GetApp": lambda _: Reply({"Id": APPLICATION, "Name": "bench", "Arn": "arn"}),
        },
        run=run,
        check=check,
        floor={"pinpoint.UpdateEndpointsBatch": batches(items, BATCH)},
    )


KIND = Kind(
    name="load-endpoints",
    title="endpoints of an export by `engagement project load`",
    items=10_000,
    handler="commands.loading.load",
    prepare=prepare,
)
