"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class TransformationEnvironment:
    """The function on the event stream's Firehose."""

    queue_url: str
    archive_prefix: str
    error_bucket: str
    error_prefix: str

    @classmethod
    def read(cls) -> TransformationEnvironment:
        return cls(
            queue_url=required("QUEUE_URL"),
            archive_prefix=required("ARCHIVE_PREFIX"),
            error_bucket=required("ERROR_BUCKET"),
            error_prefix=required("ERROR_PREFIX"),
        )


@dataclass(frozen=True)
class ArchiverEnvironment:
    """The function that renders messages and stores them."""

    application_id: str
    archive_bucket: str
    archive_prefix: str
    dead_letter_queue_url: str

    @classmethod
    def read(cls) -> ArchiverEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            archive_bucket=required("ARCHIVE_BUCKET"),
            archive_prefix=required("ARCHIVE_PREFIX"),
            dead_letter_queue_url=required("DEAD_LETTER_QUEUE_URL"),
        )


@dataclass(frozen=True)
class RecordsEnvironment:
    """The function that lists and deletes what is archived."""

    archive_bucket: str
    archive_prefix: str
    index_prefix: str
    error_prefix: str

    @classmethod
    def read(cls) -> RecordsEnvironment:
        return cls(
            archive_bucket=required("ARCHIVE_BUCKET"),
            archive_prefix=required("ARCHIVE_PREFIX"),
            index_prefix=required("INDEX_PREFIX"),
            error_prefix=required("ERROR_PREFIX"),
        )
