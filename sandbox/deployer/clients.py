"""boto3 clients of the embedded AWS, for a deployment."""

import threading
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session
from botocore.config import Config

CONFIG = Config(
    max_pool_connections=20,
    connect_timeout=5,
    read_timeout=900,
    retries={"mode": "standard", "total_max_attempts": 1},
    s3={"addressing_style": "path"},
)


@dataclass
class Clients:
    """Clients by service name, made once. endpoints: where a service other than the embedded AWS answers."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str
    endpoints: dict[str, str] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _session: Session = field(default_factory=Session, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _account: str = ""

    def __call__(self, service: str) -> Any:
        if service in self._made:
            return self._made[service]
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoints.get(service, self.endpoint),
                    region_name=self.region,
                    aws_access_key_id=self.access_key_id,
                    aws_secret_access_key=self.secret_access_key,
                    config=CONFIG,
                )
            return self._made[service]

    @property
    def account(self) -> str:
        """The account's id."""
        if not self._account:
            self._account = self("sts").get_caller_identity()["Account"]
        return self._account
