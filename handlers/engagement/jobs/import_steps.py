"""The steps of an import job: plan its chunks, process one, complete.

Every step may be retried at any point: endpoints and members are written idempotently. A chunk's counts travel in its cursor,
which is also kept beside the chunk as it goes on: an attempt that follows a killed one goes on there, and what a chunk wrote
before it was lost is counted. The sums are made from the chunks at completion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.engagement.identifiers import now
from handlers.engagement.jobs.bucket import Bucket, parse_s3_url, role_client
from handlers.engagement.jobs.chunks import Limits, Piece, limits
from handlers.engagement.jobs.import_plan import Planning
from handlers.engagement.jobs.import_results import FAILURES_SHOWN, new_result, open_piece, total
from handlers.engagement.jobs.import_writer import ImportWriter
from handlers.engagement.jobs.piece_reading import PieceReading, Remaining
from handlers.engagement.jobs.statuses import (
    PLANNING,
    TERMINAL,
    begin_completing,
    begin_planning,
    end_planning,
    plan_of,
)
from handlers.engagement.segments.imported import import_definition
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Jobs, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.shared.logging import logger
from handlers.shared.records.errors import FileError


class ImportJob:
    """One import job.

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
        self.jobs = Jobs(tables.registry, application_id, "IMPORT")

    def plan(self, remaining: Remaining = lambda: 1.0, _execution: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Lists the files, reads them through and writes the chunks, or as much of it as time allows.

        Returns `{"Action": "RUN" | "PLAN" (call again) | "END", "Chunks": [chunk number]}`.
        """
        job = self.jobs.get(self.job_id)
        if job is None or job["JobStatus"] not in PLANNING:
            return plan_of(job)
        self.jobs.update(self.job_id, begin_planning)
        definition = job["Definition"]
        try:
            bucket, key = self._source(definition)
            files = bucket.sources(key, f".{definition['Format'].lower()}")
        except FileError as error:
            self._fail(str(error))
            return {"Action": "END", "Chunks": []}
        # Another listing may find other files; the limits stay those of the first one.
        state: dict[str, Any] = job.get("_Plan") or {"Limits": list(limits(files))}

        def put(number: int, pieces: list[Piece]) -> None:
            self.jobs.put_chunk(self.job_id, number, {"Pieces": [list(piece) for piece in pieces]})

        csv = definition["Format"] == "CSV"
        planning = Planning(bucket, Limits(*state["Limits"]), state, put, csv=csv)
        if not planning.run(files, remaining):

            def keep(job: dict[str, Any]) -> None:
                if job["JobStatus"] in PLANNING:
                    job["_Plan"] = state

            kept = self.jobs.update(self.job_id, keep)
            return {"Action": "PLAN", "Chunks": []} if kept and kept["JobStatus"] in PLANNING else plan_of(kept)

        def planned(job: dict[str, Any]) -> None:
            job.pop("_Plan", None)
            end_planning(job, state["Chunks"])

        ended = self.jobs.update(self.job_id, planned)
        logger.info("import planned", extra={"job": self.job_id, "files": len(files), "chunks": state["Chunks"]})
        return plan_of(ended)

    def process(self, number: int, cursor: dict[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
        """Imports a chunk, or as much of it as time allows. Returns `{"Done", "Cursor"}`."""
        job = self.jobs.get(self.job_id)
        chunk = self.jobs.chunk(self.job_id, number)
        if job is None or chunk is None or job["JobStatus"] in TERMINAL:
            return {"Done": True, "Cursor": None}
        definition = job["Definition"]
        bucket, _ = self._source(definition)
        writer = self._writer(job)
        pieces = [Piece(*piece) for piece in chunk["Pieces"]]
        # What an earlier attempt kept may be further than what it was to go on from.
        cursor = max((c for c in (cursor, chunk.get("Progress")) if c), key=_progress, default=None)
        cursor = cursor or {"Piece": 0, "Place": None, "Result": new_result()}
        result = cursor["Result"]
        for index in range(cursor["Piece"], len(pieces)):
            place = cursor["Place"] if index == cursor["Piece"] else None
            if place is None:
                open_piece(result)

            def keep(place: Sequence[int], index: int = index) -> None:
                progress = {"Piece": index, "Place": place, "Result": result}
                self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Progress=progress))

            reading = PieceReading(bucket, pieces[index], definition["Format"], writer, result=result, place=place)
            stopped = reading.run(remaining, keep)
            if stopped is not None:
                return {"Done": False, "Cursor": {"Piece": index, "Place": stopped, "Result": result}}
            if remaining() <= 0 and index + 1 < len(pieces):
                return {"Done": False, "Cursor": {"Piece": index + 1, "Place": None, "Result": result}}

        def end(chunk: dict[str, Any]) -> None:
            chunk.pop("Progress", None)
            chunk["Result"] = result

        self.jobs.update_chunk(self.job_id, number, end)
        logger.info("chunk imported", extra={"job": self.job_id, "chunk": number, "rows": result["Good"]})
        return {"Done": True, "Cursor": None}

    def lose(self, number: int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        logger.error("chunk lost", extra={"job": self.job_id, "chunk": number, "reason": reason})
        self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Lost=reason))

    def complete(self) -> None:
        """Sums the chunks, and ends the job and its segment."""
        job = self.jobs.update(self.job_id, begin_completing)
        if job is None or job["JobStatus"] in TERMINAL:
            return
        totals = total(self.jobs.chunks(self.job_id))
        failures = list(totals.failures)
        if not totals.good and not failures:
            failures = [f"{job['Definition']['S3Url']}: there is no row to import"]
        failed = bool(totals.faults) or not totals.good
        segment = self._segment(job)
        if segment:
            self._complete_segment(*segment, job["Definition"], totals.channels, failed=failed)

        def end(job: dict[str, Any]) -> None:
            job.update(
                JobStatus="FAILED" if failed else "COMPLETED",
                CompletedPieces=totals.completed_pieces,
                FailedPieces=totals.failed_pieces,
                **totals.counted,
                TotalFailures=totals.bad + totals.faults,
                Failures=failures,
                CompletionDate=now(),
            )

        self.jobs.update(self.job_id, end)
        logger.info("import ended", extra={"job": self.job_id, "rows": totals.good, "failures": totals.bad})

    def fail(self, reason: str) -> None:
        """Ends the job because the service could not go on."""
        self._fail(f"the import stopped: {reason}")

    def _source(self, definition: Mapping[str, Any]) -> tuple[Bucket, str]:
        name, key = parse_s3_url(definition["S3Url"])
        return Bucket(name, self.connect(definition["RoleArn"], self.job_id, definition.get("ExternalId"))), key

    def _segment(self, job: Mapping[str, Any]) -> tuple[str, int] | None:
        """(id, version) of the segment that the job defines. The version is the one that was made or reserved for it."""
        definition = job["Definition"]
        if not definition.get("DefineSegment"):
            return None
        version = job.get("_SegmentVersion")
        if version is None:
            segment = Segments(self.tables.registry, self.application_id).get(definition["SegmentId"])
            version = segment["Version"] if segment else 1
        return definition["SegmentId"], int(version)

    def _writer(self, job: Mapping[str, Any]) -> ImportWriter:
        return ImportWriter(
            self.application_id,
            EndpointStore(self.tables, self.application_id),
            MemberStore(self.tables.members),
            self._segment(job),
            register=job["Definition"].get("RegisterEndpoints", True),
            since=job["CreationDate"],
        )

    def _complete_segment(
        self,
        segment_id: str,
        version: int,
        definition: Mapping[str, Any],
        channels: Mapping[str, int],
        *,
        failed: bool,
    ) -> None:
        """Counts the version's members, and makes a reserved version the segment's: whole, and only if the job succeeds.
        After a job that failed, the segment stays as it was: a new one has size 0, as while it is imported.

        Where an import that was created later has completed already, its version stays the current one.
        """
        members = MemberStore(self.tables.members)
        segments = Segments(self.tables.registry, self.application_id)
        if failed:
            if segments.get(segment_id) is None:
                members.delete(segment_id, version)
            return
        size = members.count(segment_id, version)
        made = {
            "Version": version,
            "ImportDefinition": import_definition(definition, size, channels),
            "LastModifiedDate": now(),
        }

        def change(segment: dict[str, Any]) -> None:
            if segment["Version"] == version:
                segment.update(made)
            elif segment["Version"] < version:
                segment.update(made, Name=definition.get("SegmentName") or segment.get("Name", ""))

        segment = segments.update(segment_id, change)
        if segment is None:  # deleted meanwhile: what this job wrote since then goes too
            members.delete(segment_id, version)
        elif segment["Version"] > version:
            segments.put_version({**segment, **made})

    def _fail(self, reason: str) -> None:
        totals = total(self.jobs.chunks(self.job_id))

        def end(job: dict[str, Any]) -> None:
            if job["JobStatus"] in TERMINAL:
                return
            job.pop("_Plan", None)
            job.setdefault("TotalPieces", 1)
            job.update(
                JobStatus="FAILED",
                CompletedPieces=totals.completed_pieces,
                FailedPieces=max(1, totals.failed_pieces),
                **totals.counted,
                TotalFailures=max(1, totals.bad + totals.faults),
                Failures=[reason, *totals.failures][:FAILURES_SHOWN],
                CompletionDate=now(),
            )

        self.jobs.update(self.job_id, end)
        logger.warning("import failed", extra={"job": self.job_id})


def _progress(cursor: Mapping[str, Any]) -> tuple[int, int]:
    """How far a cursor is, for comparing two of one chunk."""
    return cursor["Piece"], cursor["Place"][0] if cursor["Place"] else -1
