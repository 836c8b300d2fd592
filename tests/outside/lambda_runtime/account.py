"""An account for functions that run outside the sandbox: moto with the sandbox's world, what the stack declares in it,
and the hosted service's own function behind a URL."""

import http.server
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from werkzeug.serving import make_server

from sandbox.deployer.clients import Clients
from sandbox.deployer.resources.dynamodb import Table
from sandbox.loopback import post
from sandbox.world.authorization import Authorization
from sandbox.world.server import Handler, World
from tests.outside.lambda_runtime.runtime import Runtime
from tests.recorder import Recorder, Resource

REGION = "us-east-1"
ACCOUNT = "000000000000"
KEYS = Credentials("test", "test")


class Everybody(Authorization):
    """Root's keys, which may do everything."""

    def __init__(self) -> None:
        super().__init__("", REGION)

    def _find(self, access_key_id: str) -> str:
        return ""


class Account:
    """Serves on loopback until `stop`."""

    def __init__(self) -> None:
        self._former = os.environ.get("MOTO_ACCOUNT_ID")
        os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
        self._server = make_server("127.0.0.1", 0, World(Everybody()), threaded=True, request_handler=Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        # moto's state is the process's.
        post(f"{self.endpoint}/moto-api/reset", {})
        self.clients = Clients(self.endpoint, REGION, KEYS.access_key, KEYS.secret_key)

    def stop(self) -> None:
        self._server.shutdown()
        os.environ.pop("MOTO_ACCOUNT_ID")
        if self._former is not None:
            os.environ["MOTO_ACCOUNT_ID"] = self._former

    def make(self, stack: Recorder) -> None:
        """Makes what the functions read and write: tables, buckets, queues, topics, streams, state machines."""
        for table in stack.of("Table"):
            if table.type.startswith("aws:dynamodb/"):
                Table().create(self.clients, {**table.inputs, "name": table.name, "serverSideEncryption": None})
        for bucket in stack.of("Bucket"):
            self.clients("s3").create_bucket(Bucket=bucket.name)
        for made in stack.of("Queue"):
            fifo = {"FifoQueue": "true"} if made.name.endswith(".fifo") else {}
            self.clients("sqs").create_queue(QueueName=made.name, Attributes=fifo)
        for topic in stack.of("Topic"):
            self.clients("sns").create_topic(Name=topic.name)
        for stream in stack.of("kinesis/stream:Stream"):
            self.clients("kinesis").create_stream(StreamName=stream.name, ShardCount=1)
        texts = self.clients("pinpoint-sms-voice-v2")
        there = {made["OptOutListName"] for made in texts.describe_opt_out_lists()["OptOutLists"]}
        for name in {made.inputs["environment"]["variables"].get("OPT_OUT_LIST", "") for made in functions_of(stack)}:
            if name and name not in there:
                texts.create_opt_out_list(OptOutListName=name)
        for machine in stack.of("StateMachine"):
            self.clients("stepfunctions").create_state_machine(
                name=machine.name,
                definition='{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
            )


def functions_of(stack: Recorder) -> list[Resource]:
    """The functions that a stack declares."""
    return stack.of("lambda/function:Function")


class FunctionUrl:
    """The hosted service's function behind a URL; whether it is signed rightly is checked elsewhere."""

    def __init__(self, runtime: Runtime) -> None:
        class Url(_Url):
            pass

        Url.runtime = runtime
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Url)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Url(http.server.BaseHTTPRequestHandler):
    runtime: Runtime
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        event = url_event(self.command, parts.path, parts.query, body)
        outcome = self.runtime.invoke(event)
        answer: dict[str, Any] = outcome.answer or {"statusCode": 502, "headers": {}, "body": str(outcome.error)}
        content = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def url_event(method: str, path: str, query: str = "", body: str = "") -> dict[str, Any]:
    """A function URL's event, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "request-1"},
        "body": body,
        "isBase64Encoded": False,
    }
