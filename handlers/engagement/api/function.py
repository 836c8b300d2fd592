"""The API function behind the function URL: one request in, one Pinpoint answer out."""

import uuid
from typing import Any

from botocore.exceptions import ClientError

from handlers.engagement.api import router
from handlers.engagement.api.answers import filled
from handlers.engagement.api.body import read_body
from handlers.engagement.api.call import Call
from handlers.engagement.api.validation import check_body
from handlers.engagement.errors import (
    BadRequestError,
    ConflictError,
    EngagementError,
    InternalError,
    TooManyRequestsError,
)
from handlers.engagement.operations import INSTEAD, find
from handlers.engagement.service import service
from handlers.shared.aws_errors import code_of, is_throttled
from handlers.shared.compact_json import compact_json
from handlers.shared.logging import logger
from handlers.shared.tables import TransactionCancelledError

CONFLICT = "TransactionConflictException"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers one request of a function URL (payload format 2.0)."""
    http = event["requestContext"]["http"]
    request_id = event["requestContext"].get("requestId") or str(uuid.uuid4())
    operation = "-"
    try:
        found = router.match(http["method"], event["rawPath"])
        operation = found.route.name
        status, answer = _answer(found, event, request_id)
    except Exception as error:  # noqa: BLE001 - what is unforeseen is a typed 500; the log has the rest
        return _error(_refusal(error, operation, request_id), request_id)
    return _response(status, answer, request_id)


def _answer(found: router.Match, event: dict[str, Any], request_id: str) -> tuple[int, Any]:
    operation = found.route.model
    run = find(found.route.name)
    if run is None:
        instead = INSTEAD.get(found.route.name)
        raise BadRequestError(
            f"{found.route.name} is not offered by the hosted engagement service{f'; {instead}' if instead else ''}"
        )
    shared = service()
    if "application-id" in found.parameters:
        shared.require_application(found.parameters["application-id"])
    body = read_body(event)
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    if payload:
        body = check_body(operation.input_shape.members[payload], body)
    query = router.query_of(event.get("rawQueryString") or "")
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    call = Call(shared, found.route.name, found.parameters, query, body, request_id, headers)
    return operation.http.get("responseCode", 200), _filled(operation, run(call))


def _filled(operation: Any, answer: Any) -> Any:
    shape = operation.output_shape
    payload = shape.serialization.get("payload") if shape else None
    return filled(shape.members[payload], answer) if payload else answer


def _refusal(error: Exception, operation: str, request_id: str) -> EngagementError:
    """The answer to what was raised; what is not the caller's doing goes into the log whole."""
    if isinstance(error, EngagementError):
        logger.info("refused", operation=operation, code=error.code, request_id=request_id)
        return error
    if isinstance(error, TransactionCancelledError):
        return ConflictError(f"{operation}: others changed the same thing meanwhile; try again")
    if isinstance(error, RecursionError):
        return BadRequestError(f"{operation}: something in the request nests too deeply")
    cause = ""
    if isinstance(error, ClientError):
        code = code_of(error)
        if is_throttled(error) or code == CONFLICT:
            return TooManyRequestsError(f"{operation}: {error.operation_name} was throttled; try again")
        cause = f": {error.operation_name} with {code}"
    logger.error("failed", operation=operation, request_id=request_id, exc_info=error)
    return InternalError(f"{operation} failed{cause}; the log of request {request_id} says why")


def _error(error: EngagementError, request_id: str) -> dict[str, Any]:
    # SDKs take the code from the header; where a front end renames that (`x-amzn-remapped-...`), from `__type`.
    # A message quotes what was given, which may be no text that UTF-8 has.
    message = error.message.encode("utf-8", "backslashreplace").decode()
    body = {"__type": error.code, "RequestID": request_id, "Message": message}
    return _response(error.status, body, request_id, **{"x-amzn-errortype": error.code})


def _response(status: int, answer: Any, request_id: str, **headers: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "x-amzn-requestid": request_id, **headers},
        "body": "" if answer is None else compact_json(answer),
        "isBase64Encoded": False,
    }
