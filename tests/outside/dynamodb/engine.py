"""DynamoDB Local, AWS's own engine, as a process, and a client of tests whose tables are its."""

from __future__ import annotations

import copy
import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from tests.handlers.shared.dynamodb import Recording

POM = Path(__file__).parent / "pom.xml"
BUILD_SECONDS = 900
START_SECONDS = 60
ADDRESSES = {
    "IndexName": "addresses",
    "KeySchema": [{"AttributeName": "address_key", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


@contextmanager
def running(folder: Path) -> Iterator[Any]:
    """A boto3 client of an engine that runs within. Raises CalledProcessError, TimeoutError."""
    libraries = folder / "libraries"
    fetch = ["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
    subprocess.run(fetch, check=True, timeout=BUILD_SECONDS)
    port = _free_port()
    serve = ["java", f"-Djava.library.path={libraries}", "-cp", f"{libraries}/*"]
    serve += [
        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(serve, cwd=folder, stdout=log, stderr=log)
    try:
        client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}")
        _wait(client, process)
        yield client
    finally:
        process.terminate()
        process.wait(30)


def tools() -> bool:
    """Whether it can be had on this machine."""
    return all(shutil.which(name) for name in ("mvn", "java"))


class RealDynamoDb(Recording):
    """The client of tests, whose tables are the engine's: new ones for each, made when they are asked for."""

    _numbers = itertools.count()

    def __init__(self, engine: Any) -> None:
        super().__init__()
        self._engine = engine
        self._prefix = f"t{next(self._numbers)}-"
        self._made: set[str] = set()

    def _answered(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = getattr(self._engine, operation)(**self._here(request))
        for member in {"Responses", "UnprocessedKeys", "UnprocessedItems"} & answer.keys():
            answer[member] = {name.removeprefix(self._prefix): value for name, value in answer[member].items()}
        return answer

    def _here(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request with the names of this client's own tables."""
        request = copy.deepcopy(request)
        actions = [action for item in request.get("TransactItems", ()) for action in item.values()]
        for named in (request, *actions):
            if "TableName" in named:
                named["TableName"] = self._table(named["TableName"])
        if "RequestItems" in request:
            request["RequestItems"] = {self._table(name): value for name, value in request["RequestItems"].items()}
        return request

    def _table(self, name: str) -> str:
        if name not in self._made:
            self._engine.create_table(
                TableName=self._prefix + name,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk", "address_key")
                ],
                GlobalSecondaryIndexes=[ADDRESSES],
                BillingMode="PAY_PER_REQUEST",
            )
            self._made.add(name)
        return self._prefix + name


def _wait(client: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(client):
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"DynamoDB Local did not answer within {START_SECONDS} s, or ended: see engine.log")
        time.sleep(0.2)


def _answers(client: Any) -> bool:
    try:
        client.list_tables()
    except BotoCoreError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
