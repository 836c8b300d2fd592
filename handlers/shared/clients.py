"""The clients of the handlers, made once per process and shared by its threads (clients are thread-safe).

They are botocore's: what boto3 adds, its resources and S3 transfers, nobody here needs, and a cold start would wait for it.

- `engagement_client()` is Amazon Pinpoint's API as the engagement project answers it: on the hosted platform our own
  service behind a function URL (environment variable ENGAGEMENT_ENDPOINT_URL), otherwise Amazon Pinpoint itself.
- `sending_client(service)` is an AWS service that sends messages.
- `aws_client(service)` is any AWS service. `aws_client("pinpoint")` is AWS's own Pinpoint, whose SMS and number
  validation live on, whatever holds the customers' data.

Errors: what botocore raises. Throttled and failed calls are retried by botocore before they are raised.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from handlers.shared.service_models import botocore_session

if TYPE_CHECKING:
    from botocore.client import BaseClient

ENGAGEMENT_ENDPOINT_VARIABLE = "ENGAGEMENT_ENDPOINT_URL"

SENDING_SECONDS = 20
"""For how long a service that sends is listened to."""
_FUNCTION_URL_SIGNING_NAME = "lambda"
_TEXTS = "pinpoint-sms-voice-v2"
_DEFAULTS: dict[str, Any] = {
    "max_pool_connections": 50,
    "tcp_keepalive": True,
    "connect_timeout": 5,
    "read_timeout": 60,
}


@cache
def aws_client(service: str, *, retry_mode: str = "standard", max_attempts: int = 5, **config: object) -> BaseClient:
    """A client of an AWS service, one per process for each set of arguments.

    retry_mode: botocore's `standard`, or `adaptive` where the service throttles by rate.
    max_attempts: calls in all, the first one included.
    config: further members of botocore.config.Config (hashable values).
    """
    with _uncollected():
        return botocore_session().create_client(service, config=_config(retry_mode, max_attempts, config))


def sending_client(service: str) -> BaseClient:
    """A client for calls that send a message: never made twice, and given up before the function that makes them ends.

    The API's function has 30 seconds; one that is ended in a call tells nobody what became of all the others. Texts go unchecked:
    `SmsSender` alone writes them, and checks number, text and kind itself; the service refuses what else is wrong.
    """
    return aws_client(
        service,
        max_attempts=1,
        read_timeout=SENDING_SECONDS,
        parameter_validation=service != _TEXTS,
    )


@cache
def engagement_client(*, retry_mode: str = "standard", max_attempts: int = 5, **config: object) -> BaseClient:
    """The client of the engagement project. Arguments as in `aws_client`."""
    endpoint_url = os.environ.get(ENGAGEMENT_ENDPOINT_VARIABLE)
    if not endpoint_url:
        return aws_client("pinpoint", retry_mode=retry_mode, max_attempts=max_attempts, **config)
    made = _config(retry_mode, max_attempts, config)
    with _uncollected():
        return sign_for_function_url(
            botocore_session().create_client("pinpoint", endpoint_url=endpoint_url, config=made)
        )


def sign_for_function_url(client: BaseClient) -> BaseClient:
    """Makes a `pinpoint` client sign for the service `lambda`, which a function URL with IAM auth asks for."""
    client.meta.events.register("choose-signer.pinpoint.*", _choose_function_url_signer)
    return client


@cache
def partition(region: str) -> str:
    """The partition that a Region is in: `aws`, `aws-cn`, `aws-us-gov`, ..., the second part of its ARNs."""
    return botocore_session().get_partition_for_region(region)


def forget_clients() -> None:
    """Drops the clients made so far, so that the next ones see the environment as it is then (for tests)."""
    aws_client.cache_clear()
    engagement_client.cache_clear()
    botocore_session.cache_clear()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's collector of cycles, which would go again and again through a service's model while it is read."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _config(retry_mode: str, max_attempts: int, config: Mapping[str, object]) -> Config:
    return Config(**{**_DEFAULTS, "retries": {"mode": retry_mode, "total_max_attempts": max_attempts}, **config})


def _choose_function_url_signer(context: dict[str, Any], **_: object) -> None:
    context.setdefault("signing", {})["signing_name"] = _FUNCTION_URL_SIGNING_NAME
