"""The short way of a call to a service that speaks AWS's JSON protocols.

botocore builds three request objects for each call, resolves its endpoint anew, asks two dozen hooks, and walks through the
service's model for what `json.dumps` and `json.loads` do at once: three quarters of the processor time that a text or a
row took. A client that goes the short way (`shorten`) makes the same requests, byte for byte but for the SDK's own bookkeeping headers, checks
parameters as it is configured to, tries again what botocore's standard mode tries again, and raises the same errors. Hooks on the events
`provide-client-params`, `before-call`, `before-send` and `after-call` are asked as ever.

What is not plain (another retry mode, a streaming or an unknown operation, an answer that holds bytes) goes botocore's own way. Bytes are
given as bytes here; botocore takes text for them, too.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, ParamValidationError
from botocore.parsers import create_parser
from botocore.validate import ParamValidationDecorator, ParamValidator

from handlers.shared.aws_errors import is_transient
from handlers.shared.backoff import backoff
from handlers.shared.request_signatures import Signer

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from botocore.session import Session

OPERATIONS = {
    "dynamodb": frozenset({
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }),
    "kinesis": frozenset({"PutRecords"}),
    "pinpoint-sms-voice-v2": frozenset({"SendTextMessage"}),
    "sqs": frozenset({"ChangeMessageVisibilityBatch", "DeleteMessageBatch", "SendMessage", "SendMessageBatch"}),
}  # fmt: skip
"""Their answers have no timestamps, and no bytes but in DynamoDB's attribute values."""
LONGEST_PAUSE_SECONDS = 20.0
_BYTES = (b'"B"', b'"BS"')
_REFUSED = 300


def shorten(session: Session) -> None:
    """Makes clients that this session creates from now on go the short way."""
    for service in OPERATIONS:
        session.register(f"creating-client-class.{service}", _add, unique_id=f"json-calls-{service}")


def _add(base_classes: list[type], **_: object) -> None:
    base_classes.insert(0, JsonCalls)


class JsonCalls:
    """A base of botocore's client classes."""

    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:  # noqa: ANN401 JSON
        ways = self.__dict__.setdefault("_short_ways", {})
        if operation_name not in ways:
            ways[operation_name] = short_way(self, operation_name, api_params)  # type: ignore[arg-type]
        way = ways[operation_name]
        if way is None:
            return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]
        return way.call(api_params)


def short_way(client: BaseClient, operation_name: str, parameters: dict[str, Any]) -> ShortWay | None:
    """The short way of an operation; None where a call of it is not plain. Raises what botocore's rules of endpoints raise.

    parameters: of the first call, which the rules of endpoints read.
    """
    model, config = client.meta.service_model, client.meta.config
    retries = config.retries or {}
    credentials = getattr(getattr(client, "_request_signer", None), "_credentials", None)
    http = getattr(getattr(client, "_endpoint", None), "http_session", None)
    agent = getattr(client, "_user_agent_creator", None)
    rules = getattr(client, "_resolve_endpoint_ruleset", None)
    plain = (
        operation_name in OPERATIONS.get(model.service_name, ())
        and getattr(model, "resolved_protocol", None) == "json"
        and retries.get("mode") == "standard"
        and "total_max_attempts" in retries
        and config.signature_version in (None, "v4")
        and urlsplit(client.meta.endpoint_url).path in ("", "/")
    )
    if not plain or credentials is None or http is None or agent is None or rules is None:
        return None
    operation = model.operation_model(operation_name)
    url, headers, properties = rules(operation, parameters, {})
    if url != client.meta.endpoint_url or headers or properties:
        return None  # so it is of FIPS in GovCloud, and of an account's own endpoint
    return ShortWay(client, operation, credentials, http, agent.to_string())


