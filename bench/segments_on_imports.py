"""What the rows of segments on imports share: the hosted service exports one endpoint of an import, in a project of many more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench import exports
from bench.hosted_service import SEGMENT, SHARDS, Seed
from bench.kind import Work, batches

OTHERS = 20_000
"""Endpoints of the project beside the imports'."""
FIRST = {"Attributes": {"FirstName": {"AttributeType": "INCLUSIVE", "Values": ["Name0"]}}}


def work(imports: Sequence[Sequence[int]]) -> Work:
    """A segment of whoever is in any of these imports (numbers of endpoints from 0 on) and is called as the first of all."""
    members = len({number for numbers in imports for number in numbers})

    def seeded(seed: Seed) -> Mapping[str, Any]:
        seed.endpoints(members + OTHERS)
        names = [str(5 + at) * 32 for at in range(len(imports))]
        for name, numbers in zip(names, imports, strict=True):
            seed.imported(numbers, name)
        sources = [{"Id": name} for name in names]
        group = {"Type": "ALL", "SourceType": "ANY", "SourceSegments": sources, "Dimensions": [FIRST]}
        seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": [group]})
        return {"SegmentId": SEGMENT}

    def check(objects: Iterator[bytes]) -> None:
        lines = b"".join(objects).splitlines()
        if len(lines) != 1 or b'"endpoint-0"' not in lines[0]:
            raise AssertionError(f"{len(lines)} endpoints were exported, not the one that is chosen")

    floor = {
        "dynamodb.Query": SHARDS * len(imports),  # a page of 1 MB has the keys of some 10,000 members
        "dynamodb.BatchGetItem": batches(members, 100),
    }
    return exports.work(seeded, check, floor)
