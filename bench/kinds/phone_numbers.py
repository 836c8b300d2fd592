"""Architecture 4: the numbers of an export are validated and written back."""

from __future__ import annotations

import gzip
import json

from bench.fakes.s3 import FakeS3
from bench.fakes.services import Project
from bench.kind import Kind, Work, batches
from bench.row import Context
from bench.validation import BUCKET, VALIDATION

PREFIX = "exports/run/"


def prepare(items: int) -> Work:
    lines = (
        json.dumps({"Id": f"endpoint-{n}", "Address": f"+1425{n:07d}", "ChannelType": "SMS"}) + "\n"
        for n in range(items)
    )
    bucket = FakeS3(BUCKET, {f"{PREFIX}0.gz": gzip.compress("".join(lines).encode())})
    project = Project()

    def run() -> None:
        from handlers.phone_number_validate.function import handler

        context = Context()
        plan = handler({"operation": "plan", "Run": {"Prefix": PREFIX, "Execution": "run"}}, context)
        for chunk in plan["Chunks"]:
            state = chunk
            while not state["Done"]:
                state = handler({"operation": "process", "Chunk": state}, Context())

    def check() -> None:
        if project.endpoints != items:
            raise AssertionError(f"{project.endpoints} endpoints were written back, not {items}")

    return Work(
        environment=VALIDATION,
        answers={**bucket.answers(), **project.answers()},
        run=run,
        check=check,
        floor={
            "pinpoint.PhoneNumberValidate": items,
            "pinpoint.UpdateEndpointsBatch": batches(items, 100),
            "s3.ListObjectsV2": 2,  # once to plan, once to work
            "s3.GetObject": 1,
            "s3.PutObject": 1,  # an execution takes its turn
        },
    )


KIND = Kind(
    name="phone-numbers",
    title="phone numbers validated",
    items=1_000,
    handler="handlers.phone_number_validate.function",
    prepare=prepare,
    reference={"calls": 2_004, "seconds": 40.8},  # measured for issue 2: one call after the other, one update a number
)
