"""AWS Signature Version 4 of POST requests to a service's root, which is where all of AWS's JSON protocols go.

botocore's signer makes a request object, takes it apart and derives the day's key for each call; here the key is kept.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = frozenset({"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
"""Headers that proxies or tracing change on the way."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Signer:
    """Signs for one service in one Region.

    Args:
        url: Where requests go: its host is part of what is signed.
    """

    def __init__(self, service: str, region: str, url: str) -> None:
        self._service = service
        self._region = region
        self._host = _host(url)
        self._keys: dict[tuple[str, str], bytes] = {}

    def signed(
        self, headers: dict[str, str], body: bytes, credentials: ReadOnlyCredentials, now: datetime | None = None
    ) -> dict[str, str]:
        """The headers with those that authorize the request. now: a moment in UTC; by default the present one."""
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        day = moment[:8]
        headers = {**headers, "X-Amz-Date": moment}
        if credentials.token:
            headers["X-Amz-Security-Token"] = credentials.token
        names, lines = _told((*headers.items(), ("Host", self._host)))
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key_of(day, credentials.secret_key), text.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _key_of(self, day: str, secret: str) -> bytes:
        key = self._keys.get((day, secret))
        if key is None:
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._keys = {(day, secret): key}
        return key


@lru_cache(maxsize=64)
def _told(headers: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The names and the lines of headers, as they are signed. Requests of one second have the same ones, but for what is traced."""
    told = {name.lower(): " ".join(value.split()) for name, value in headers}
    names = sorted(told.keys() - _UNSIGNED)
    return ";".join(names), "".join(f"{name}:{told[name]}\n" for name in names)


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
