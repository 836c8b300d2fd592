"""Serves the outside world over HTTP: `python -m sandbox.world.server`.

The world's own operations are answered here directly, at a fraction of what moto's dispatch costs; the rest goes to
moto. Settings by environment: WORLD_PORT, WORLD_OUTBOX (file), WORLD_AWS_ENDPOINT (the embedded AWS, which judges what
a caller may do).

`GET /_world/health`. `POST`, with JSON: `/_world/throttle` `{"SendTextMessage": n}` refuses that operation's next n calls;
`/_world/fail` `{"SendTextMessage": n}` fails every n-th call, 0 ends it (both also for StartOutboundVoiceContact and
SendWhatsAppMessage, and for SendMessages, which sends push); `/_world/push`
`{TOKEN: {"State", "Token"?, "Times"?}}` says what happens to tokens (sandbox/world/push.py); `/_world/rates` `{"LONG_CODE": 1}` refuses sends
above a rate, `{}` ends it; `/_world/text` `{"From", "To", "Body", "Id"?}` is a text to a number of the account.
"""

import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.world import connect, push
from sandbox.world.authorization import Authorization
from sandbox.world.extension import install
from sandbox.world.faults import ServiceError, Trouble
from sandbox.world.numbers import validate
from sandbox.world.outbox import OUTBOX
from sandbox.world.publisher import Publisher
from sandbox.world.signature import SignatureError, Signed, access_key_id, check
from sandbox.world.sms_voice.inbound import InboundError
from sandbox.world.sms_voice.models import SmsVoiceBackend, SmsVoiceError, sms_voice_backends
from sandbox.world.social_messaging import models as social_messaging

REGION = "us-east-1"
ACCOUNT = "000000000000"
TARGET = "PinpointSMSVoiceV2."
VALIDATE_PATH = "/v1/phone/number/validate"
RESOURCES = {
    "OptOutListName": "opt-out-list",
    "PhoneNumberId": "phone-number",
    "ConfigurationSetName": "configuration-set",
}
"""The member that names the resource of an operation, and the resource's kind."""
SENDS = ("SendTextMessage", "SendVoiceMessage")
SENT_WITH = {"ConfigurationSetName": "configuration-set", "ProtectConfigurationId": "protect-configuration"}
"""What a message may name beside its origin, as AWS's authorization reference lists them."""
Reply = tuple[int, dict[str, str], bytes]
STATUS = {
    200: "200 OK",
    201: "201 Created",
    400: "400 Bad Request",
    402: "402 Payment Required",
    403: "403 Forbidden",
    404: "404 Not Found",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
}


