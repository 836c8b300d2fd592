"""What the two rows of the suppression core share: AWS's suppression list, the status topic, and the hosted project."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from bench.event_records import address
from bench.fakes.services import Project
from bench.fakes.wire import Answer, Reply, always, json_of
from bench.hosted_service import APPLICATION
from bench.kind import Work, batches

REFERENCE = {"calls": 1_000, "seconds": 20.4}
"""Measured for issue 3 on the reference's code: the suppression list only, one call after the other."""

_PUBLISHED = "<PublishBatchResponse><PublishBatchResult><Successful/></PublishBatchResult></PublishBatchResponse>"


class SuppressionList:
    """SES, SNS and the hosted service's search, where everybody has one endpoint."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.project = Project()
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {
            "sesv2.PutSuppressedDestination": self._put,
            "sns.PublishBatch": always(_PUBLISHED),
            "http.endpoint-search": self._search,
            **self.project.answers(),
        }

    def _put(self, request: AWSPreparedRequest) -> Reply:
        with self._lock:
            self.addresses.add(json_of(request)["EmailAddress"])
        return Reply({})

    def _search(self, request: AWSPreparedRequest) -> Reply:
        found = [
            {"Id": f"endpoint-{wanted}", "Address": wanted, "ChannelType": "EMAIL", "EndpointStatus": "ACTIVE"}
            for wanted in json_of(request)["Addresses"]
        ]
        return Reply({"Item": found})


def work(
    items: int, batch: int, environment: Mapping[str, str], answers: Mapping[str, Answer], run: Callable[[], Any]
) -> Work:
    """The suppression of `items` people, `batch` at once, each of them announced and their endpoint opted out."""
    suppression = SuppressionList()

    def check() -> None:
        wanted = {address(number) for number in range(items)}
        if suppression.addresses != wanted or suppression.project.endpoints != items:
            raise AssertionError(
                f"{len(suppression.addresses)} addresses suppressed and {suppression.project.endpoints} endpoints opted "
                f"out, not {items}"
            )

    full, rest = divmod(items, batch)
    at_once = [batch] * full + [rest] * bool(rest)
    return Work(
        environment={
            "ENGAGEMENT_ENDPOINT_URL": "https://bench.lambda-url.us-east-1.on.aws",
            "APPLICATION_ID": APPLICATION,
            "RECIPIENT_STATUS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:status",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
            **environment,
        },
        answers={**suppression.answers(), **answers},
        run=run,
        check=check,
        floor={
            "sesv2.PutSuppressedDestination": items,  # SES takes one address a call
            "sns.PublishBatch": sum(batches(count, 10) for count in at_once),
            "http.endpoint-search": sum(batches(count, 100) for count in at_once),
            "pinpoint.UpdateEndpointsBatch": sum(batches(count, 100) for count in at_once),
        },
    )
