"""Lines that can never be handled, as one object beside the event objects: newline-delimited JSON, one line for each.

`{"Bucket", "Key", "Line", "Reason", "Record"}`: the source object and line, why, and the line as it was (`RecordBase64`
where it is not UTF-8). The object's key follows from the source's, so that doing it again writes the same object again.
"""

from __future__ import annotations

import base64
import json
import tempfile
from types import TracebackType
from typing import Any, Self

from handlers.pinpoint_event_processing.lines import Line
from handlers.shared.clients import aws_client

_IN_MEMORY = 1024 * 1024


class ErrorLines:
    """The error object of one event object; a context manager that gives its space back."""

    def __init__(self, bucket: str, key: str, error_key: str) -> None:
        self._bucket, self._key, self.error_key = bucket, key, error_key
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: Line, reason: str) -> None:
        """Sets a line aside."""
        entry: dict[str, Any] = {"Bucket": self._bucket, "Key": self._key, "Line": line.number, "Reason": reason}
        try:
            entry["Record"] = line.data.decode()
        except UnicodeDecodeError:
            entry["RecordBase64"] = base64.b64encode(line.data).decode()
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self.count += 1

    def write(self) -> None:
        """Writes the error object, if there is anything to write."""
        if self.count:
            self._file.seek(0)
            aws_client("s3").put_object(
                Bucket=self._bucket, Key=self.error_key, Body=self._file, ContentType="application/x-ndjson"
            )
