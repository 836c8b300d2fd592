"""What the functions of this architecture are told by their component."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class TransformationEnvironment:
    """table_columns: column -> Hive type, as the Glue table has them. archive_prefix: empty without a message archive."""

    table_columns: dict[str, str]
    error_bucket: str
    error_prefix: str
    archive_prefix: str

    @classmethod
    def read(cls) -> TransformationEnvironment:
        return cls(
            table_columns=json.loads(required("TABLE_COLUMNS")),
            error_bucket=required("ERROR_BUCKET"),
            error_prefix=required("ERROR_PREFIX"),
            archive_prefix=optional("ARCHIVE_PREFIX"),
        )


@dataclass(frozen=True)
class ErasureEnvironment:
    """The function that deletes one person's events."""

    events_bucket: str
    events_prefix: str
    error_prefix: str
    results_bucket: str
    results_prefix: str

    @classmethod
    def read(cls) -> ErasureEnvironment:
        return cls(
            events_bucket=required("EVENTS_BUCKET"),
            events_prefix=required("EVENTS_PREFIX"),
            error_prefix=required("ERROR_PREFIX"),
            results_bucket=required("RESULTS_BUCKET"),
            results_prefix=required("RESULTS_PREFIX"),
        )
