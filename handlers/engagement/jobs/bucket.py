"""S3 as a job sees it: through the role that the job's definition names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from handlers.engagement.identifiers import region
from handlers.engagement.jobs.chunks import SourceFile
from handlers.shared.clients import aws_client
from handlers.shared.records.errors import FileError
from handlers.shared.records.lines import Stream
from handlers.shared.service_models import botocore_session

CREDENTIALS_SECONDS = 3600  # the most that a role assumed by a role may last
LONGEST_STEP_SECONDS = 960
MISSING = ("NoSuchKey", "404", "NotFound")
DENIED = ("AccessDenied", "403", "Forbidden")

_clients: dict[tuple[str, str], tuple[Any, float]] = {}


def parse_s3_url(url: str) -> tuple[str, str]:
    """(bucket, key or prefix) of `s3://bucket/key`. Raises FileError."""
    parts = urlsplit(url, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise FileError(f"{url!r} is not an S3 address; allowed is s3://bucket/key or s3://bucket/prefix")
    return parts.netloc, url.removeprefix(f"s3://{parts.netloc}").removeprefix("/")


class Bucket:
    """One bucket through one role.

    Args:
        name: The bucket.
        client: An S3 client with the role's credentials (`role_client`).
    """

    def __init__(self, name: str, client: Any) -> None:
        self.name = name
        self.client = client

    def sources(self, key_or_prefix: str, extension: str) -> list[SourceFile]:
        """The object of that key alone, or else the objects under the prefix whose names end in `extension`.

        Folder markers and objects that end in another known format's extension are left out. Raises FileError when none is left.
        """
        if key_or_prefix and not key_or_prefix.endswith("/") and (alone := self._head(key_or_prefix)):
            return [alone]
        skipped = ".json" if extension == ".csv" else ".csv"
        found = [
            SourceFile(item["Key"], item["Size"], item["ETag"])
            for item in self._listed(key_or_prefix)
            if not item["Key"].endswith("/") and not item["Key"].lower().endswith(skipped)
        ]
        if not found:
            raise FileError(
                f"there is no {extension.removeprefix('.').upper()} object at s3://{self.name}/{key_or_prefix}"
            )
        return found

    def open(self, key: str, etag: str, first: int, last: int) -> Stream:
        """The bytes first..last of the object as it was planned. Raises FileError where it is gone, changed or closed to us."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=key, IfMatch=etag, Range=f"bytes={first}-{last}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in MISSING:
                raise FileError("does not exist any more; it was deleted before it was read") from None
            if code in ("PreconditionFailed", "412", "InvalidRange"):
                raise FileError("was replaced while it was imported") from None
            if code in DENIED:
                raise FileError("cannot be read with the job's role: access denied") from None
            raise
        return answer["Body"]

    def put(self, key: str, body: Any, content_type: str) -> None:
        """Writes an object. `body`: a seekable binary file or bytes."""
        self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def _head(self, key: str) -> SourceFile | None:
        try:
            answer = self.client.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            # Without the right to list, S3 answers 403 for what does not exist: the listing tells which it is.
            if error.response["Error"]["Code"] in (*MISSING, *DENIED):
                return None
            raise
        return SourceFile(key, answer["ContentLength"], answer["ETag"])

    def _listed(self, prefix: str) -> Iterator[dict[str, Any]]:
        try:
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
                yield from page.get("Contents", ())
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchBucket":
                raise FileError(f"bucket {self.name} does not exist") from None
            if code in DENIED:
                raise FileError(
                    f"s3://{self.name}/{prefix} cannot be read with the job's role: access denied"
                ) from None
            raise


def role_client(role_arn: str, job_id: str, external_id: str | None = None) -> Any:
    """An S3 client with the credentials of the job's role, kept while they outlast a step. Raises FileError."""
    client, expires = _clients.get((role_arn, job_id), (None, 0.0))
    if client is not None and expires - time.time() > LONGEST_STEP_SECONDS:
        return client
    request = {
        "RoleArn": role_arn,
        "RoleSessionName": f"engagement-{job_id}"[:64],
        "DurationSeconds": CREDENTIALS_SECONDS,
        **({"ExternalId": external_id} if external_id else {}),
    }
    try:
        answer = aws_client("sts").assume_role(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in (*DENIED, "ValidationError", "NoSuchEntity"):
            raise FileError(
                f"role {role_arn} cannot be assumed ({code}): it must exist, under the path /engagement/, and trust "
                "the project's job functions"
            ) from None
        raise
    credentials = answer["Credentials"]
    client = botocore_session().create_client(
        "s3",
        region_name=region(),
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=Config(retries={"mode": "standard", "total_max_attempts": 5}),
    )
    _clients.clear()
    _clients[role_arn, job_id] = (client, time.time() + CREDENTIALS_SECONDS)
    return client
