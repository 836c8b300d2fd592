"""Commands for architecture 10, the static host: upload what changed, and have CloudFront forget what it kept of it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from boto3.s3.transfer import TransferConfig
from boto3.session import Session

from commands.errors import CommandError
from commands.functions import JsonOption, YesOption, confirm
from components.building_blocks.static_files import content_type, files_of

COMMANDS = typer.Typer(help="The static host.", no_args_is_help=True)
BucketOption = Annotated[str, typer.Option("--bucket", help="Output bucketName.", metavar="NAME")]
DistributionOption = Annotated[str, typer.Option("--distribution", help="Output distributionId.", metavar="ID")]

_WHOLE = 64 * 1024 * 1024
"""Bytes up to which a file goes up in one piece, so that its ETag is its MD5."""
_PATHS = 30
"""From so many changed paths on, one invalidation of everything is cheaper and quicker."""


@dataclass(frozen=True)
class Difference:
    """What an upload has to do: keys to put and keys to delete."""

    put: list[str]
    delete: list[str]


@COMMANDS.command()
def upload(
    folder: Annotated[Path, typer.Argument(help="Folder with the files.", exists=True, file_okay=False)],
    bucket: BucketOption,
    distribution: DistributionOption,
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what the folder does not hold.")] = False,
    cache_seconds: Annotated[
        int | None,
        typer.Option("--cache-seconds", min=0, help="Seconds for which caches, browsers' too, may keep these files."),
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Upload the files that changed, each with its type, and have CloudFront forget them."""
    files = files_of(folder)
    if not files:
        raise CommandError(f"{folder} holds no files; hidden ones are left out")
    s3 = Session().client("s3")
    different = difference(files, dict(_stored(s3, bucket)), delete=delete)
    if different.delete:
        confirm(f"Delete {len(different.delete)} files that {folder} does not hold?", yes=yes)
    put_all(s3, bucket, {key: files[key] for key in different.put}, cache_seconds)
    _delete_all(s3, bucket, different.delete)
    changed = [*different.put, *different.delete]
    invalidation = forget(Session().client("cloudfront"), distribution, changed) if changed else ""
    result = {
        "Uploaded": len(different.put),
        "Unchanged": len(files) - len(different.put),
        "Deleted": len(different.delete),
        "Invalidation": invalidation,
    }
    if as_json:
        print(json.dumps(result))
    else:
        print(f"{result['Uploaded']} uploaded, {result['Unchanged']} unchanged, {result['Deleted']} deleted")
        if invalidation:
            print(f"CloudFront forgets them by invalidation {invalidation}, within minutes")


@COMMANDS.command()
def invalidate(
    distribution: DistributionOption,
    keys: Annotated[list[str] | None, typer.Argument(help="Keys; without any, everything.", metavar="KEY...")] = None,
) -> None:
    """Have CloudFront forget files, so that the next reader gets the newest version."""
    print(forget(Session().client("cloudfront"), distribution, keys or []))


def difference(files: Mapping[str, Path], stored: Mapping[str, str], *, delete: bool) -> Difference:
    """Compares files with the ETags of what is stored. A file of more than 64 MiB always counts as changed."""
    put = [key for key, path in files.items() if stored.get(key) != _etag(path)]
    return Difference(put, sorted(set(stored) - set(files)) if delete else [])


def _etag(path: Path) -> str:
    if path.stat().st_size > _WHOLE:
        return ""
    with path.open("rb") as file:
        # S3's own digest of an object, no protection of anything.
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _stored(s3: Any, bucket: str) -> Iterator[tuple[str, str]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", ()):
            yield found["Key"], found["ETag"].strip('"')


def put_all(s3: Any, bucket: str, files: Mapping[str, Path], cache_seconds: int | None = None) -> None:
    """Uploads files, several at a time. Raises CommandError that names each one that failed."""

    def put(item: tuple[str, Path]) -> str:
        key, path = item
        extra = {"ContentType": content_type(key)}
        if cache_seconds is not None:
            extra["CacheControl"] = f"max-age={cache_seconds}"
        try:
            s3.upload_file(
                str(path), bucket, key, ExtraArgs=extra, Config=TransferConfig(multipart_threshold=_WHOLE + 1)
            )
        except Exception as error:  # noqa: BLE001 one file must not keep the others back: all failures are told below
            return f"{key}: {error}"
        return ""

    with ThreadPoolExecutor(8) as pool:
        failures = [failure for failure in pool.map(put, files.items()) if failure]
    if failures:
        raise CommandError(f"{len(failures)} of {len(files)} files were not uploaded: {'; '.join(failures)}")


def _delete_all(s3: Any, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), 1000):
        objects = [{"Key": key} for key in keys[start : start + 1000]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            told = "; ".join(f"{error['Key']}: {error['Message']}" for error in errors)
            raise CommandError(f"{len(errors)} files were not deleted: {told}")


def forget(cloudfront: Any, distribution: str, keys: list[str]) -> str:
    """Starts an invalidation of these keys (of everything for none, or for many); returns its id."""
    paths = ["/*"] if not keys or len(keys) > _PATHS else sorted({path for key in keys for path in _paths(key)})
    answer = cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"CallerReference": str(uuid.uuid4()), "Paths": {"Quantity": len(paths), "Items": paths}},
    )
    return answer["Invalidation"]["Id"]


def _paths(key: str) -> list[str]:
    """The paths at which readers see a key: the address without a path serves a page at the root."""
    path = f"/{quote(key)}"
    return [path] if "/" in key else [path, "/"]
