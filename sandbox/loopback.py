"""Calls of the sandbox's own servers, which are on this machine: past any proxy that the environment names."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(url: str, document: Mapping[str, Any], seconds: float = 60) -> Any:
    """POSTs JSON. Returns the answer's JSON. Raises urllib.error.HTTPError, with the server's reason in it, and OSError."""
    request = urllib.request.Request(url, json.dumps(document).encode(), method="POST")  # noqa: S310 the sandbox's own address
    with _OPENER.open(request, timeout=seconds) as answer:
        return json.load(answer)


def status(url: str, seconds: float = 5) -> int:
    """The status that a server answers a GET with. Raises urllib.error.HTTPError, above 399, and OSError."""
    with _OPENER.open(url, timeout=seconds) as answer:
        return answer.status
