"""The service on a port of this machine, for clients of any language, and what a real client is asked here."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from handlers.engagement.api import router
from tests.handlers.engagement.conftest import url_event

PACKAGES = Path(__file__).parents[4] / "tools" / "package.json"
CLIENT = PACKAGES.parent / "node_modules" / "@aws-sdk" / "client-pinpoint"


class RefusedError(Exception):
    """An error of the service. `code`: the exception's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Boto3:
    """boto3's client."""

    def __init__(self, endpoint: str) -> None:
        from handlers.shared.clients import sign_for_function_url

        self.client = sign_for_function_url(boto3.client("pinpoint", endpoint_url=endpoint))

    def call(self, operation: str, **given: Any) -> Any:
        try:
            return getattr(self.client, xform_name(operation))(**given)
        except ClientError as error:
            raise RefusedError(error.response["Error"]["Code"], str(error)) from error

    def close(self) -> None:
        self.client.close()


class JavaScript:
    """The client of JavaScript v3."""

    def __init__(self, endpoint: str) -> None:
        assert CLIENT.exists(), "the packages of tools/package.json are not installed: make .venv/.node"
        self.process = subprocess.Popen(
            ["node", Path(__file__).with_name("client.mjs"), PACKAGES, endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, operation: str, **given: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        text = json.dumps({"operation": operation, "input": given}, default=datetime.isoformat)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RefusedError(answer["error"], answer["message"])
        return answer["output"]

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


class Served:
    """The address, the operations that were answered, and what was wrong with answers by the service model."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.operations: set[str] = set()
        self.wrong: list[str] = []

    def note(self, method: str, path: str, authorization: str, status: int, text: str) -> None:
        """Checks one answer."""
        if "/lambda/aws4_request" not in authorization:
            self.wrong.append(f"{method} {path} is not signed for lambda")
        route = router.match(method, path.split("?", maxsplit=1)[0]).route
        if status >= 400:
            return
        self.operations.add(route.name)
        if status != route.model.http["responseCode"]:
            self.wrong.append(f"{route.name} answered {status}")
        shape = route.model.output_shape
        payload = shape.serialization.get("payload") if shape else None
        if payload:
            _compare(shape.members[payload], json.loads(text), route.name, self.wrong)


@contextmanager
def served() -> Iterator[Served]:
    """Serves the API until the end, one request at a time (moto in process bears no other)."""
    from handlers.engagement.api.function import handler

    found = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            event = url_event(self.command, f"http://x{self.path}", dict(self.headers), body)
            answer = handler(event, None)
            found.note(
                self.command, self.path, self.headers.get("authorization", ""), answer["statusCode"], answer["body"]
            )
            raw = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in {**answer["headers"], "content-length": str(len(raw)), "connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


TYPES: dict[str, Any] = {
    "integer": int, "long": int, "double": int | float, "float": int | float, "boolean": bool, "list": list, "map": dict,
    "structure": dict,
}  # fmt: skip


def _compare(shape: Any, value: Any, path: str, wrong: list[str]) -> None:
    kind = shape.type_name
    if not isinstance(value, TYPES.get(kind, str)) or (kind != "boolean" and isinstance(value, bool)):
        wrong.append(f"{path} is {value!r}, and no {kind}")
    elif kind == "structure":
        wrong += [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
        wrong += [f"{path}.{name} is not in the model" for name in value if name not in shape.members]
        for name in value.keys() & shape.members.keys():
            _compare(shape.members[name], value[name], f"{path}.{name}", wrong)
    elif kind == "map":
        for name, entry in value.items():
            _compare(shape.value, entry, f"{path}.{name}", wrong)
    elif kind == "list":
        for at, entry in enumerate(value):
            _compare(shape.member, entry, f"{path}[{at}]", wrong)
    elif kind == "string" and shape.enum and value not in shape.enum:
        wrong.append(f"{path} is {value!r}, which the model's enumeration lacks")