class World:
    """The WSGI application."""

    def __init__(self, authorization: Authorization) -> None:
        install()
        self._authorization = authorization
        self._moto: Any = None

    @property
    def backend(self) -> SmsVoiceBackend:
        """The model of the sandbox's account."""
        return sms_voice_backends[ACCOUNT][REGION]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        path, target = environ["PATH_INFO"], environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(TARGET):
            body = environ["wsgi.input"].read(length)
            reply = self._sms_voice(_signed(environ, body), target.removeprefix(TARGET))
        elif path.rstrip("/") == VALIDATE_PATH:
            reply = self._validate(_signed(environ, environ["wsgi.input"].read(length)))
        elif found := push.PATH.fullmatch(path):
            reply = self._push(_signed(environ, environ["wsgi.input"].read(length)), found["application"])
        elif path in (connect.PATH, social_messaging.SEND_PATH):
            reply = self._channel(_signed(environ, environ["wsgi.input"].read(length)), path)
        elif path.startswith("/_world/"):
            reply = self._control(path, environ["wsgi.input"].read(length))
        else:
            return self._other(environ, start_response)
        status, headers, body = reply
        start_response(
            STATUS[status],
            [*headers.items(), ("Content-Length", str(len(body))), ("x-amzn-RequestId", str(uuid.uuid4()))],
        )
        return [body]

    def _sms_voice(self, request: Signed, operation: str) -> Reply:
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        try:
            parameters = json.loads(request.body or b"{}")
            for resource in self._resources(operation, parameters):
                self._authorize(request, f"sms-voice:{operation}", resource)
            return 200, headers, json.dumps(self.backend.call(operation, parameters)).encode()
        except SmsVoiceError as error:
            fault = {**headers, "x-amzn-errortype": error.code}
            return error.status, fault, json.dumps(error.body()).encode()

    def _channel(self, request: Signed, path: str) -> Reply:
        """A call of Amazon Connect, or a WhatsApp message."""
        headers = {"Content-Type": "application/json"}
        try:
            parameters = json.loads(request.body or b"{}")
            if path == connect.PATH:
                self._authorize(request, f"connect:{connect.START}", connect.RESOURCE)
                answer = connect.outbound_calls(ACCOUNT, REGION).start(parameters)
            else:
                number = social_messaging.arn(ACCOUNT, REGION, parameters)
                self._authorize(request, f"social-messaging:{social_messaging.SEND}", number)
                answer = social_messaging.social_messaging_backends[ACCOUNT][REGION].send(parameters)
        except ServiceError as error:
            fault = {**headers, "x-amzn-errortype": error.code}
            return error.status, fault, json.dumps(error.body()).encode()
        return 200, headers, json.dumps(answer).encode()

    def _troubles(self) -> tuple[Trouble, ...]:
        social = social_messaging.social_messaging_backends[ACCOUNT][REGION]
        return self.backend, connect.outbound_calls(ACCOUNT, REGION), social, push.push_messages(ACCOUNT, REGION)

    def _push(self, request: Signed, application: str) -> Reply:
        headers = {"Content-Type": "application/json"}
        try:
            self._authorize(request, f"mobiletargeting:{push.SEND}", push.arn(ACCOUNT, REGION, application))
            answer = push.push_messages(ACCOUNT, REGION).send(application, json.loads(request.body or b"{}"))
        except ServiceError as error:
            denied = error.code == "AccessDeniedException"
            code, status = ("ForbiddenException", 403) if denied else (error.code, error.status)
            return status, {**headers, "x-amzn-errortype": code}, json.dumps(push.fault(error)).encode()
        return 200, headers, json.dumps(answer).encode()

    def _validate(self, request: Signed) -> Reply:
        arn = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:phone/number/validate"
        headers = {"Content-Type": "application/json"}
        try:
            self._authorize(request, "mobiletargeting:PhoneNumberValidate", arn)
        except SmsVoiceError as error:
            code = "ForbiddenException" if error.code == "AccessDeniedException" else error.code
            fault = {**headers, "x-amzn-errortype": code}
            return 403, fault, json.dumps({"Message": str(error), "RequestID": str(uuid.uuid4())}).encode()
        given = json.loads(request.body or b"{}")
        answer = validate(given.get("PhoneNumber", ""), given.get("IsoCountryCode", ""))
        return 200, headers, json.dumps(answer).encode()

    def _resources(self, operation: str, parameters: dict[str, Any]) -> list[str]:
        """The ARNs that the caller's policy must allow, each of them: who a message comes from, and the sets it names."""
        if operation not in SENDS:
            return [self._resource(operation, parameters)]
        named = [self._arn(kind, str(parameters[name])) for name, kind in SENT_WITH.items() if parameters.get(name)]
        return [self._origin(str(parameters.get("OriginationIdentity") or "shared-route")), *named]

    def _arn(self, kind: str, given: str) -> str:
        return given if given.startswith("arn:") else self.backend.arn(f"{kind}/{given}")

    def _resource(self, operation: str, parameters: dict[str, Any]) -> str:
        """The ARN that the caller's policy must allow; `*` where the call names nothing, as a listing does."""
        named = parameters.get("PhoneNumberIds") or []
        if operation == "DescribePhoneNumbers" and len(named) == 1:
            return self.backend.arn(f"phone-number/{named[0]}")
        for name, kind in RESOURCES.items():
            if given := str(parameters.get(name) or ""):
                return self._arn(kind, given)
        return "*"

    def _origin(self, identity: str) -> str:
        if identity.startswith("arn:"):
            return identity
        for identifier, phone in self.backend.phone_numbers.items():
            if identity in (identifier, phone["PhoneNumber"]):
                return str(phone["PhoneNumberArn"])
        if identity.startswith("pool-"):
            return self.backend.arn(f"pool/{identity}")
        if identity.startswith(("+", "phone-", "shared-route")):
            return self.backend.arn(f"phone-number/{identity.lstrip('+')}")
        return self.backend.arn(f"sender-id/{identity}/US")

    def _authorize(self, request: Signed, action: str, resource: str) -> None:
        """action: its service's prefix is the name that signatures for the service are scoped to."""
        service = action.partition(":")[0]
        try:
            key = access_key_id(request)
            check(request, self._authorization.credentials(key), service, REGION)
        except SignatureError as error:
            raise SmsVoiceError(error.code, str(error), 403) from error
        if refusal := self._authorization.refusal(key, action, resource):
            raise SmsVoiceError("AccessDeniedException", refusal, 400)

    def _control(self, path: str, body: bytes) -> Reply:
        headers = {"Content-Type": "application/json"}
        given = json.loads(body or b"{}")
        answer: dict[str, Any] = {}
        if path == "/_world/throttle":
            for service in self._troubles():
                service.throttled.update(given)
        elif path == "/_world/fail":
            for service in self._troubles():
                service.failing_every.update(given)
        elif path == "/_world/rates":
            answer = self.backend.limit_rates(given)
        elif path == "/_world/push":
            try:
                push.push_messages(ACCOUNT, REGION).set_states(given)
            except ServiceError as error:
                return 400, headers, json.dumps({"Error": str(error)}).encode()
        elif path == "/_world/text":
            try:
                received = self.backend.receive_text(given["From"], given["To"], given["Body"], given.get("Id", ""))
            except InboundError as error:
                return 400, headers, json.dumps({"Error": str(error)}).encode()
            answer = asdict(received)
        elif path != "/_world/health":
            return 404, {}, b""
        return 200, headers, json.dumps(answer).encode()

    def _other(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._moto is None:
            from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 half a second that most sandboxes do not need
                DomainDispatcherApplication,
                create_backend_app,
            )

            self._moto = DomainDispatcherApplication(create_backend_app)
        return self._moto(environ, start_response)


def _signed(environ: dict[str, Any], body: bytes) -> Signed:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    path, _, query = str(environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")
    return Signed(environ["REQUEST_METHOD"], path, query, headers, body)


class Handler(WSGIRequestHandler):
    """Keeps connections open, and logs failures only."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Logs nothing: calls are too many."""


def main() -> None:
    """Serves until it is ended."""
    logging.basicConfig(level=logging.WARNING)
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    OUTBOX.write_to(Path(os.environ["WORLD_OUTBOX"]))
    world = World(Authorization(os.environ["WORLD_AWS_ENDPOINT"], REGION))
    publisher = Publisher(os.environ["WORLD_AWS_ENDPOINT"])
    SmsVoiceBackend.publisher, SmsVoiceBackend.deliver = publisher, publisher.at_once
    port = int(os.environ["WORLD_PORT"])
    make_server("127.0.0.1", port, world, threaded=True, request_handler=Handler).serve_forever()


if __name__ == "__main__":
    main()
