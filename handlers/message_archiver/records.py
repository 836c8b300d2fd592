"""All that is archived for an endpoint: its list, and its deletion with every version of every object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handlers.message_archiver.location import archive_folder


@dataclass(frozen=True)
class Page:
    """Archived messages: `{"Key", "Size", "LastModified"}` each. cursor: the key after which to go on; None at the end."""

    messages: list[dict[str, Any]]
    cursor: str | None


class DeletionError(Exception):
    """S3 did not delete some objects; the message has the count and the first reason."""


class ArchivedRecords:
    """The archive of a bucket and key prefix. s3: a boto3 client."""

    def __init__(self, s3: Any, bucket: str, prefix: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix

    def list(self, endpoint_id: str, cursor: str | None = None, limit: int = 1000) -> Page:
        """The endpoint's messages, oldest first, at most 1,000 at a time."""
        after = {"StartAfter": cursor} if cursor else {}
        folder = archive_folder(endpoint_id, self._prefix)
        answer = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=folder, MaxKeys=limit, **after)
        messages = [
            {"Key": found["Key"], "Size": found["Size"], "LastModified": found["LastModified"].isoformat()}
            for found in answer.get("Contents", [])
        ]
        return Page(messages, messages[-1]["Key"] if answer.get("IsTruncated") and messages else None)

    def delete_page(self, endpoint_id: str) -> tuple[int, bool]:
        """Deletes up to 1,000 versions of the endpoint's messages. Returns how many, and whether none are left."""
        folder = archive_folder(endpoint_id, self._prefix)
        page = self._s3.list_object_versions(Bucket=self._bucket, Prefix=folder)
        found = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        ]
        if found:
            answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": found, "Quiet": True})
            errors = answer.get("Errors", [])
            if errors:
                raise DeletionError(f"{len(errors)} of {len(found)} objects not deleted: {errors[0].get('Code')}")
        return len(found), not page.get("IsTruncated", False)
