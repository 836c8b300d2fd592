"""Architecture 13: the rows of a query's result update endpoints (`mutate`)."""

from __future__ import annotations

from bench.fakes.s3 import FakeS3
from bench.fakes.services import Project
from bench.kind import Kind, Work, batches
from bench.row import Context

BUCKET = "answers"
KEY = "results/query.csv"


def prepare(items: int) -> Work:
    rows = "".join(f'"endpoint-{n}","True"\n' for n in range(items))
    bucket = FakeS3(BUCKET, {KEY: f'"Id","Attributes.SomeAttribute"\n{rows}'.encode()})
    project = Project()

    def run() -> None:
        from handlers.federated_segmentation.function import handler

        event = {"Input": {"Query": "SELECT 1", "Type": "mutate"}, "Url": f"s3://{BUCKET}/{KEY}", "Execution": "run"}
        plan = handler({"operation": "inspect", **event}, Context())
        if "Chunks" not in plan:
            raise AssertionError(plan)
        for chunk in plan["Chunks"]:
            state = chunk
            while not state["Done"]:
                state = handler({"operation": "process", "Chunk": state}, Context())

    def check() -> None:
        if project.endpoints != items:
            raise AssertionError(f"{project.endpoints} endpoints were updated, not {items}")

    return Work(
        environment={
            "APPLICATION_ID": "app",
            "IMPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/engagement/import",
            "RESULTS_BUCKET": BUCKET,
            "MAX_CHUNKS": "4",
            "ENGAGEMENT_ENDPOINT_URL": "https://api.example/",
        },
        answers={**bucket.answers(), **project.answers()},
        run=run,
        check=check,
        floor={
            "pinpoint.UpdateEndpointsBatch": batches(items, 100),
            "s3.HeadObject": 1,
            "s3.GetObject": 3,  # the header when the result is looked at, the header and the rows of its one part
        },
    )


KIND = Kind(
    name="segment-mutations",
    title="endpoints updated by a query",
    items=10_000,
    handler="handlers.federated_segmentation.function",
    prepare=prepare,
    reference={
        "calls": 3
    },  # starts the query, asks for it once, and hands its result to one import job, whose work is Pinpoint's
)
