"""The API function behind the function URL: one request in, one Pinpoint answer out."""

import base64
import binascii
import json
import uuid
from typing import Any

from botocore.exceptions import ClientError

from handlers.engagement.api import router
from handlers.engagement.api.call import Call
from handlers.engagement.api.validation import check_body
from handlers.engagement.errors import (
    BadRequestError,
    EngagementError,
    InternalError,
    PayloadTooLargeError,
    TooManyRequestsError,
)
from handlers.engagement.operations import find
from handlers.engagement.service import service
from handlers.shared.logging import logger

PAYLOAD = 7 * 1024 * 1024
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers one request of a function URL (payload format 2.0)."""
    http = event["requestContext"]["http"]
    request_id = event["requestContext"].get("requestId") or str(uuid.uuid4())
    operation = "-"
    try:
        found = router.match(http["method"], event["rawPath"])
        operation = found.route.name
        status, answer = _answer(found, event, request_id)
    except EngagementError as error:
        logger.info("refused", operation=operation, code=error.code, request_id=request_id)
        return _error(error, request_id)
    except ClientError as error:
        return _error(_of_aws(error, operation, request_id), request_id)
    except Exception:  # noqa: BLE001 - the answer to anything unforeseen is a typed 500; the log has the rest
        logger.exception("failed", operation=operation, request_id=request_id)
        return _error(InternalError(f"{operation} failed; the log of request {request_id} says why"), request_id)
    return _response(status, answer, request_id)


def _answer(found: router.Match, event: dict[str, Any], request_id: str) -> tuple[int, Any]:
    operation = found.route.model
    run = find(found.route.name)
    if run is None:
        raise BadRequestError(f"{found.route.name} is not offered by the hosted engagement service")
    shared = service()
    if "application-id" in found.parameters:
        shared.require_application(found.parameters["application-id"])
    body = _body(event)
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    if payload:
        body = check_body(operation.input_shape.members[payload], body)
    query = router.query_of(event.get("rawQueryString") or "")
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    call = Call(shared, found.route.name, found.parameters, query, body, request_id, headers)
    return operation.http.get("responseCode", 200), run(call)


def _body(event: dict[str, Any]) -> dict[str, Any]:
    text = event.get("body") or ""
    try:
        raw = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
        if len(raw) > PAYLOAD:
            raise PayloadTooLargeError(f"The body has {len(raw):,} bytes; at most {PAYLOAD:,} (7 MB) are allowed")
        body = json.loads(raw) if raw else {}
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"The body is not JSON in UTF-8: {error}") from error
    if not isinstance(body, dict):
        raise BadRequestError(f"The body is a JSON {type(body).__name__}; needed is an object")
    return body


def _of_aws(error: ClientError, operation: str, request_id: str) -> EngagementError:
    code = error.response["Error"]["Code"]
    if code in THROTTLES:
        return TooManyRequestsError(f"{operation}: {error.operation_name} was throttled; try again")
    logger.exception("failed", operation=operation, request_id=request_id)
    return InternalError(
        f"{operation}: {error.operation_name} failed with {code}; the log of request {request_id} says why"
    )


def _error(error: EngagementError, request_id: str) -> dict[str, Any]:
    # SDKs take the code from the header; where a front end renames that (`x-amzn-remapped-...`), from `__type`.
    body = {"__type": error.code, "RequestID": request_id, "Message": error.message}
    return _response(error.status, body, request_id, **{"x-amzn-errortype": error.code})


def _response(status: int, answer: Any, request_id: str, **headers: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "x-amzn-requestid": request_id, **headers},
        "body": "" if answer is None else json.dumps(answer, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }
