"""POST requests for routes of the hosted service that Pinpoint's model, and so botocore, does not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from handlers.shared.backoff import backoff

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2
_TOO_MANY_REQUESTS = 429


class Answer(NamedTuple):
    """The HTTP status and the body."""

    status: int
    text: str


def signed_post(url: str, document: Mapping[str, Any] | None, credentials: Credentials, region: str) -> Answer:
    """The last answer of up to four tries: 429 and 5xx are tried again after a pause.

    Signed for the service `lambda`, as a function URL asks for. document: the body; None: there is none. credentials:
    botocore's, which refresh themselves. Raises what botocore's HTTP session raises.
    """
    body = b"" if document is None else json.dumps(document).encode()
    answer = _post_once(url, body, credentials, region)
    for attempt in range(1, ATTEMPTS):
        if answer.status < 500 and answer.status != _TOO_MANY_REQUESTS:
            break
        backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
        answer = _post_once(url, body, credentials, region)
    return answer


def _post_once(url: str, body: bytes, credentials: Credentials, region: str) -> Answer:
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(credentials, "lambda", region).add_auth(request)
    response = _http().send(request.prepare())
    return Answer(response.status_code, response.text)


@cache
def _http() -> URLLib3Session:
    return URLLib3Session(max_pool_connections=50, timeout=(5, 60))


def forget_session() -> None:
    """Drops the HTTP session made so far (for tests)."""
    _http.cache_clear()
