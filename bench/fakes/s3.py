"""S3 objects in memory: read whole or by range, listed by prefix, written in one piece or in parts."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.wire import Answer, Reply, UnansweredCallError, body_of

PAGE = 1000


class FakeS3:
    """One bucket's objects by key (path-style and virtual-hosted addresses both reach it)."""

    def __init__(self, bucket: str, objects: dict[str, bytes] | None = None) -> None:
        self.bucket = bucket
        self.objects = dict(objects or {})
        self._parts: dict[tuple[str, str], bytes] = {}

    def answers(self) -> dict[str, Answer]:
        """For the wire."""
        return {
            "s3.GetObject": self._get,
            "s3.HeadObject": self._head,
            "s3.ListObjectsV2": self._list,
            "s3.PutObject": self._put,
            "s3.CreateMultipartUpload": self._start_upload,
            "s3.UploadPart": self._upload_part,
            "s3.CompleteMultipartUpload": self._complete_upload,
        }

    def _key(self, request: AWSPreparedRequest) -> str:
        path = unquote(urlsplit(request.url).path).lstrip("/")
        return path.removeprefix(f"{self.bucket}/")

    def _get(self, request: AWSPreparedRequest) -> Reply:
        content = self.objects.get(self._key(request))
        if content is None:
            return Reply("<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>", 404)
        headers = {"etag": _etag(content), "content-type": "binary/octet-stream"}
        wanted = request.headers.get("Range")
        if not wanted:
            return Reply(content, 200, headers)
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted if isinstance(wanted, str) else wanted.decode())
        if match is None:
            raise UnansweredCallError(f"the fake bucket does not know the range {wanted!r}")
        first, last = int(match[1]), int(match[2] or len(content) - 1)
        part = content[first : last + 1]
        if not part:
            return Reply("<Error><Code>InvalidRange</Code></Error>", 416)
        headers["content-range"] = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        return Reply(part, 206, headers)

    def _head(self, request: AWSPreparedRequest) -> Reply:
        content = self.objects.get(self._key(request))
        if content is None:
            return Reply(b"", 404)
        return Reply(b"", 200, {"content-length": str(len(content)), "etag": _etag(content)})

    def _list(self, request: AWSPreparedRequest) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        after = query.get("continuation-token") or query.get("start-after") or ""
        found = sorted(key for key in self.objects if key.startswith(query.get("prefix", "")) and key > after)
        page = found[: int(query.get("max-keys", PAGE))]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f"<ETag>{escape(_etag(self.objects[key]))}</ETag>"
            "<LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>"
            for key in page
        )
        more = len(page) < len(found)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return Reply(
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(page)}</KeyCount>"
            f"{token}{contents}</ListBucketResult>"
        )

    def _put(self, request: AWSPreparedRequest) -> Reply:
        self.objects[self._key(request)] = _content(request)
        return Reply(b"", 200, {"etag": '"1"'})

    def _start_upload(self, request: AWSPreparedRequest) -> Reply:
        return Reply("<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>")

    def _upload_part(self, request: AWSPreparedRequest) -> Reply:
        number = parse_qs(urlsplit(request.url).query)["partNumber"][0]
        self._parts[self._key(request), number.zfill(5)] = _content(request)
        return Reply(b"", 200, {"etag": f'"{number}"'})

    def _complete_upload(self, request: AWSPreparedRequest) -> Reply:
        key = self._key(request)
        own = sorted(part for part in self._parts if part[0] == key)
        self.objects[key] = b"".join(self._parts.pop(part) for part in own)
        return Reply("<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _content(request: AWSPreparedRequest) -> bytes:
    """What was uploaded, taken out of the chunks (`size in hex, CRLF, data, CRLF`) that carry a checksum behind it."""
    body = body_of(request)
    if "x-amz-trailer" not in {name.lower() for name in request.headers}:
        return body
    content, at = b"", 0
    while True:
        line_end = body.index(b"\r\n", at)
        size = int(body[at:line_end].split(b";")[0], 16)
        if size == 0:
            return content
        content += body[line_end + 2 : line_end + 2 + size]
        at = line_end + 2 + size + 2
