"""The steps of an import job: plan its chunks, process one, complete.

Every step may be retried at any point: endpoints and members are written idempotently, a chunk's counts travel in its cursor
and are stored once, with its end; the sums are made from the chunks at completion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handlers.engagement.identifiers import now
from handlers.engagement.jobs.bucket import Bucket, parse_s3_url, role_client
from handlers.engagement.jobs.chunks import Piece, plan_chunks
from handlers.engagement.jobs.columns import FileError, RowError
from handlers.engagement.jobs.import_results import add_failure, add_good, new_result, open_piece, total
from handlers.engagement.jobs.import_writer import ImportWriter, Row
from handlers.engagement.jobs.lines import LINE_LIMIT, Line, read_lines
from handlers.engagement.jobs.rows import (
    BYTE_ORDER_MARK,
    NOT_TEXT,
    RowParser,
    csv_columns,
    csv_parser,
    decoded,
    is_user_reference,
    parse_json_row,
    user_ids,
)
from handlers.engagement.segments.imported import import_definition
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Jobs, Segments
from handlers.engagement.store.tables import Tables
from handlers.shared.logging import logger

ROWS_PER_WRITE = 500  # five of the API's batches, so that their calls overlap
SAMPLE_BYTES = 64 * 1024
TERMINAL = ("COMPLETED", "FAILED")

Remaining = Callable[[], float]  # seconds until this step must have returned


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

    def plan(self) -> dict[str, Any]:
        """Lists the files and writes the chunks. Returns `{"Action": "RUN" | "END", "Chunks": [chunk number]}`."""
        job = self.jobs.get(self.job_id)
        if job is None or job["JobStatus"] in TERMINAL:
            return {"Action": "END", "Chunks": []}
        self.jobs.update(self.job_id, lambda job: job.update(JobStatus="INITIALIZING"))
        definition = job["Definition"]
        try:
            bucket, key = self._source(definition)
            files = bucket.sources(key, f".{definition['Format'].lower()}")
        except FileError as error:
            self._fail(str(error))
            return {"Action": "END", "Chunks": []}
        chunks = plan_chunks(files)
        self.jobs.put_chunks(self.job_id, [{"Pieces": [list(piece) for piece in pieces]} for pieces in chunks])
        self.jobs.update(self.job_id, lambda job: job.update(JobStatus="PROCESSING", TotalPieces=len(chunks)))
        logger.info("import planned", extra={"job": self.job_id, "files": len(files), "chunks": len(chunks)})
        return {"Action": "RUN", "Chunks": list(range(len(chunks)))}

    def process(self, number: int, cursor: dict[str, Any] | None, remaining: Remaining) -> dict[str, Any]:
        """Imports a chunk, or as much of it as time allows. Returns `{"Done", "Cursor"}`."""
        job = self.jobs.get(self.job_id)
        chunk = self.jobs.chunk(self.job_id, number)
        if job is None or chunk is None:
            return {"Done": True, "Cursor": None}
        definition = job["Definition"]
        bucket, _ = self._source(definition)
        writer = self._writer(job)
        pieces = [Piece(*piece) for piece in chunk["Pieces"]]
        cursor = cursor or {"Piece": 0, "Offset": None, "Result": new_result()}
        result = cursor["Result"]
        for index in range(cursor["Piece"], len(pieces)):
            offset = cursor["Offset"] if index == cursor["Piece"] else None
            if offset is None:
                open_piece(result)
            reading = _PieceReading(bucket, pieces[index], definition["Format"], writer, result=result, offset=offset)
            stopped = reading.run(remaining)
            if stopped is not None:
                return {"Done": False, "Cursor": {"Piece": index, "Offset": stopped, "Result": result}}
            if remaining() <= 0 and index + 1 < len(pieces):
                return {"Done": False, "Cursor": {"Piece": index + 1, "Offset": None, "Result": result}}
        self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Result=result))
        logger.info("chunk imported", extra={"job": self.job_id, "chunk": number, "rows": result["Good"]})
        return {"Done": True, "Cursor": None}

    def lose(self, number: int, reason: str) -> None:
        """Records that a chunk's step failed for good."""
        logger.error("chunk lost", extra={"job": self.job_id, "chunk": number, "reason": reason})
        self.jobs.update_chunk(self.job_id, number, lambda chunk: chunk.update(Lost=reason))

    def complete(self) -> None:
        """Sums the chunks, and ends the job and its segment."""
        job = self.jobs.update(self.job_id, _begin_completing)
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
                TotalProcessed=totals.good + totals.bad,
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

        Where an import that was created later has completed already, its version stays the current one.
        """
        size = MemberStore(self.tables.members).count(segment_id, version)
        segments = Segments(self.tables.registry, self.application_id)
        made = {
            "Version": version,
            "ImportDefinition": import_definition(definition, size, channels),
            "LastModifiedDate": now(),
        }

        def change(segment: dict[str, Any]) -> None:
            if segment["Version"] == version:
                segment.update(made)
            elif segment["Version"] < version and not failed:
                segment.update(made, Name=definition.get("SegmentName") or segment.get("Name", ""))

        segment = segments.update(segment_id, change)
        if segment is None:  # deleted meanwhile: what this job wrote since then goes too
            MemberStore(self.tables.members).delete(segment_id, version)
        elif segment["Version"] > version and not failed:
            segments.put_version({**segment, **made})

    def _fail(self, reason: str) -> None:
        def end(job: dict[str, Any]) -> None:
            if job["JobStatus"] in TERMINAL:
                return
            job.setdefault("TotalPieces", 1)
            job.setdefault("CompletedPieces", 0)
            job.setdefault("TotalProcessed", 0)
            job.update(
                JobStatus="FAILED",
                FailedPieces=max(1, job.get("FailedPieces", 0)),
                TotalFailures=max(1, job.get("TotalFailures", 0)),
                Failures=[reason, *job.get("Failures", ())][:100],
                CompletionDate=now(),
            )

        self.jobs.update(self.job_id, end)
        logger.warning("import failed", extra={"job": self.job_id})


class _PieceReading:
    """Reads one piece from its start, or from the offset of a cursor, and writes its rows in batches."""

    def __init__(
        self,
        bucket: Bucket,
        piece: Piece,
        form: str,
        writer: ImportWriter,
        *,
        result: dict[str, Any],
        offset: int | None,
    ) -> None:
        self.bucket = bucket
        self.piece = piece
        self.form = form
        self.writer = writer
        self.result = result
        self.report = result["Pieces"][-1]
        self.start = piece.start if offset is None else offset
        self.lines_before = self.report["Lines"]
        self.rows: list[Row] = []
        self.only_users = False

    def run(self, remaining: Remaining) -> int | None:
        """Reads until the end of the piece (None) or until time is over (the offset to go on at)."""
        try:
            parse = self._parser()
            for line in read_lines(self._open, self.start, self.piece.end, self.piece.size):
                self._take(line, parse)
                self.report["Lines"] = self.lines_before + line.number
                if len(self.rows) >= ROWS_PER_WRITE:
                    self._write()
                    if remaining() <= 0:
                        return line.end
        except FileError as error:
            self.report["Fault"] = str(error)
        self._write()
        return None

    def _open(self, first: int, last: int) -> Any:
        return self.bucket.open(self.piece.key, self.piece.etag, first, last)

    def _parser(self) -> RowParser:
        if self.piece.size == 0:
            raise FileError("the file is empty")
        if self.form == "JSON":
            return parse_json_row
        try:
            header = next(iter(read_lines(self._open, 0, 1, min(self.piece.size, LINE_LIMIT + 2))), None)
            columns = csv_columns(header.data if header else b"")
        except FileError:
            if not self._is_text():
                raise FileError(NOT_TEXT) from None
            raise
        self.only_users = columns.only_users
        return csv_parser(columns)

    def _is_text(self) -> bool:
        stream = self._open(0, min(SAMPLE_BYTES, self.piece.size) - 1)
        try:
            sample = stream.read()
        finally:
            stream.close()
        whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
        return decoded(whole_lines) is not None

    def _take(self, line: Line, parse: RowParser) -> None:
        number = self.lines_before + line.number
        first_of_file = self.start == 0 and line.number == 1
        if first_of_file and self.form == "CSV":
            return
        if line.data is None:
            self._refuse(number, f"is longer than {LINE_LIMIT} bytes")
            return
        data = line.data.removeprefix(BYTE_ORDER_MARK) if first_of_file else line.data
        if not data.strip():
            return
        text = decoded(data)
        if text is None:
            if first_of_file:
                raise FileError(NOT_TEXT)
            self._refuse(number, NOT_TEXT)
            return
        try:
            endpoint = parse(text)
            if self.only_users or (self.form == "JSON" and is_user_reference(endpoint)):
                self.rows.append(Row(number, {}, user_ids(endpoint)))
                return
            self.writer.check(endpoint)
        except RowError as error:
            self._refuse(number, str(error))
            return
        self.rows.append(Row(number, endpoint))

    def _write(self) -> None:
        if not self.rows:
            return
        outcome = self.writer.write(self.rows)
        self.rows = []
        add_good(self.result, outcome.channels, outcome.good)
        for line, what in outcome.failures:
            self._refuse(line, what)

    def _refuse(self, line: int, what: str) -> None:
        add_failure(self.result, line, what)


def _begin_completing(job: dict[str, Any]) -> None:
    if job["JobStatus"] not in TERMINAL:
        job["JobStatus"] = "COMPLETING"
