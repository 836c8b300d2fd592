"""Who calls the world's services, and what the caller may do: the embedded AWS's keys, and what it says of the role."""

import hashlib
import threading
import time
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

KEPT_SECONDS = 5.0
"""How long an answer is kept: a changed policy takes effect at the latest after that."""
ROOT_KEY = "test"
ROOT_SECRET = "test"  # noqa: S105 the embedded AWS's root key, known to all


class Authorization:
    """Tells who a caller is and what it may do. A function's keys follow from its ARN and its role's, as MiniStack's do."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._clients: dict[str, Any] = {}
        self._endpoint = endpoint
        self._region = region
        self._roles: dict[str, str] = {}
        self._credentials = {ROOT_KEY: Credentials(ROOT_KEY, ROOT_SECRET)}
        self._answers: dict[tuple[str, str, str], tuple[float, bool]] = {}
        self._lock = threading.Lock()

    def credentials(self, access_key_id: str) -> Credentials | None:
        """The key with its secret and token, or None for one that nobody has."""
        if access_key_id not in self._credentials:
            self._find(access_key_id)
        return self._credentials.get(access_key_id)

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
                aws_secret_access_key=ROOT_SECRET,
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
                    key = f"ASIA{digest[:16].upper()}"
                    secret, token = (
                        hashlib.sha256(f"{what}:{digest}".encode()).hexdigest() for what in ("secret", "token")
                    )
                    self._roles[key] = role
                    self._credentials[key] = Credentials(key, secret, token)
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
