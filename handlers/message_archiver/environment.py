"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class TransformationEnvironment(Environment):
    """The function on the event stream's Firehose."""

    queue_url: str
    archive_prefix: str
    error_bucket: str
    error_prefix: str


@dataclass(frozen=True, kw_only=True)
class ArchiverEnvironment(Environment):
    """The function that renders messages and stores them."""

    application_id: str
    archive_bucket: str
    archive_prefix: str
    dead_letter_queue_url: str


@dataclass(frozen=True, kw_only=True)
class RecordsEnvironment(Environment):
    """The function that lists and deletes what is archived."""

    archive_bucket: str
    archive_prefix: str
    index_prefix: str
    error_prefix: str
