"""IAM for the world's services: asks the embedded AWS what the caller's role allows."""

import hashlib
import threading
import time
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

KEPT_SECONDS = 5.0
"""How long an answer is kept: a changed policy takes effect at the latest after that."""
ROOT_KEY = "test"


class Authorization:
    """Tells what a caller may do. A function calls with keys that follow from its ARN and its role's."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._clients: dict[str, Any] = {}
        self._endpoint = endpoint
        self._region = region
        self._roles: dict[str, str] = {}
        self._answers: dict[tuple[str, str, str], tuple[float, bool]] = {}
        self._lock = threading.Lock()

    def refusal(self, access_key_id: str, action: str, resource: str) -> str:
        """Why the call is refused, or "" when it is allowed."""
        if access_key_id == ROOT_KEY:
            return ""
        role = self._roles.get(access_key_id) or self._find(access_key_id)
        if not role:
            return "The security token included in the request is invalid."
        if self._allowed(role, action, resource):
            return ""
        return f"User: {role} is not authorized to perform: {action} on resource: {resource}"

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = Session().client(
                service,
                endpoint_url=self._endpoint,
                region_name=self._region,
                aws_access_key_id=ROOT_KEY,
                aws_secret_access_key=ROOT_KEY,
                config=Config(retries={"total_max_attempts": 2, "mode": "standard"}, max_pool_connections=10),
            )
        return self._clients[service]

    def _find(self, access_key_id: str) -> str:
        with self._lock:
            if access_key_id in self._roles:
                return self._roles[access_key_id]
            for page in self._client("lambda").get_paginator("list_functions").paginate():
                for function in page["Functions"]:
                    arn, role = function["FunctionArn"], function["Role"]
                    digest = hashlib.sha256(f"{arn}:{role}".encode()).hexdigest()
                    self._roles[f"ASIA{digest[:16].upper()}"] = role
            return self._roles.get(access_key_id, "")

    def _allowed(self, role: str, action: str, resource: str) -> bool:
        known = self._answers.get((role, action, resource))
        if known and known[0] > time.monotonic():
            return known[1]
        try:
            answer = self._client("iam").simulate_principal_policy(
                PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return False
        allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
        self._answers[role, action, resource] = (time.monotonic() + KEPT_SECONDS, allowed)
        return allowed
