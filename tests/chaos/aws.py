"""AWS as the hosted service sees it, in a simulation: every call takes time, may fail, and may be a process's last."""

from __future__ import annotations

import json
import types
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from bench import hosted_service
from bench.hosted_service import APPLICATION, CAMPAIGN, ENVIRONMENT
from tests.chaos.faults import Faults
from tests.chaos.simulation import Killed, Simulation, install
from tests.handlers.engagement.conftest import url_event
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.shared.fakes import client_error

BASE = "https://api"
SLOW, QUICK = (0.02, 0.2), (0.002, 0.015)
"""Seconds that calls of a channel take, and of a table."""


@dataclass(frozen=True)
class Sent:
    """A message that a channel took. at: when its call began, epoch seconds."""

    at: float
    channel: str
    to: str
    body: str


class Client:
    """A boto3 client of one service: operations by their names in boto3."""

    def __init__(self, **operations: Callable[..., Any]) -> None:
        vars(self).update(operations)


class Aws:
    """One account. `faults` may be changed while a simulation runs."""

    def __init__(self, simulation: Simulation, faults: Faults, patch: pytest.MonkeyPatch, **variables: str) -> None:
        self.simulation = simulation
        self.faults = faults
        self.sent: list[Sent] = []
        self.events: list[dict[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.started: list[dict[str, Any]] = []
        self.queues: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.dynamodb = DynamoDb()
        self.seed = hosted_service.Seed(self.dynamodb.tables)
        self.clients: dict[str, Any] = {
            "dynamodb": _Tables(self),
            "kinesis": Client(put_records=self._put_records),
            "pinpoint-sms-voice-v2": Client(
                send_text_message=self._send_text,
                put_opted_out_number=lambda **_: self.call("opt-out-list", dict, QUICK),
            ),
            "sns": Client(publish_batch=lambda **_: self.call("PublishBatch", dict, QUICK)),
            "sqs": Client(send_message_batch=self._send_batch),
            "sesv2": Client(send_email=self._send_email, send_bulk_email=self._send_bulk_email),
            "stepfunctions": Client(start_execution=self._start, describe_execution=self._describe),
        }
        self._install(patch, variables)

    def call(self, operation: str, work: Callable[[], Any], seconds: tuple[float, float]) -> Any:
        """Carries a call out in the middle of its time."""
        self.calls[operation] += 1
        strike = self.faults.strike(operation) if self.simulation.in_process else ""
        if strike == "before":
            self.simulation.kill()
        half = self.simulation.random.uniform(*seconds) / 2
        self.simulation.sleep(half)
        try:
            return work()
        finally:
            if strike == "after":
                self.simulation.kill()
            self.simulation.sleep(half)

    def api(
        self, method: str, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """What the hosted service answers; path below the application, or with a slash below the version."""
        from handlers.engagement.api.function import handler

        text = json.dumps(body).encode() if body is not None else b""
        below = path if path.startswith("/") else f"/apps/{APPLICATION}/{path}"
        event = url_event(method, f"{BASE}/v1{below}", headers or {}, text)
        answer = handler(event, None)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else {}

    def redeliver(self, work: Callable[[], dict[str, Any]]) -> bool:
        """Hands a queue's batch of one to a process of its own. Returns whether it need not come again."""
        try:
            return not self.simulation.call(work)["batchItemFailures"]
        except (Killed, Exception):  # noqa: BLE001  a queue hands out again whatever a function died of
            return False

    def endpoint(self, identifier: str) -> dict[str, Any]:
        """An endpoint as the service has it."""
        status, found = self.api("GET", f"endpoints/{identifier}")
        assert status == 200, (status, found)
        return found

    def texted(self) -> Counter[str]:
        """How many messages each address got."""
        return Counter(message.to for message in self.sent)

    def _install(self, patch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
        from handlers.engagement import service
        from handlers.shared import clients, project_endpoints, signed_post

        for name, value in {
            **ENVIRONMENT,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "chaos",
            "AWS_SECRET_ACCESS_KEY": "chaos",  # pragma: allowlist secret
            "APPLICATION_ID": APPLICATION,
            "ENGAGEMENT_ENDPOINT_URL": BASE,
            **variables,
        }.items():
            patch.setenv(name, value)
        clients.forget_clients()
        service.forget()
        install(self.simulation, patch)
        _State.aws = self
        patch.setattr(clients, "botocore_session", _session(self.clients))
        patch.setattr(project_endpoints, "_client", lambda: _engagement("existing-only"))
        patch.setattr(signed_post, "_http", lambda: types.SimpleNamespace(send=_send_http))
        self.seed.application()

    def _send_text(self, **request: Any) -> dict[str, Any]:
        sms = ("SMS", request["DestinationPhoneNumber"], request["MessageBody"])
        return self._send("SendTextMessage", *sms)

    def _send_email(self, **request: Any) -> dict[str, Any]:
        [to] = request["Destination"]["ToAddresses"]
        return self._send("SendEmail", "EMAIL", to, request["Content"]["Simple"]["Subject"]["Data"])

    def _send_bulk_email(self, **request: Any) -> dict[str, Any]:
        """A call that fails or is not answered as a whole, or in which some entries fail, certainly not sent.

        One that the service's own trouble ends has sent some of them.
        """
        began = self.simulation.now
        subject = request["DefaultContent"]["Template"]["TemplateContent"]["Subject"]
        people = [to for entry in request["BulkEmailEntries"] for to in entry["Destination"]["ToAddresses"]]

        def work() -> dict[str, Any]:
            error, dealt_with = self.faults.of_several(len(people))
            results = []
            for to in people[:dealt_with]:
                status = self.faults.of_an_entry()
                if status == "SUCCESS":
                    self.sent.append(Sent(began, "EMAIL", to, subject))
                results.append({"Status": status, "MessageId": f"m-{len(self.sent)}"})
            if error is not None:
                raise error
            return {"BulkEmailEntryResults": results}

        return self.call("SendBulkEmail", work, SLOW)

    def _send(self, operation: str, channel: str, to: str, body: str) -> dict[str, Any]:
        began = self.simulation.now

        def work() -> dict[str, Any]:
            error, carried_out = self.faults.of_sending()
            if carried_out:
                self.sent.append(Sent(began, channel, to, body))
            if error is not None:
                raise error
            return {"MessageId": f"m-{len(self.sent)}"}

        return self.call(operation, work, SLOW)

    def _put_records(self, *, Records: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            self.events += [json.loads(record["Data"]) for record in Records]
            return {"FailedRecordCount": 0, "Records": []}

        return self.call("PutRecords", work, QUICK)

    def _send_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            self.queues[QueueUrl] += Entries
            return {}

        return self.call("SendMessageBatch", work, QUICK)

    def _start(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        return {"executionArn": request["name"]}

    def _describe(self, *, executionArn: str) -> dict[str, Any]:
        """An execution that was started; all are over when somebody asks."""
        for request in self.started:
            if request["name"] == executionArn.rpartition(":")[2]:
                return {"status": "FAILED", "input": request["input"]}
        if executionArn.rpartition(":")[2] == f"{CAMPAIGN}-1":  # which scenarios begin with
            return {"status": "FAILED", "input": "{}"}
        raise client_error("ExecutionDoesNotExist", 400)


class _Tables:
    """DynamoDB."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def __getattr__(self, operation: str) -> Any:
        inner = getattr(self._aws.dynamodb, operation)
        if operation.startswith("__"):
            raise AttributeError(operation)
        is_transaction = operation == "transact_write_items"

        def call(**request: Any) -> Any:
            def work() -> Any:
                if is_transaction and self._aws.faults.is_busy():
                    error = client_error("TransactionCanceledException", 400)
                    reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
                    error.response["CancellationReasons"] = reasons  # pyright: ignore[reportGeneralTypeIssues]
                    raise error
                return inner(**_with_both_keys(request))

            return self._aws.call(operation, work, QUICK)

        return call


def _with_both_keys(request: Any) -> Any:
    """The request for the fake, whose items have `pk` and `sk`, where a table has another key or one alone."""
    if isinstance(request, list):
        return [_with_both_keys(entry) for entry in request]
    if not isinstance(request, dict):
        return request
    keys = {}
    for name in ("Key", "Item"):
        if isinstance(request.get(name), dict):
            keys[name] = _both_keys(request[name])
    if isinstance(request.get("Keys"), list):
        keys["Keys"] = [_both_keys(key) for key in request["Keys"]]
    return {name: _with_both_keys(value) for name, value in request.items()} | keys


def _both_keys(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item.get("pk") or item["address"], "sk": {"S": "-"}, **item}


class _State:
    """The account of the simulation that runs: the engagement clients, which are dear to make, outlive accounts."""

    aws: Aws


def _session(made: dict[str, Any]) -> Any:
    def session() -> Any:
        def client(service: str, config: Any = None, **_: Any) -> Any:
            return _engagement(config.user_agent_extra or "") if service == "pinpoint" else made[service]

        return types.SimpleNamespace(create_client=client, get_partition_for_region=lambda _: "aws")

    session.cache_clear = lambda: None  # pyright: ignore[reportFunctionMemberAccess]
    return session


@cache
def _engagement(kind: str) -> Any:
    """A Pinpoint client that the hosted service answers, at which processes die and calls take time as at any other."""
    from handlers.shared import project_endpoints

    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client("pinpoint", endpoint_url=BASE, config=config, region_name="us-east-1")

    class Raw:
        def __init__(self, text: str) -> None:
            self.text = text.encode()

        def stream(self, **_: Any) -> Any:
            yield self.text

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, text = _answered(request)
        return AWSResponse(request.url, status, {"content-type": "application/json"}, Raw(text))

    client.meta.events.register_first("before-send.pinpoint", answer)
    if kind == "existing-only":
        client.meta.events.register(
            "before-call.pinpoint.UpdateEndpointsBatch", project_endpoints._ask_for_existing_only
        )
        client.meta.events.register("after-call.pinpoint.UpdateEndpointsBatch", project_endpoints._keep_unknown)
    return client


def _send_http(request: Any) -> Any:
    status, text = _answered(request)
    return types.SimpleNamespace(status_code=status, text=text)


def _answered(request: Any) -> tuple[int, str]:
    from handlers.engagement.api.function import handler

    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {
        name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
    }

    def work() -> tuple[int, str]:
        answer = handler(url_event(request.method, request.url, headers, body), None)
        return answer["statusCode"], answer["body"]

    return _State.aws.call("engagement", work, QUICK)
