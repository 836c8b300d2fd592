"""The clients of AWS's services, in the account and region of the AWS CLI (or the sandbox's, by its variables)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config

from commands import functions
from commands.failures.events import NotPossibleError

_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})


class Clients:
    """`clients("sqs")` is the client of a service; `invoke` calls a function and waits for it."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = Session().client(service, config=_CONFIG)
        return self._made[service]

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """What a function answers. Raises NotPossibleError where it failed, and what Lambda answers."""
        found = _functions().invoke(FunctionName=function, Payload=json.dumps(event).encode())
        text = found["Payload"].read().decode()
        if found.get("FunctionError"):
            raise NotPossibleError(f"the function failed: {_kind(text)}")
        answer = json.loads(text or "null")
        return answer if isinstance(answer, dict) else {}

    def caller(self) -> str:
        """The ARN of who runs the command."""
        return self("sts").get_caller_identity()["Arn"]


@cache
def _functions() -> Any:
    return functions.client()


def _kind(text: str) -> str:
    """The type of an error as Lambda hands it on; its message may be personal."""
    try:
        return str(json.loads(text)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "no type given"
