"""The body of a request: bytes in, a JSON object out."""

import base64
import binascii
import json
from typing import Any, NoReturn

from handlers.engagement.errors import BadRequestError, PayloadTooLargeError

PAYLOAD = 7 * 1024 * 1024
DEPTH = 100  # objects and lists within each other; the model's deepest shape has less than 20


def read_body(event: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of a function URL's event; without a body: an empty one.

    Raises:
        BadRequestError: the body is no JSON object in UTF-8, nests too deeply, or holds a number that JSON has not.
        PayloadTooLargeError: it has more than 7 MB.
    """
    text = event.get("body") or ""
    try:
        raw = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        if len(raw) > PAYLOAD:
            raise PayloadTooLargeError(f"The body has {len(raw):,} bytes; at most {PAYLOAD:,} (7 MB) are allowed")
        body = json.loads(raw, parse_constant=_refuse) if raw else {}
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"The body is not JSON in UTF-8: {error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if not isinstance(body, dict):
        raise BadRequestError(f"The body is a JSON {type(body).__name__}; needed is an object")
    _check_depth(body)
    return body


def _check_depth(body: dict[str, Any]) -> None:
    level: list[Any] = [body]
    for _ in range(DEPTH):
        level = [
            entry
            for holder in level
            for entry in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(entry, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> BadRequestError:
    return BadRequestError(f"The body nests deeper than {DEPTH} objects and lists, which are as many as are allowed")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
