"""What the rows of UpdateEndpointsBatch share: requests of 100 endpoints each, through the API function's handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import ENVIRONMENT, api_call, phone_number
from bench.kind import Work
from bench.row import Context

BATCH = 100


def updates(
    tables: FakeDynamoDb,
    items: int,
    members: Callable[[int], Mapping[str, Any]],
    *,
    stored: int,
    floor: Mapping[str, int],
) -> Work:
    """Updates of so many endpoints.

    Args:
        members: What an update says beside id, address and channel, by the endpoint's number.
        stored: How many items the table of endpoints must have in the end.
    """
    statuses: list[int] = []

    def request(numbers: range) -> dict[str, Any]:
        shared = {"ChannelType": "SMS"}
        endpoints = [
            {"Id": f"endpoint-{number}", "Address": phone_number(number), **shared, **members(number)}
            for number in numbers
        ]
        return api_call("PUT", "/endpoints", {"Item": endpoints})

    def run() -> None:
        from handlers.engagement.api.function import handler

        for start in range(0, items, BATCH):
            answer = handler(request(range(start, min(items, start + BATCH))), Context())
            statuses.append(answer["statusCode"])

    def check() -> None:
        if set(statuses) != {202} or tables.count("endpoints") != stored:
            raise AssertionError(f"answers {sorted(set(statuses))}, {tables.count('endpoints')} items, not {stored}")

    return Work(environment=ENVIRONMENT, answers=tables.answers(), run=run, check=check, floor=floor)
