"""Architecture 4: the validation that follows an import of ten rows. Items are the project's endpoints."""

from __future__ import annotations

from bench.kind import Kind, Work
from bench.validation import IMPORT, work


def prepare(items: int) -> Work:
    return work(items, IMPORT, floor={"s3.PutObject": 1, "sts.AssumeRole": 1})


KIND = Kind(
    name="validation-after-import",
    title="endpoints beside ten imported ones that are validated (hosted)",
    items=20_000,
    handler="handlers.phone_number_validate.function",
    prepare=prepare,
)
