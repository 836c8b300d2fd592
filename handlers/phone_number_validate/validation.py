"""Validates batches of exported endpoints: the calls overlap, each number is asked about once per batch, and one number
that fails stops nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.phone_number_validate.numbers import INVALID, endpoint_update, number_of, valid_number
from handlers.shared.addresses.phone_numbers import UnreadableNumberError
from handlers.shared.aws_errors import code_of, is_refusal
from handlers.shared.logging import logger
from handlers.shared.project_endpoints import ProjectEndpoints

ENDPOINTS_PER_UPDATE = 100
"""What UpdateEndpointsBatch takes at the most."""

_BAD_REQUEST = "BadRequestException"
_NOT_ASKED: Mapping[str, Any] = {"PhoneType": INVALID}


class NotWrittenError(Exception):
    """The project did not take answers that it may take later."""


@dataclass
class Counts:
    """Endpoints, by what became of them. failed: their number could not be asked about or not be written back (as the
    endpoint has another one by now); they are not marked, so that the next run takes them again."""

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

    numbers: AWS's own `pinpoint` client. endpoints: the engagement project's. country: whose numbers those without a
    country code are, where their endpoint names none; "" = nobody's. calls: how many calls overlap.
    Raises ClientError where every further call would be refused too (no permission, no such project).
    """

    def __init__(self, numbers: Any, endpoints: ProjectEndpoints, *, country: str, calls: int) -> None:
        self._numbers = numbers
        self._endpoints = endpoints
        self._country = country
        self._pool = ThreadPoolExecutor(max_workers=calls, thread_name_prefix="validate")
        self._updates: list[dict[str, Any]] = []
        self._addresses: dict[str, str] = {}
        self.counts = Counts()

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Validates a batch of endpoints (as an export has them) and writes as many full hundreds as there are."""
        numbers = [self._number(endpoint) for endpoint in batch]
        distinct = list(dict.fromkeys(number for number in numbers if number))
        answers = dict(zip(distinct, self._pool.map(self._ask, distinct), strict=True))
        for endpoint, number in zip(batch, numbers, strict=True):
            self._judge(endpoint, number, answers)
        full = len(self._updates) - len(self._updates) % ENDPOINTS_PER_UPDATE
        self._write(self._updates[:full])
        del self._updates[:full]

    def flush(self) -> None:
        """Writes what is left. Only after this is everything taken so far written."""
        self._write(self._updates)
        self._updates = []

    def _number(self, endpoint: Mapping[str, Any]) -> str | None:
        """The number to ask about; "" where the address is none, None where only its country is missing."""
        try:
            return number_of(endpoint, self._country)
        except UnreadableNumberError as error:
            logger.info("not read", extra={"endpoint": endpoint["Id"], "reason": str(error)})
            return None if error.no_country else ""

    def _judge(
        self, endpoint: Mapping[str, Any], number: str | None, answers: Mapping[str, Mapping[str, Any] | None]
    ) -> None:
        """Notes the update that an answer asks for, or that there is none to be had."""
        answer = _NOT_ASKED if number == "" else answers.get(number or "")
        try:
            valid = None if answer is None else valid_number(number or "", answer)
        except UnreadableNumberError as error:
            logger.error("answer not used", extra={"endpoint": endpoint["Id"], "reason": str(error)})
            valid = None
        if answer is None or valid is None:
            self.counts.failed += 1
            logger.error("a number could not be validated", extra={"endpoint": endpoint["Id"]})
            return
        self._updates.append(endpoint_update(endpoint, answer, valid))
        self._addresses[endpoint["Id"]] = str(endpoint.get("Address") or "")

    def _ask(self, number: str) -> Mapping[str, Any] | None:
        """The service's answer; None if there is none to be had."""
        try:
            response = self._numbers.phone_number_validate(NumberValidateRequest={"PhoneNumber": number})
        except ClientError as error:
            # A refusal of something that has the form of a number may be the service's trouble and marks nobody.
            if is_refusal(error) and code_of(error) != _BAD_REQUEST:
                raise
            logger.warning("validation failed", extra={"code": code_of(error)})
            return None
        except BotoCoreError as error:
            logger.warning("validation failed", extra={"code": type(error).__name__})
            return None
        return response["NumberValidateResponse"]

    def _write(self, updates: Sequence[dict[str, Any]]) -> None:
        """Writes answers to those endpoints that still have the address that was validated."""
        if not updates:
            return
        ids = [update["Id"] for update in updates]
        told = self._endpoints.update(updates, {identifier: self._addresses.pop(identifier) for identifier in ids})
        if told.failed:
            reason = next(iter(told.failed.values()))
            raise NotWrittenError(f"{len(told.failed)} endpoints could not be updated: {reason}")
        for identifier, reason in told.refused.items():
            logger.error("an endpoint could not be updated", extra={"endpoint": identifier, "reason": reason})
        if overtaken := told.changed | told.unknown:
            logger.info("passed over: their address is another one by now", extra={"endpoints": len(overtaken)})
        for update in updates:
            if update["Id"] in told.refused or update["Id"] in overtaken:
                self.counts.failed += 1
            elif "Address" in update:
                self.counts.validated += 1
            else:
                self.counts.invalid += 1
