"""Templates in S3: `PREFIX/FOLDER/LANGUAGE/subject.txt` and `body.html`, each version read once per process.

After `fresh_seconds` S3 is asked whether there is a newer one, by the ETag: what has not changed is not read again.
That a template is not there is remembered as long.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handlers.campaign_hook.filters import FAILED
from handlers.campaign_hook.lookups import LookupFailedError, failure, side_by_side
from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

SUBJECT, BODY = "subject.txt", "body.html"
MISSING_CODES = ("NoSuchKey", "404", "NotFound")
UNCHANGED_CODES = ("304", "NotModified")
LARGEST_BYTES = 1_000_000

Place = tuple[str, str]
"""Folder and language."""


@dataclass(frozen=True)
class Template:
    """A template as it was read. versions: the ETags of subject and body."""

    subject: str
    html: str
    versions: tuple[str, str]


@dataclass(frozen=True)
class _Kept:
    template: Template | None
    asked: float


class Templates:
    """The templates below a prefix (empty, or folders that end in `/`) of a bucket. Safe for threads."""

    def __init__(self, bucket: str, prefix: str, *, seconds: float, fresh_seconds: float) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.fresh_seconds = fresh_seconds
        self._kept: dict[Place, _Kept] = {}
        self._client = aws_client("s3", max_attempts=1, read_timeout=seconds, connect_timeout=seconds)

    def read(self, places: Iterable[Place], deadline: float) -> dict[Place, Template | LookupFailedError | None]:
        """Each place's template; None where there is none; the error where S3 could not be asked in time.

        Where it could not be asked but a template is kept from before, that one is used.
        """
        wanted = list(dict.fromkeys(places))
        now = time.monotonic()
        old = [place for place in wanted if not self._is_fresh(place, now)]
        answers: dict[Place, Template | LookupFailedError | None] = dict(side_by_side(self._load, old, deadline))
        for place in wanted:
            answer = answers.get(place)
            kept = self._kept.get(place)
            if place not in answers or (isinstance(answer, LookupFailedError) and kept and kept.template):
                answers[place] = kept.template if kept else None
                if isinstance(answer, LookupFailedError):
                    logger.warning("template is not checked for a newer version", extra={"reason": answer.reason})
        return answers

    def _is_fresh(self, place: Place, now: float) -> bool:
        kept = self._kept.get(place)
        return kept is not None and now - kept.asked < self.fresh_seconds

    def _load(self, place: Place) -> Template | None:
        asked = time.monotonic()
        kept = self._kept.get(place)
        before = kept.template if kept else None
        folder = f"{self.prefix}{place[0]}/{place[1]}/"
        subject = self._object(f"{folder}{SUBJECT}", before.versions[0] if before else "", before and before.subject)
        html = subject and self._object(f"{folder}{BODY}", before.versions[1] if before else "", before and before.html)
        template = Template(subject[0], html[0], (subject[1], html[1])) if subject and html else None
        self._kept[place] = _Kept(template, asked)
        return template

    def _object(self, key: str, version: str, unchanged: str | None) -> tuple[str, str] | None:
        """(text, ETag) of an object, or None where there is none."""
        condition: dict[str, Any] = {"IfNoneMatch": version} if version else {}
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key, **condition)
            content = answer["Body"].read(LARGEST_BYTES + 1)
            if len(content) > LARGEST_BYTES:
                raise LookupFailedError(FAILED, f"{key} has more than {LARGEST_BYTES:,} bytes")
            return content.decode("utf-8-sig"), answer["ETag"]
        except UnicodeDecodeError as error:
            raise LookupFailedError(FAILED, f"{key} is not UTF-8") from error
        except ClientError as error:
            if code_of(error) in UNCHANGED_CODES and unchanged is not None:
                return unchanged, version
            if code_of(error) in MISSING_CODES:
                return None
            raise failure(error) from error
