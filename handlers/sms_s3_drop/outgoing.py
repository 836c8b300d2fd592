"""Texts on their way into the queue: ten a call, calls overlapped, and each origination identity's in its own order.

An identity belongs to one lane; a lane has one call under way at a time. The queue drops what it was given before within
five minutes (deduplication id: run and row); what it is given again later, the ledger stops.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from handlers.shared.backoff import backoff
from handlers.sms_s3_drop.columns import Text

LANES = 8
ENTRIES = 10
BATCH_BYTES = 240 * 1024
ATTEMPTS = 8
IDENTITIES = 1000
"""Identities that get their lanes in turn; lanes of further ones are drawn from their names."""


class QueueRefusedError(RuntimeError):
    """The queue did not take texts, again and again."""


@dataclass
class _Lane:
    entries: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0
    first: int = 0
    under_way: Future[None] | None = None
    under_way_first: int = 0


class Outgoing:
    """A place to put texts into.

    Args:
        client: A boto3 SQS client.
        queue_url: A FIFO queue.
    """

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="outgoing")
        self._lanes = [_Lane() for _ in range(LANES)]
        self._known: dict[str, _Lane] = {}

    def __enter__(self) -> Outgoing:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def put(self, text: Text) -> None:
        """Takes a text. Raises QueueRefusedError and what SQS answers, for this one or for one before."""
        lane = self._lane(text.origination)
        body = text.to_json()
        if lane.entries and (len(lane.entries) == ENTRIES or lane.size + len(body) > BATCH_BYTES):
            self._dispatch(lane)
        if not lane.entries:
            lane.first = text.row
        lane.entries.append(
            {
                "Id": str(text.row),
                "MessageBody": body,
                "MessageGroupId": text.origination,
                "MessageDeduplicationId": f"{text.run}-{text.row}",
            }
        )
        lane.size += len(body)
        if len(lane.entries) == ENTRIES:
            self._dispatch(lane)

    def oldest(self) -> int | None:
        """The lowest row that the queue may not have yet; None where it has all."""
        waiting = [lane.first for lane in self._lanes if lane.entries]
        waiting += [lane.under_way_first for lane in self._lanes if lane.under_way and not _is_done(lane.under_way)]
        return min(waiting, default=None)

    def flush(self) -> None:
        """Returns when the queue has all. Raises as `put`."""
        for lane in self._lanes:
            if lane.entries:
                self._dispatch(lane)
        for lane in self._lanes:
            self._await(lane)

    def _lane(self, identity: str) -> _Lane:
        lane = self._known.get(identity)
        if lane is None:
            if len(self._known) >= IDENTITIES:
                return self._lanes[zlib.crc32(identity.encode()) % LANES]
            lane = self._known[identity] = self._lanes[len(self._known) % LANES]
        return lane

    def _dispatch(self, lane: _Lane) -> None:
        self._await(lane)
        lane.under_way_first = lane.first
        lane.under_way = self._pool.submit(self._send, lane.entries)
        lane.entries, lane.size = [], 0

    def _await(self, lane: _Lane) -> None:
        if lane.under_way:
            lane.under_way.result()
            lane.under_way = None

    def _send(self, entries: Sequence[dict[str, Any]]) -> None:
        waiting, refused = list(entries), {}
        for attempt in range(ATTEMPTS):
            answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=waiting)
            refused = {failure["Id"]: failure for failure in answer.get("Failed", ())}
            waiting = [entry for entry in waiting if entry["Id"] in refused]
            if not waiting:
                return
            backoff(attempt)
        codes = sorted({failure.get("Code", "unknown") for failure in refused.values()})
        raise QueueRefusedError(f"{len(waiting)} texts were refused {ATTEMPTS} times: {', '.join(codes)}")


def _is_done(future: Future[None]) -> bool:
    return future.done() and future.exception() is None
