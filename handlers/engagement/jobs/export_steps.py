"""The steps of an export job: plan its chunks, write one object of a chunk, complete.

A chunk is a set of shards. Its description (`{"Number", "Of", "Definition"}`) is all that its steps need: planning hands it over by the
state machine. Each step writes at most one object, whose name its chunk and its part determine, so that a retried step overwrites what
its first attempt wrote. Once a chunk has ended, a note of the job's record says what it exported, or why it is lost.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from handlers.engagement.errors import NotFoundError
from handlers.engagement.identifiers import now
from handlers.engagement.jobs.bucket import DENIED, Bucket, parse_s3_url, role_client
from handlers.engagement.jobs.statuses import PLANNING, TERMINAL, end_planning, plan_of
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.registry import Jobs, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.shared.compact_json import compact_json
from handlers.shared.logging import logger
from handlers.shared.records.errors import FileError

ENDPOINTS_PER_OBJECT = 50_000  # an object ends with the page that makes them so many
OBJECT_BYTES = 16 * 1024 * 1024  # of an object as it is stored; it waits in memory
ENDPOINTS_PER_PAGE = 2000  # about the 1 MB of a query's answer
ENDPOINTS_PER_CHUNK = (
    20_000  # ten pages: below it, what a chunk costs beside them outweighs the time that working side by side saves
)

UNFINISHED = "its step did not finish"
EXPORTED = "_Exported"
LOST = "_Lost"

Remaining = Callable[[], float]
Chunk = dict[str, Any]


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

    def plan(self, _remaining: Remaining = lambda: 1.0, execution: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Splits the shards into chunks. Returns `{"Action": "RUN" | "END", "Chunks": [chunk's description]}`.

        execution: the input of the state machine's execution: `Job` is the job as it was created.
        """
        created = (execution or {}).get("Job")
        job = created or self.jobs.get(self.job_id)
        if job is None or job["JobStatus"] not in PLANNING:
            return _planned(job)
        definition = job["Definition"]
        segment_id = definition.get("SegmentId")
        try:
            self._bucket(definition)
            version = self._version(segment_id, definition.get("SegmentVersion"))
            reader = SegmentReader(self.tables, self.application_id)
            candidates = reader.sample(segment_id, version, SHARDS // 2 * ENDPOINTS_PER_CHUNK + 1)
        except (FileError, NotFoundError) as error:
            return _planned(self._stop(str(error), unless=("PROCESSING",)))  # then another attempt has planned it

        def begin(job: dict[str, Any]) -> None:
            if job["JobStatus"] in PLANNING:
                # Another attempt finds other numbers: all plan what the first one found.
                plan = job.setdefault("_Plan", {"Chunks": chunk_count(candidates), "Version": version})
                end_planning(job, plan["Chunks"])

        job = self.jobs.update(self.job_id, begin, known=created)
        logger.info("export planned", extra={"job": self.job_id, "candidates": candidates})
        return _planned(job)

    def process(self, chunk: Chunk | int, cursor: dict[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
        """Writes the next object of a chunk, if there is anything to write. Returns `{"Done", "Cursor"}`."""
        described = self._described(chunk)
        if described is None:
            return {"Done": True, "Cursor": None}
        number, definition = described["Number"], described["Definition"]
        shards = range(number, SHARDS, described["Of"])
        cursor = cursor or {"Shard": 0, "After": None, "Part": 0, "Endpoints": 0}
        part = _Part()
        try:
            segment = (definition.get("SegmentId"), definition.get("SegmentVersion"))
            position = self._fill(part, shards, cursor, segment, remaining)
            if part.endpoints:
                bucket, prefix = self._bucket(definition)
                self._put(bucket, f"{prefix}{self.job_id}-{number:03d}-{cursor['Part']:05d}.gz", part)
        except (FileError, NotFoundError) as error:
            self._note_lost(number, str(error))
            return {"Done": True, "Cursor": None}
        endpoints = cursor["Endpoints"] + part.endpoints
        if position is not None:
            shard, after = position
            written = 1 if part.endpoints else 0
            following = {"Shard": shard, "After": after, "Part": cursor["Part"] + written, "Endpoints": endpoints}
            return {"Done": False, "Cursor": following}
        self.jobs.note(self.job_id, **{f"{EXPORTED}{number}": endpoints})
        logger.info("chunk exported", extra={"job": self.job_id, "chunk": number, "endpoints": endpoints})
        return {"Done": True, "Cursor": None}

    def lose(self, chunk: Chunk | int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        number = chunk if isinstance(chunk, int) else chunk["Number"]
        logger.error("chunk lost", extra={"job": self.job_id, "chunk": number, "reason": reason})
        self._note_lost(number, reason)

    def complete(self) -> None:
        """Sums the chunks and ends the job. What a chunk exported counts, also where it was lost afterwards."""

        def sum_up(job: dict[str, Any]) -> None:
            results = [self._result(job, number) for number in range(job.get("TotalPieces", 0))]
            exported = sum(result for result in results if isinstance(result, int))
            lost = [result for result in results if isinstance(result, str)]
            _close(job, list(dict.fromkeys(lost)), pieces=len(results), failed=len(lost), exported=exported)

        job = self.jobs.update(self.job_id, sum_up)
        if job is not None:
            told = {"endpoints": job.get("TotalProcessed"), "failures": job.get("TotalFailures")}
            logger.info("export ended", extra={"job": self.job_id, **told})

    def fail(self, reason: str) -> None:
        """Ends the job because the service could not go on."""
        self._stop(f"the export stopped: {reason}")

    def _fill(
        self,
        part: _Part,
        shards: Sequence[int],
        cursor: dict[str, Any],
        segment: tuple[str | None, int | None],
        remaining: Remaining,
    ) -> tuple[int, str | None] | None:
        """Adds endpoints until the object is full, the time is over or the chunk is done (None); else where to go on.

        segment: id (None: all endpoints) and version.
        """
        reader = SegmentReader(self.tables, self.application_id)
        after = cursor["After"]
        for index in range(cursor["Shard"], len(shards)):
            while True:
                endpoints, after = reader.stream(*segment, shards[index], after, ENDPOINTS_PER_PAGE)
                for endpoint in endpoints:
                    part.add(endpoint)
                if after is None:
                    break
                if part.is_full() or remaining() <= 0:
                    return index, after
            if index + 1 < len(shards) and (part.is_full() or remaining() <= 0):
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

    def _described(self, chunk: Chunk | int) -> Chunk | None:
        """What a chunk is about. An execution that an earlier release planned tells its number alone; None: its job has ended."""
        if not isinstance(chunk, int):
            return chunk
        job = self.jobs.get(self.job_id)
        return None if job is None or job["JobStatus"] in TERMINAL else _description(job, chunk)

    def _result(self, job: Mapping[str, Any], number: int) -> int | str:
        """How many endpoints a chunk exported, or why it is lost. In an earlier release it had a record of its own."""
        if f"{EXPORTED}{number}" in job:
            return job[f"{EXPORTED}{number}"]
        record = self.jobs.chunk(self.job_id, number) or {}
        return record.get("Endpoints", job.get(f"{LOST}{number}", record.get("Lost", UNFINISHED)))

    def _note_lost(self, number: int, reason: str) -> None:
        self.jobs.note(self.job_id, **{f"{LOST}{number}": reason})

    def _stop(self, reason: str, unless: Sequence[str] = ()) -> dict[str, Any] | None:
        """Ends the job, unless it has one of these statuses or has ended. Returns its record."""

        def stop(job: dict[str, Any]) -> None:
            if job["JobStatus"] not in unless:
                _close(job, [reason], pieces=1, failed=1, exported=0)

        job = self.jobs.update(self.job_id, stop)
        logger.info("export stopped", extra={"job": self.job_id, "status": job and job["JobStatus"]})
        return job


def _close(job: dict[str, Any], failures: list[str], *, pieces: int, failed: int, exported: int) -> None:
    """Ends the job, unless it has ended."""
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


class _Part:
    """One object in the making: gzip JSON lines, the same bytes for the same endpoints."""

    def __init__(self) -> None:
        self.endpoints = 0
        self._buffer = io.BytesIO()
        self._gzip = gzip.GzipFile(fileobj=self._buffer, mode="wb", compresslevel=6, mtime=0)

    def add(self, endpoint: dict[str, Any]) -> None:
        self._gzip.write(compact_json(endpoint).encode() + b"\n")
        self.endpoints += 1

    def is_full(self) -> bool:
        """Whether the next page goes into another object."""
        return self.endpoints >= ENDPOINTS_PER_OBJECT or self._buffer.tell() >= OBJECT_BYTES

    def finish(self) -> io.BytesIO:
        self._gzip.close()
        self._buffer.seek(0)
        return self._buffer


def _planned(job: Mapping[str, Any] | None) -> dict[str, Any]:
    """What planning answers about a job that is planned, has ended, or is gone."""
    plan = plan_of(job)
    return {**plan, "Chunks": [_description(job, number) for number in plan["Chunks"]]} if job else plan


def _description(job: Mapping[str, Any], number: int) -> Chunk:
    """A chunk by its number, with the segment's version that is exported."""
    plan = job["_Plan"]
    definition = {**job["Definition"], "SegmentVersion": plan["Version"]}
    return {"Number": number, "Of": plan["Chunks"], "Definition": definition}


def chunk_count(candidates: int) -> int:
    """Into how many chunks the shards go: a power of two, one for few endpoints, all shards for many."""
    count = 1
    while count < SHARDS and candidates > count * ENDPOINTS_PER_CHUNK:
        count *= 2
    return count
