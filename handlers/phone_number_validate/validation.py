"""Validates batches of exported endpoints: the calls overlap, each number is asked about once per batch, and one number
that fails stops nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.phone_number_validate.numbers import INVALID, cleanse, endpoint_update, is_plausible
from handlers.shared.logging import logger
from handlers.shared.outcomes import code_of, is_refusal

ENDPOINTS_PER_UPDATE = 100
"""What UpdateEndpointsBatch takes at the most."""

_BAD_REQUEST = "BadRequestException"
_TOO_LARGE = "PayloadTooLargeException"


@dataclass
class Counts:
    """Endpoints, by what became of them. failed: their number could not be asked about or not be written back; they
    are not marked, so that the next run takes them again."""

    validated: int = 0
    invalid: int = 0
    failed: int = 0

    def add(self, other: Mapping[str, int]) -> None:
        """Adds counts as `asdict` gives them."""
        self.validated += other["validated"]
        self.invalid += other["invalid"]
        self.failed += other["failed"]

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class Validator:
    """Validates endpoints of one project and writes the answers back, up to 100 a call.

    numbers: AWS's own `pinpoint` client. endpoints: the engagement project's. calls: how many calls overlap.
    Raises ClientError where every further call would be refused too (no permission, no such project).
    """

    def __init__(self, numbers: Any, endpoints: Any, application_id: str, *, assume_us: bool, calls: int) -> None:
        self._numbers = numbers
        self._endpoints = endpoints
        self._application_id = application_id
        self._assume_us = assume_us
        self._pool = ThreadPoolExecutor(max_workers=calls, thread_name_prefix="validate")
        self._updates: list[dict[str, Any]] = []
        self.counts = Counts()

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Validates a batch of endpoints (as an export has them) and writes as many full hundreds as there are."""
        numbers = [cleanse(str(endpoint.get("Address") or ""), assume_us=self._assume_us) for endpoint in batch]
        distinct = list(dict.fromkeys(numbers))
        answers = dict(zip(distinct, self._pool.map(self._ask, distinct), strict=True))
        for endpoint, number in zip(batch, numbers, strict=True):
            answer = answers[number]
            if answer is None:
                self.counts.failed += 1
                logger.error("a number could not be validated", extra={"endpoint": endpoint["Id"]})
            else:
                self._updates.append(endpoint_update(endpoint, answer))
        full = len(self._updates) - len(self._updates) % ENDPOINTS_PER_UPDATE
        self._write(self._updates[:full])
        del self._updates[:full]

    def flush(self) -> None:
        """Writes what is left. Only after this is everything taken so far written."""
        self._write(self._updates)
        self._updates = []

    def _ask(self, number: str) -> Mapping[str, Any] | None:
        """The service's answer; None if there is none to be had."""
        if not number:
            return {"PhoneType": INVALID}
        try:
            response = self._numbers.phone_number_validate(NumberValidateRequest={"PhoneNumber": number})
        except ClientError as error:
            if code_of(error) == _BAD_REQUEST:
                # A refusal of something that looks like a number may be the service's trouble and marks nobody.
                return None if is_plausible(number) else {"PhoneType": INVALID}
            if is_refusal(error):
                raise
            logger.warning("validation failed", extra={"code": code_of(error)})
            return None
        except BotoCoreError as error:
            logger.warning("validation failed", extra={"code": type(error).__name__})
            return None
        return response["NumberValidateResponse"]

    def _write(self, updates: Sequence[dict[str, Any]]) -> None:
        batches = [
            updates[start : start + ENDPOINTS_PER_UPDATE] for start in range(0, len(updates), ENDPOINTS_PER_UPDATE)
        ]
        refused = {item["Id"] for items in self._pool.map(self._update, batches) for item in items}
        for update in updates:
            if update["Id"] in refused:
                self.counts.failed += 1
            elif "Address" in update:
                self.counts.validated += 1
            else:
                self.counts.invalid += 1

    def _update(self, batch: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Writes a batch; returns those that the project refuses, found by halving."""
        try:
            self._endpoints.update_endpoints_batch(
                ApplicationId=self._application_id, EndpointBatchRequest={"Item": list(batch)}
            )
        except ClientError as error:
            if code_of(error) not in {_BAD_REQUEST, _TOO_LARGE}:
                raise
            if len(batch) == 1:
                logger.error(
                    "an endpoint could not be updated", extra={"endpoint": batch[0]["Id"], "code": code_of(error)}
                )
                return list(batch)
            middle = len(batch) // 2
            return self._update(batch[:middle]) + self._update(batch[middle:])
        return []
