"""AWS as the drop sees it, in memory: a bucket, a FIFO queue, a table, phone numbers that receive, and a clock of its own."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.handlers.shared.fakes import client_error

MB = 1024 * 1024


class Killed(BaseException):
    """The process dies here."""


class Clock:
    """Epoch seconds that pass only where somebody sleeps; each thread that sleeps moves it on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


class Bucket:
    """Objects by key; every writing is a version. A stream may break off once."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.versions: dict[tuple[str, str], bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.versioned = True
        self.reads = 0

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self.objects[Key] = Body
        self.versions[Key, _etag(Body)] = Body
        return {}

    def delete_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        self.objects.pop(Key, None)
        return {}

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        content = self._content(Key)
        version = {"VersionId": _etag(content)} if self.versioned else {}
        return {"ETag": _etag(content), "ContentLength": len(content), **version}

    def get_object(self, *, Key: str, IfMatch: str, Range: str, VersionId: str = "", **_: Any) -> dict[str, Any]:
        self.reads += 1
        content = self.versions[Key, VersionId] if VersionId else self._content(Key)
        if _etag(content) != IfMatch:
            raise client_error("PreconditionFailed", 412)
        first = int(re.fullmatch(r"bytes=(\d+)-", Range)[1])  # pyright: ignore[reportOptionalSubscript]
        return {"Body": io.BytesIO(content[first:])}

    def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
        self.uploads[identifier := f"upload-{len(self.uploads)}"] = {}
        return {"UploadId": identifier}

    def upload_part(self, *, UploadId: str, PartNumber: int, Body: bytes, **_: Any) -> dict[str, Any]:
        self.uploads[UploadId][PartNumber] = Body
        return {"ETag": _etag(Body)}

    def get_paginator(self, name: str) -> Any:
        assert name == "list_parts"
        uploads = self.uploads

        class Pages:
            def paginate(self, *, UploadId: str, **_: Any) -> Iterable[dict[str, Any]]:
                numbers = sorted(uploads[UploadId])
                for start in range(0, len(numbers), 2):
                    yield {"Parts": [{"PartNumber": n, "ETag": str(n)} for n in numbers[start : start + 2]]}

        return Pages()

    def complete_multipart_upload(self, *, Key: str, UploadId: str, MultipartUpload: Any, **_: Any) -> dict[str, Any]:
        parts = self.uploads[UploadId]
        numbers = [part["PartNumber"] for part in MultipartUpload["Parts"]]
        assert all(len(parts[number]) >= 5 * MB for number in numbers[:-1])
        self.objects[Key] = b"".join(parts[number] for number in numbers)
        return {}

    def _content(self, key: str) -> bytes:
        if key not in self.objects:
            raise client_error("404", 404)
        return self.objects[key]


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass
class _Message:
    body: str
    group: str
    receives: int = 0


class Queue:
    """A FIFO queue without time: what is handed out again comes again at once.

    refused: every so many messages of a batch the queue does not take at the first time.
    """

    def __init__(self, refused: int = 0, max_receives: int = 200) -> None:
        self.waiting: dict[str, list[_Message]] = {}
        self.dead: list[str] = []
        self.calls = 0
        self.entries = 0
        self.pauses: list[int] = []
        self._seen: set[tuple[str, str]] = set()
        self._refused = refused
        self._max_receives = max_receives
        self._lock = threading.Lock()

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10 and QueueUrl.endswith(".fifo")
        failed = []
        with self._lock:
            self.calls += 1
            for entry in Entries:
                self.entries += 1
                if self._refused and self.entries % self._refused == 0:
                    failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                    continue
                group = entry["MessageGroupId"]
                key = (group, entry["MessageDeduplicationId"])
                if key not in self._seen:
                    self._seen.add(key)
                    self.waiting.setdefault(group, []).append(_Message(entry["MessageBody"], group))
        return {"Failed": failed} if failed else {}

    def forget(self) -> None:
        """Five minutes pass: what is sent again is taken again."""
        self._seen.clear()

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        self.pauses += [entry["VisibilityTimeout"] for entry in Entries]
        return {}

    def hand_out(self, handler: Callable[[dict[str, Any]], dict[str, Any]]) -> bool:
        """Calls a function with one batch of every group. Returns whether there was any."""
        batch = [message for group in list(self.waiting.values()) for message in group[:10]][:30]
        if not batch:
            return False
        records = []
        for at, message in enumerate(batch):
            message.receives += 1
            attributes = {"ApproximateReceiveCount": str(message.receives), "MessageGroupId": message.group}
            records.append({"messageId": str(at), "receiptHandle": "r", "body": message.body, "attributes": attributes})
        try:
            failed = {entry["itemIdentifier"] for entry in handler({"Records": records})["batchItemFailures"]}
        except Killed:
            failed = {record["messageId"] for record in records}
        for at, message in enumerate(batch):
            if str(at) in failed and message.receives < self._max_receives:
                continue
            self.waiting[message.group].remove(message)
            if str(at) in failed:
                self.dead.append(message.body)
        return True


@dataclass
class Sent:
    at: float
    origination: str
    number: str
    message: str
    request: dict[str, Any]


@dataclass
class Phones:
    """SendMessages, and who got what. always: what a number is answered each time.

    faults: what a call answers in turn: a status for all of its numbers, statuses by number ("": not named at all), an error, None for
    success.
    """

    clock: Clock
    faults: Iterable[Any] = field(default_factory=lambda: itertools.repeat(None))
    always: dict[str, str] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._faults = iter(self.faults)
        self._lock = threading.Lock()

    def send_messages(self, *, ApplicationId: str, MessageRequest: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
            fault = next(self._faults)
            if callable(fault):
                fault = fault()
            if isinstance(fault, BaseException):
                raise fault
            results = {}
            for number, own in MessageRequest["Addresses"].items():
                status = fault.get(number) if isinstance(fault, dict) else fault
                if status != "":
                    results[number] = self._result(number, own, status, MessageRequest)
            self.clock.sleep(self.seconds)
            return {"MessageResponse": {"ApplicationId": ApplicationId, "Result": results}}

    def _result(self, number: str, own: dict[str, Any], status: str | None, request: dict[str, Any]) -> dict[str, Any]:
        sms = request["MessageConfiguration"]["SMSMessage"]
        status = status or self.always.get(number) or ("OPT_OUT" if number in self.opted_out else "SUCCESSFUL")
        result = {"DeliveryStatus": status, "StatusCode": 200, "StatusMessage": f"about {number}"}
        if status == "SUCCESSFUL":
            origination = sms.get("OriginationNumber") or sms["SenderId"]
            message = own.get("BodyOverride") or sms["Body"]
            self.sent.append(Sent(self.clock(), origination, number, message, request))
            result["MessageId"] = f"m-{len(self.sent)}"
        return result


class Numbers:
    """End User Messaging's list of the account's numbers."""

    def __init__(self, types: dict[str, str]) -> None:
        self.types = types
        self.listed = 0

    def get_paginator(self, name: str) -> Any:
        assert name == "describe_phone_numbers"
        numbers = self

        class Pages:
            def paginate(self) -> Iterable[dict[str, Any]]:
                numbers.listed += 1
                yield {"PhoneNumbers": [{"PhoneNumber": n, "NumberType": kind} for n, kind in numbers.types.items()]}

        return Pages()
