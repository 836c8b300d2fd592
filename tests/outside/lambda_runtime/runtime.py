"""One function under AWS's own Lambda client: its archive, its layer, its variables, and the Runtime API on loopback.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.server
import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INVOCATION = "/2018-06-01/runtime/invocation/"
SECONDS = 120
"""Longer than any function takes, on a machine with much else to do."""


@dataclass(frozen=True)
class Outcome:
    """What the client told the Runtime API: an answer, or an error's `errorType` and `errorMessage`."""

    answer: Any = None
    error: dict[str, Any] | None = None


class Runtime:
    """A running function; `invoke` may be called by several threads, one after the other is served."""

    def __init__(
        self, interpreter: Path, handler: str, variables: Mapping[str, str], paths: list[Path], log: Path
    ) -> None:
        self._events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._outcomes: queue.Queue[Outcome] = queue.Queue()
        self._lock = threading.Lock()
        self._arn = f"arn:aws:lambda:us-east-1:000000000000:function:{variables['AWS_LAMBDA_FUNCTION_NAME']}"
        runtime = self

        class Api(_Api):
            owner = runtime

        self._server = _Server(("127.0.0.1", 0), Api)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(interpreter), "-P", "-m", "awslambdaric", handler],
                cwd=paths[0],
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join(map(str, paths)),
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                    **variables,
                },
                stdout=output,
                stderr=output,
            )

    def invoke(self, event: Any) -> Outcome:
        """Hands an event over and waits for what becomes of it. A function that ends or says nothing is an error."""
        with self._lock:
            self._events.put((str(uuid.uuid4()), json.dumps(event).encode()))
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                try:
                    return self._outcomes.get(timeout=0.2)
                except queue.Empty:
                    if self._process.poll() is not None and self._outcomes.empty():
                        return Outcome(
                            error={"errorType": "Runtime.ExitError", "errorMessage": self.log.read_text()[-2000:]}
                        )
            return Outcome(error={"errorType": "Runtime.Timeout", "errorMessage": self.log.read_text()[-2000:]})

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> tuple[dict[str, str], bytes] | None:
        """The next event with its headers; None when the function is stopped."""
        found = self._events.get()
        if found is None:
            return None
        identifier, body = found
        headers = {
            "Lambda-Runtime-Aws-Request-Id": identifier,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 60) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Content-Type": "application/json",
        }
        return headers, body

    def told(self, what: str, body: bytes) -> None:
        """The client's word: `response` of an event, or `error` of an event or of the start."""
        said = json.loads(body or b"null")
        self._outcomes.put(Outcome(answer=said) if what == "response" else Outcome(error=said))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a function that is stopped breaks off its connection."""


class _Api(http.server.BaseHTTPRequestHandler):
    owner: Runtime
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = self.owner.next()
        headers, body = found or ({}, b"")
        self.send_response(200 if found else 410)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.owner.told(self.path.rpartition("/")[2], body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
