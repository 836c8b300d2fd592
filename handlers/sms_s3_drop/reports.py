"""The two reports of a run, written from the ledger in the order of the rows, in parts of bounded size.

`results/FILE.csv` has one line for each row, `errors/FILE.csv` one for each row that was not sent. A report that is
stopped goes on behind the last part that was uploaded; the ledger does not change any more by then.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from handlers.shared.overlapped import overlap
from handlers.shared.records.spreadsheets import inert
from handlers.sms_s3_drop.ledger import BLOCK, SENT, Ledger, Result

RESULTS, ERRORS = "results/", "errors/"
HEADERS = {
    RESULTS: ("line", "status", "message_id", "reason", "id_1", "id_2"),
    ERRORS: ("line", "reason"),
}
PART_BYTES = 6 * 1024 * 1024
"""S3 asks for 5 MB in every part but the last."""
BLOCKS_AT_ONCE = 8


def report_key(kind: str, prefix: str, key: str) -> str:
    """Where the report of a file is: its key with the prefix of dropped files changed, and `.csv` at its end."""
    name = key.removeprefix(prefix)
    return f"{kind}{name}" if name.lower().endswith(".csv") else f"{kind}{name}.csv"


class Report:
    """One report of a run.

    Args:
        place: Bucket and key.
        kind: RESULTS or ERRORS.
        problem: Why not all of the file could be read, for the errors.
    """

    def __init__(
        self, s3: Any, ledger: Ledger, place: tuple[str, str], kind: str, *, rows: int, problem: str = ""
    ) -> None:
        self._s3 = s3
        self._ledger = ledger
        self._place = {"Bucket": place[0], "Key": place[1]}
        self._kind = kind
        self._rows = rows
        self._problem = problem

    def go_on(self, state: dict[str, Any], is_late: Callable[[], bool], keep: Callable[[dict[str, Any]], None]) -> bool:
        """Writes from where `state` ({} at first) stands. Returns whether it is complete.

        state: `{"block", "part", "upload", "counts"}`, kept by `keep` behind each part; counts are by status.
        """
        state.setdefault("block", 0)
        state.setdefault("part", 1)
        counts = Counter(state.setdefault("counts", {}))
        text = self._begun(state)
        writer = csv.writer(text, lineterminator="\r\n")
        for block, results in self._blocks(state["block"]):
            counts.update(result.status for result in results)
            writer.writerows(self._lines(results))
            state["block"] = block + 1
            if text.tell() >= PART_BYTES:
                self._upload(state, text.getvalue())
                state["counts"] = dict(counts)
                keep(state)
                text.seek(0)
                text.truncate()
                if is_late():
                    return False
        state["counts"] = dict(counts)
        self._complete(state, text.getvalue())
        return True

    def remove(self) -> None:
        """Deletes what an earlier content of the file left here."""
        self._s3.delete_object(**self._place)

    def _begun(self, state: dict[str, Any]) -> io.StringIO:
        text = io.StringIO(newline="")
        if state["part"] == 1:
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(HEADERS[self._kind])
            if self._problem and self._kind == ERRORS:
                writer.writerow(("", self._problem))
        return text

    def _blocks(self, first: int) -> Iterator[tuple[int, list[Result]]]:
        last = -(-self._rows // BLOCK)
        for start in range(first, last, BLOCKS_AT_ONCE):
            blocks = range(start, min(start + BLOCKS_AT_ONCE, last))
            yield from zip(blocks, overlap(self._ledger.results, blocks), strict=True)

    def _lines(self, results: list[Result]) -> Iterator[tuple[Any, ...]]:
        for result in results:
            if self._kind == RESULTS:
                yield (
                    result.line or "",
                    result.status,
                    result.message_id,
                    result.reason,
                    *(inert(value) for value in (result.id_1, result.id_2)),
                )
            elif result.status != SENT:
                yield (result.line or "", result.reason)

    def _upload(self, state: dict[str, Any], text: str) -> None:
        if "upload" not in state:
            state["upload"] = self._s3.create_multipart_upload(**self._place, ContentType="text/csv; charset=utf-8")[
                "UploadId"
            ]
        self._s3.upload_part(
            **self._place, UploadId=state["upload"], PartNumber=state["part"], Body=text.encode("utf-8", "replace")
        )
        state["part"] += 1

    def _complete(self, state: dict[str, Any], text: str) -> None:
        if "upload" not in state:
            body = text.encode("utf-8", "replace")
            self._s3.put_object(**self._place, Body=body, ContentType="text/csv; charset=utf-8")
            return
        if text:
            self._upload(state, text)
        parts = [
            {"PartNumber": part["PartNumber"], "ETag": part["ETag"]}
            for page in self._s3.get_paginator("list_parts").paginate(**self._place, UploadId=state["upload"])
            for part in page.get("Parts", ())
        ]
        self._s3.complete_multipart_upload(
            **self._place, UploadId=state["upload"], MultipartUpload={"Parts": parts[: state["part"] - 1]}
        )
