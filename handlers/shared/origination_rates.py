"""How fast an origination identity may send: message parts a second, by its type or by a rate of its own.

A type that is not known for sure counts as the slowest that the identity can be. A pool sends as fast as its numbers together.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.logging import logger

if TYPE_CHECKING:
    from botocore.client import BaseClient

LONG_CODE, TOLL_FREE, TEN_DLC, SHORT_CODE, SENDER_ID = "LONG_CODE", "TOLL_FREE", "TEN_DLC", "SHORT_CODE", "SENDER_ID"
TYPES = (LONG_CODE, TOLL_FREE, TEN_DLC, SHORT_CODE, SENDER_ID)
LIST_AGAIN_SECONDS = 600

_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)[0-9]{7}")
_LISTED_ID = re.compile(r"(?:arn:[^:]+:sms-voice:[^:]*:[^:]*:(?:phone-number|pool)/)?((?:phone|pool)-[0-9a-f]+)")


class Rates:
    """Rates as a component configures them: `{"types": {TYPE: n}, "numbers": {identity: n}}`, in parts a second.

    Args:
        client: A boto3 pinpoint-sms-voice-v2 client, which knows the types of the account's numbers.
    """

    def __init__(self, configured: str, client: BaseClient, clock: Callable[[], float] = time.monotonic) -> None:
        rates = json.loads(configured)
        self._by_type: Mapping[str, int] = rates["types"]
        self._by_number: Mapping[str, int] = rates["numbers"]
        self._client = client
        self._clock = clock
        self._numbers: dict[str, str] = {}  # phone number -> type
        self._ids: dict[str, str] = {}  # phone number id -> phone number
        self._pools: dict[str, list[str]] = {}  # pool id -> phone numbers
        self._listed: float | None = None
        self._lock = threading.Lock()

    def of(self, identity: str) -> int:
        """Message parts a second of a phone number (also its id or ARN), short code, sender id or pool (id or ARN)."""
        if identity in self._by_number:
            return self._by_number[identity]
        if listed := _LISTED_ID.fullmatch(identity):
            numbers = self._numbers_of(listed[1])
            return sum(map(self.of, numbers)) if numbers else self._by_type[LONG_CODE]
        return self._by_type[self.type_of(identity)]

    def type_of(self, identity: str) -> str:
        """The identity's type: what the account's list of numbers says, else what it looks like."""
        if not identity.startswith("+"):
            return SHORT_CODE if identity.isdigit() else SENDER_ID
        with self._lock:
            if identity not in self._numbers:
                self._list()
            found = self._numbers.get(identity, "")
        if found in self._by_type:
            return found
        return TOLL_FREE if _TOLL_FREE.fullmatch(identity) else LONG_CODE

    def _numbers_of(self, listed: str) -> list[str]:
        with self._lock:
            if listed not in self._ids and listed not in self._pools:
                self._list()
            if listed in self._ids:
                return [self._ids[listed]]
            return list(self._pools.get(listed, ()))

    def _list(self) -> None:
        if self._listed is not None and self._clock() - self._listed < LIST_AGAIN_SECONDS:
            return
        self._listed = self._clock()
        try:
            pools: dict[str, list[str]] = {}
            for page in self._client.get_paginator("describe_phone_numbers").paginate():
                for number in page["PhoneNumbers"]:
                    self._numbers[number["PhoneNumber"]] = number["NumberType"]
                    if "PhoneNumberId" in number:
                        self._ids[number["PhoneNumberId"]] = number["PhoneNumber"]
                    if number.get("PoolId"):
                        pools.setdefault(number["PoolId"], []).append(number["PhoneNumber"])
            self._pools = pools
        except (ClientError, BotoCoreError) as error:
            logger.warning("the types of the numbers are not known", extra={"error": type(error).__name__})
