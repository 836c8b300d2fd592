"""How fast an origination identity may send: message parts a second, by its type or by a rate of its own.

A type that is not known for sure counts as the slowest that the identity can be.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.logging import logger

LONG_CODE, TOLL_FREE, TEN_DLC, SHORT_CODE, SENDER_ID = "LONG_CODE", "TOLL_FREE", "TEN_DLC", "SHORT_CODE", "SENDER_ID"
TYPES = (LONG_CODE, TOLL_FREE, TEN_DLC, SHORT_CODE, SENDER_ID)
LIST_AGAIN_SECONDS = 600

_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)[0-9]{7}")


class Rates:
    """Rates as the component configures them: `{"types": {TYPE: n}, "numbers": {identity: n}}`, in parts a second.

    Args:
        client: A boto3 pinpoint-sms-voice-v2 client, which knows the types of the account's numbers.
    """

    def __init__(self, configured: str, client: Any, clock: Callable[[], float] = time.monotonic) -> None:
        rates = json.loads(configured)
        self._by_type: Mapping[str, int] = rates["types"]
        self._by_number: Mapping[str, int] = rates["numbers"]
        self._client = client
        self._clock = clock
        self._types: dict[str, str] = {}
        self._listed: float | None = None
        self._lock = threading.Lock()

    def of(self, identity: str) -> int:
        """Message parts a second."""
        if identity in self._by_number:
            return self._by_number[identity]
        return self._by_type[self.type_of(identity)]

    def type_of(self, identity: str) -> str:
        """The identity's type: what the account's list of numbers says, else what it looks like."""
        if not identity.startswith("+"):
            return SHORT_CODE if identity.isdigit() else SENDER_ID
        with self._lock:
            listed_before = self._listed is not None and self._clock() - self._listed < LIST_AGAIN_SECONDS
            if identity not in self._types and not listed_before:
                self._list()
            found = self._types.get(identity, "")
        if found in self._by_type:
            return found
        return TOLL_FREE if _TOLL_FREE.fullmatch(identity) else LONG_CODE

    def _list(self) -> None:
        self._listed = self._clock()
        try:
            for page in self._client.get_paginator("describe_phone_numbers").paginate():
                self._types.update({number["PhoneNumber"]: number["NumberType"] for number in page["PhoneNumbers"]})
        except (ClientError, BotoCoreError) as error:
            logger.warning("the types of the numbers are not known", extra={"error": type(error).__name__})