class ShortWay:
    """Calls of one operation by one client.

    Args:
        credentials: botocore's, which refresh themselves.
        http: The client's own HTTP session, with its timeouts, proxies and certificates.
    """

    def __init__(
        self,
        client: BaseClient,
        operation: OperationModel,
        credentials: Any,  # noqa: ANN401 botocore's, untyped
        http: Any,  # noqa: ANN401 botocore's, untyped
        user_agent: str,
    ) -> None:
        service = operation.service_model
        config = client.meta.config
        self._client = client
        self._operation = operation
        self._credentials = credentials
        self._http = http
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._signer = Signer(service.signing_name, client.meta.region_name, self._url)
        self._attempts: int = config.retries["total_max_attempts"]
        # The client's configuration does not tell it.
        serializer = getattr(client, "_serializer", None)
        self._validates = serializer is None or isinstance(serializer, ParamValidationDecorator)
        self._made_up: list[str] = operation.idempotent_members  # type: ignore[assignment]
        self._hooks = f"{service.service_id.hyphenize()}.{operation.name}"
        self._headers = {
            "X-Amz-Target": f"{service.metadata['targetPrefix']}.{operation.name}",
            "Content-Type": f"application/x-amz-json-{service.metadata['jsonVersion']}",
            "User-Agent": user_agent,
            **({"x-amzn-query-mode": "true"} if service.is_query_compatible else {}),
        }

    def call(self, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 JSON
        """What the service answers. Raises what botocore raises."""
        events, operation = self._client.meta.events, self._operation
        context: dict[str, Any] = {"client_region": self._client.meta.region_name}
        given = events.emit(f"provide-client-params.{self._hooks}", params=parameters, model=operation, context=context)
        parameters = next((answer for _, answer in given if answer is not None), parameters)
        for member in self._made_up:
            parameters = {member: str(uuid.uuid4()), **parameters}
        if self._validates:
            report = ParamValidator().validate(parameters, operation.input_shape)
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
        request: dict[str, Any] = {
            "url_path": "/",
            "query_string": "",
            "method": "POST",
            "headers": dict(self._headers),
            "body": _body(parameters),
            "url": self._url,
            "context": context,
        }
        _, answered = events.emit_until_response(
            f"before-call.{self._hooks}", model=operation, params=request, request_signer=None, context=context
        )
        http, parsed = answered or self._answer(request)
        events.emit(f"after-call.{self._hooks}", http_response=http, parsed=parsed, model=operation, context=context)
        if http.status_code >= _REFUSED:
            raise self._error(parsed, context.get("error_code_override"))
        return parsed

    def _answer(self, request: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
        """The answer of the last try, as it came and parsed."""
        attempt = 1
        while True:
            try:
                http = self._sent(request)
            except (ConnectionError, HTTPClientError):
                if attempt >= self._attempts:
                    raise
            else:
                parsed = self._parsed(http)
                told, last = parsed["ResponseMetadata"], attempt >= self._attempts
                told["RetryAttempts"] = attempt - 1
                if last:
                    told["MaxAttemptsReached"] = True
                if last or http.status_code < _REFUSED or not is_transient(self._error(parsed)):
                    return http, parsed
            backoff(attempt - 1, longest=LONGEST_PAUSE_SECONDS)
            attempt += 1

    def _sent(self, request: dict[str, Any]) -> AWSResponse:
        body = request["body"]
        headers = self._signer.signed(request["headers"], body, self._credentials.get_frozen_credentials())
        headers["Content-Length"] = str(len(body))
        prepared = AWSPreparedRequest("POST", self._url, HeadersDict(headers), body, stream_output=False)
        answers = self._client.meta.events.emit(f"before-send.{self._hooks}", request=prepared)
        return next((answer for _, answer in answers if answer is not None), None) or self._http.send(prepared)

    def _parsed(self, http: AWSResponse) -> dict[str, Any]:
        content = http.content
        if http.status_code >= _REFUSED or any(mark in content for mark in _BYTES):
            return self._by_the_model(http)
        try:
            parsed: dict[str, Any] = json.loads(content) if content else {}
        except ValueError:
            return self._by_the_model(http)
        parsed["ResponseMetadata"] = {
            "RequestId": http.headers.get("x-amzn-requestid"),
            "HTTPStatusCode": http.status_code,
            "HTTPHeaders": http.headers,
        }
        return parsed

    def _by_the_model(self, http: AWSResponse) -> dict[str, Any]:
        operation = self._operation
        parser = create_parser(operation.service_model.resolved_protocol)
        answer = convert_to_response_dict(http, operation)
        parsed = parser.parse(answer, operation.output_shape)
        if http.status_code >= _REFUSED:
            shape = operation.service_model.shape_for_error_code(parsed.get("Error", {}).get("Code"))
            parsed |= parser.parse(answer, shape) if shape else {}
        return parsed

    def _error(self, parsed: dict[str, Any], code: str | None = None) -> ClientError:
        kind = self._client.exceptions.from_code(code or parsed.get("Error", {}).get("Code"))
        return kind(parsed, self._operation.name)


def _body(parameters: dict[str, Any]) -> bytes:
    try:
        return _encoded(parameters).encode()
    except (TypeError, ValueError) as error:
        raise ParamValidationError(report=str(error)) from error


def _in_base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"a {type(value).__name__} cannot be sent; JSON's own types and bytes can")


_encoded = json.JSONEncoder(default=_in_base64).encode
