"""The steps of an export job: plan its chunks, write one object of a chunk, complete.

A chunk is a set of shards. Each step writes at most one object, whose name its chunk and its part determine, so that a retried
step overwrites what its first attempt wrote.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from handlers.engagement.errors import NotFoundError
from handlers.engagement.identifiers import now
from handlers.engagement.jobs.bucket import DENIED, Bucket, parse_s3_url, role_client
from handlers.engagement.jobs.statuses import (
    PLANNING,
    TERMINAL,
    begin_completing,
    begin_planning,
    end_planning,
    plan_of,
)
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.registry import Jobs, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.shared.logging import logger
from handlers.shared.records.errors import FileError

ENDPOINTS_PER_OBJECT = 5000
ENDPOINTS_PER_PAGE = 500
ENDPOINTS_PER_CHUNK = 2000  # below it, a chunk's start-up outweighs the time that working side by side saves

Remaining = Callable[[], float]


class ExportJob:
    """One export job.

    Args:
        connect: Makes the S3 client from (role ARN, job id, external id).
    """

    def __init__(
        self, tables: Tables, application_id: str, job_id: str, connect: Callable[..., Any] = role_client
    ) -> None:
        self.tables = tables
        self.application_id = application_id
        self.job_id = job_id
        self.connect = connect
        self.jobs = Jobs(tables.registry, application_id, "EXPORT")

    def plan(self, _remaining: Callable[[], float] = lambda: 1.0) -> dict[str, Any]:
        """Splits the shards into chunks. Returns `{"Action": "RUN" | "END", "Chunks": [chunk number]}`."""
        job = self.jobs.get(self.job_id)
        if job is None or job["JobStatus"] not in PLANNING:
            return plan_of(job)
        self.jobs.update(self.job_id, begin_planning)
        definition = job["Definition"]
        segment_id = definition.get("SegmentId")
        try:
            self._bucket(definition)
            version = self._version(segment_id, definition.get("SegmentVersion"))
            candidates = SegmentReader(self.tables, self.application_id).estimate(segment_id, version)
        except (FileError, NotFoundError) as error:
            self._end([str(error)])
            return {"Action": "END", "Chunks": []}
        # Another attempt would find other numbers: all plan what the first one found.
        first = self.jobs.update(
            self.job_id, lambda job: job.setdefault("_Plan", {"Chunks": chunk_count(candidates), "Version": version})
        )
        if first is None:
            return plan_of(first)
        count, version = first["_Plan"]["Chunks"], first["_Plan"]["Version"]
        for number in range(count):
            chunk = {"Shards": list(range(number, SHARDS, count)), "Version": version}
            self.jobs.put_chunk(self.job_id, number, chunk)
        planned = self.jobs.update(self.job_id, lambda job: end_planning(job, count))
        logger.info("export planned", extra={"job": self.job_id, "candidates": candidates, "chunks": count})
        return plan_of(planned)

    def process(self, number: int, cursor: dict[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
        """Writes the next object of a chunk, if there is anything to write. Returns `{"Done", "Cursor"}`."""
        job = self.jobs.get(self.job_id)
        chunk = self.jobs.chunk(self.job_id, number)
        if job is None or chunk is None or job["JobStatus"] in TERMINAL:
            return {"Done": True, "Cursor": None}
        definition = job["Definition"]
        cursor = cursor or {"Shard": 0, "After": None, "Part": 0, "Endpoints": 0}
        part = _Part()
        try:
            position = self._fill(part, chunk, cursor, definition.get("SegmentId"), remaining)
            if part.endpoints:
                bucket, prefix = self._bucket(definition)
                self._put(bucket, f"{prefix}{self.job_id}-{number:03d}-{cursor['Part']:05d}.gz", part)
        except (FileError, NotFoundError) as error:
            problem = str(error)
            self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Lost=problem))
            return {"Done": True, "Cursor": None}
        endpoints = cursor["Endpoints"] + part.endpoints
        if position is not None:
            shard, after = position
            written = 1 if part.endpoints else 0
            following = {"Shard": shard, "After": after, "Part": cursor["Part"] + written, "Endpoints": endpoints}
            return {"Done": False, "Cursor": following}
        self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Endpoints=endpoints))
        logger.info("chunk exported", extra={"job": self.job_id, "chunk": number, "endpoints": endpoints})
        return {"Done": True, "Cursor": None}

    def lose(self, number: int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        logger.error("chunk lost", extra={"job": self.job_id, "chunk": number, "reason": reason})
        self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Lost=reason))

    def complete(self) -> None:
        """Sums the chunks and ends the job."""
        job = self.jobs.update(self.job_id, begin_completing)
        if job is None or job["JobStatus"] in TERMINAL:
            return
        chunks = self.jobs.chunks(self.job_id)
        lost = [chunk.get("Lost", "its step did not finish") for chunk in chunks if "Endpoints" not in chunk]
        exported = sum(chunk.get("Endpoints", 0) for chunk in chunks)
        self._end(list(dict.fromkeys(lost)), pieces=len(chunks), failed=len(lost), exported=exported)

    def fail(self, reason: str) -> None:
        """Ends the job because the service could not go on."""
        self._end([f"the export stopped: {reason}"])

    def _fill(
        self, part: _Part, chunk: dict[str, Any], cursor: dict[str, Any], segment_id: str | None, remaining: Remaining
    ) -> tuple[int, str | None] | None:
        """Adds endpoints until the object is full, the time is over or the chunk is done (None); else where to go on."""
        reader = SegmentReader(self.tables, self.application_id)
        shards, after = chunk["Shards"], cursor["After"]
        for index in range(cursor["Shard"], len(shards)):
            while True:
                page = reader.page(segment_id, chunk["Version"], shards[index], after, ENDPOINTS_PER_PAGE)
                for endpoint in page.endpoints:
                    part.add(endpoint)
                after = page.last
                if after is None:
                    break
                if part.endpoints + ENDPOINTS_PER_PAGE > ENDPOINTS_PER_OBJECT or remaining() <= 0:
                    return index, after
            full = part.endpoints + ENDPOINTS_PER_PAGE > ENDPOINTS_PER_OBJECT or remaining() <= 0
            if full and index + 1 < len(shards):
                return index + 1, None
        return None

    def _bucket(self, definition: dict[str, Any]) -> tuple[Bucket, str]:
        """The bucket and the key prefix, which ends in a slash unless it is empty."""
        name, prefix = parse_s3_url(definition["S3UrlPrefix"])
        client = self.connect(definition["RoleArn"], self.job_id, definition.get("ExternalId"))
        return Bucket(name, client), prefix if not prefix or prefix.endswith("/") else f"{prefix}/"

    def _put(self, bucket: Bucket, key: str, part: _Part) -> None:
        try:
            bucket.put(key, part.finish(), "application/gzip")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in DENIED:
                raise FileError(f"s3://{bucket.name}/{key} cannot be written with the job's role: {code}") from None
            if code == "NoSuchBucket":
                raise FileError(f"bucket {bucket.name} does not exist") from None
            raise

    def _version(self, segment_id: str | None, version: int | None) -> int | None:
        """The version to export: pinned now, so that all chunks read the same one."""
        if segment_id is None or version is not None:
            return version
        segment = Segments(self.tables.registry, self.application_id).get(segment_id)
        if segment is None:
            raise NotFoundError(f"segment {segment_id} does not exist")
        return segment["Version"]

    def _end(self, failures: list[str], *, pieces: int = 1, failed: int = 1, exported: int = 0) -> None:
        def end(job: dict[str, Any]) -> None:
            if job["JobStatus"] in TERMINAL:
                return
            job.update(
                JobStatus="FAILED" if failures else "COMPLETED",
                TotalPieces=pieces,
                CompletedPieces=pieces - failed,
                FailedPieces=failed,
                TotalProcessed=exported,
                TotalFailures=len(failures),
                Failures=failures[:100],
                CompletionDate=now(),
            )

        self.jobs.update(self.job_id, end)
        logger.info("export ended", extra={"job": self.job_id, "endpoints": exported, "failures": len(failures)})


class _Part:
    """One object in the making: gzip JSON lines, the same bytes for the same endpoints."""

    def __init__(self) -> None:
        self.endpoints = 0
        self._buffer = io.BytesIO()
        self._gzip = gzip.GzipFile(fileobj=self._buffer, mode="wb", compresslevel=6, mtime=0)

    def add(self, endpoint: dict[str, Any]) -> None:
        self._gzip.write(json.dumps(endpoint, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.endpoints += 1

    def finish(self) -> io.BytesIO:
        self._gzip.close()
        self._buffer.seek(0)
        return self._buffer


def chunk_count(candidates: int) -> int:
    """Into how many chunks the shards go: a power of two, one for few endpoints, all shards for many."""
    count = 1
    while count < SHARDS and candidates > count * ENDPOINTS_PER_CHUNK:
        count *= 2
    return count
