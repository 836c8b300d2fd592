"""The place where botocore would open a connection: each call waits, is counted, and is answered by a fake.

The handlers' own code and botocore's serialising, signing and parsing run as on AWS; only the network is not there.
Calls that overlap in threads wait at the same time, as they would there.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from botocore.httpsession import URLLib3Session

LATENCY_SECONDS = 0.020


@dataclass(frozen=True)
class Reply:
    """What a fake answers: JSON (`body` a mapping), text, bytes, or what is read like a connection.

    writes, reads: the units that DynamoDB charges for the call; None: the fake does not know.
    """

    body: Mapping[str, Any] | str | bytes | io.RawIOBase = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    writes: float | None = None
    reads: float | None = None


Answer = Callable[[AWSPreparedRequest], Reply]


class UnansweredCallError(RuntimeError):
    """A handler made a call, or in a form, that no fake of this row answers: a guessed answer would measure nothing."""


class Wire:
    """Counts and answers all calls of the process from now on. Keys are `service.Operation`, as botocore names them
    (`dynamodb.BatchGetItem`, `s3.GetObject`, `pinpoint.UpdateEndpointsBatch`); requests that a handler sends beside the
    clients are `http.` and the last part of their path (`http.endpoint-search`)."""

    def __init__(self, answers: Mapping[str, Answer], latency_seconds: float = LATENCY_SECONDS) -> None:
        self.answers = dict(answers)
        self.latency_seconds = latency_seconds
        self.calls: Counter[str] = Counter()
        self.units: dict[str, float] | None = {"write": 0.0, "read": 0.0}
        """Of all tables together; None: a fake of a table does not count them."""
        self.cpu_seconds = 0.0
        """Processor time of the fakes themselves."""
        self.most_at_once = 0
        self._under_way = 0
        self._lock = threading.Lock()

    def install(self) -> None:
        """Must come before the first boto3 session of the process."""
        BUILTIN_HANDLERS.append(("before-send", self._send))
        # The clients' own requests are answered before they come here.
        URLLib3Session.send = self._send_beside  # pyright: ignore[reportAttributeAccessIssue]

    def _send_beside(self, request: AWSPreparedRequest) -> AWSResponse:
        return self._send(f"before-send.http.{urlsplit(request.url).path.rpartition('/')[2]}", request)

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        operation = event_name.removeprefix("before-send.")
        with self._lock:
            self.calls[operation] += 1
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            answer = self.answers.get(operation)
            if answer is None:
                raise UnansweredCallError(f"no fake answers {operation}; this row answers {sorted(self.answers)}")
            if self.latency_seconds:
                time.sleep(self.latency_seconds)
            start = time.thread_time()
            reply = answer(request)
            answered = response(request, reply)
            self._charge(operation, reply, time.thread_time() - start)
            return answered
        finally:
            with self._lock:
                self._under_way -= 1

    def _charge(self, operation: str, reply: Reply, cpu_seconds: float) -> None:
        with self._lock:
            self.cpu_seconds += cpu_seconds
            if not operation.startswith("dynamodb."):
                return
            if reply.writes is None and reply.reads is None:
                self.units = None
            if self.units is not None:
                self.units["write"] += reply.writes or 0.0
                self.units["read"] += reply.reads or 0.0


def body_of(request: AWSPreparedRequest) -> bytes:
    """The request's body, read whole."""
    body: Any = request.body
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def json_of(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request's body as JSON."""
    return json.loads(body_of(request) or b"{}")


def always(body: Mapping[str, Any] | str | bytes = b"{}", status: int = 200) -> Answer:
    """The same answer to every call."""
    reply = Reply(body, status)
    return lambda _request: reply


class _Raw(io.BytesIO):
    """What botocore expects of a connection's answer."""

    def stream(self, amt: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk


def response(request: AWSPreparedRequest, reply: Reply) -> AWSResponse:
    if isinstance(reply.body, io.RawIOBase):
        return AWSResponse(request.url, reply.status, dict(reply.headers), reply.body)
    if isinstance(reply.body, bytes):
        content = reply.body
    elif isinstance(reply.body, str):
        content = reply.body.encode()
    else:
        content = json.dumps(reply.body).encode()
    headers = {"content-length": str(len(content)), **reply.headers}
    return AWSResponse(request.url, reply.status, headers, _Raw(content))
