"""Calls that only the sandbox makes, on the loopback address, without credentials: `POST /_sandbox/NAME` with JSON.

`publish`: `{"Service", "TopicArn", "Message", "Subject", "SourceArn", "RoleArn"?}`, as that service and by its rights, or
by those of a role that it takes on. Other modules add theirs. An answer with `Error` has status 400.
"""
# pyright: reportMissingImports=false

import asyncio
import json
from collections.abc import Callable
from typing import Any

from ministack import app

from sandbox.repairs import publishing

PREFIX = "/_sandbox/"
Call = Callable[[dict[str, Any]], dict[str, Any]]


class CallError(Exception):
    """What is wrong with a call, for who made it."""


def _publish(given: dict[str, Any]) -> dict[str, Any]:
    if role := given.get("RoleArn"):
        reason = publishing.to_topic_by_role(role, given["TopicArn"], given["Message"], given["Subject"])
    else:
        reason = publishing.to_topic(
            given["Service"], given["TopicArn"], given["Message"], given["Subject"], given["SourceArn"]
        )
    if reason:
        raise CallError(reason)
    return {}


CALLS: dict[str, Call] = {"publish": _publish}
SLOW: set[str] = set()
"""Calls that wait for functions: those call the embedded AWS in turn, so such a call must not hold its loop."""
_loops: list[asyncio.AbstractEventLoop] = []


def loop() -> asyncio.AbstractEventLoop:
    """The loop on which MiniStack answers; known from the first request on."""
    return _loops[0]


def install() -> None:
    """Answers the calls before MiniStack routes a request to a service."""
    inner = app._handle_post_body_shortcuts

    async def shortcuts(method: str, path: str, *more: Any) -> Any:
        if not _loops:
            _loops.append(asyncio.get_running_loop())
        if method == "POST" and path.startswith(PREFIX):
            name = path.removeprefix(PREFIX)
            return await asyncio.to_thread(_answer, name, more[1]) if name in SLOW else _answer(name, more[1])
        return await inner(method, path, *more)

    app._handle_post_body_shortcuts = shortcuts


def _answer(name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    headers = {"Content-Type": "application/json"}
    if name not in CALLS:
        return 404, headers, json.dumps({"Error": f"there is no {name!r}; there are {sorted(CALLS)}"}).encode()
    try:
        return 200, headers, json.dumps(CALLS[name](json.loads(body))).encode()
    except CallError as error:
        return 400, headers, json.dumps({"Error": str(error)}).encode()
