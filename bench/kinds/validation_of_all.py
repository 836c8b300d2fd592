"""Architecture 4: a run over all unverified endpoints, ten of a project's. Items are the project's endpoints."""

from __future__ import annotations

from bench.kind import Kind, Work, batches
from bench.validation import work


def prepare(items: int) -> Work:
    # A page of a query is 1 MB, of each of the 16 shards by itself.
    floor = {"dynamodb.Query": 16 * max(1, batches(items, 16 * 2_000)), "s3.PutObject": 1, "sts.AssumeRole": 1}
    return work(items, {"why": "all of them"}, floor)


KIND = Kind(
    name="validation-of-all",
    title="endpoints looked through for ten unverified ones (hosted)",
    items=20_000,
    handler="handlers.phone_number_validate.function",
    prepare=prepare,
)
