"""SES's account-level suppression list, by its REST calls.

Addresses are told apart without regard to case. Source: Amazon SES API v2, PutSuppressedDestination and its kin.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

PATH = re.compile(r"/suppression/addresses(?:/(.+))?")
REASONS = ("BOUNCE", "COMPLAINT")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
Fault = tuple[int, str, str]
"""Status, code, message."""
Query = Callable[[str], list[str]]


class SuppressionList:
    """One account's list. reasons: for which of them a message to a listed address is held back, where no
    configuration set says otherwise."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.reasons: list[str] = list(REASONS)

    def holds(self, address: str, reasons: list[str] | None = None) -> str:
        """For which reason a message to this address is held back; "" where it is not. reasons: the configuration set's,
        if it says."""
        found = self.entries.get(address.lower())
        if found is None or found["Reason"] not in (self.reasons if reasons is None else reasons):
            return ""
        return found["Reason"]

    def request(self, method: str, path: str, body: dict[str, Any], query: Query) -> dict[str, Any] | Fault | None:
        """Answers a call below `/v2/email`; None when it is none of the list's."""
        if path == "/account/suppression" and method == "PUT":
            wanted = body.get("SuppressedReasons") or []
            if unknown := sorted(set(wanted) - set(REASONS)):
                return 400, "BadRequestException", f"SuppressedReasons {unknown} is none of {list(REASONS)}"
            self.reasons = list(wanted)
            return {}
        match = PATH.fullmatch(path)
        if not match:
            return None
        address = unquote(match[1] or "")
        if not address:
            return self._put(body) if method == "PUT" else self._list(query) if method == "GET" else None
        return self._one(method, address)

    def _put(self, body: dict[str, Any]) -> dict[str, Any] | Fault:
        address, reason = str(body.get("EmailAddress") or ""), body.get("Reason")
        if not ADDRESS.fullmatch(address):
            return 400, "BadRequestException", f"Email address <{address}> is not valid."
        if reason not in REASONS:
            return 400, "BadRequestException", f"Reason <{reason}> is none of {list(REASONS)}."
        updated = datetime.now(UTC).timestamp()
        self.entries[address.lower()] = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": updated}
        return {}

    def _one(self, method: str, address: str) -> dict[str, Any] | Fault | None:
        found = self.entries.get(address.lower())
        if found is None:
            return 404, "NotFoundException", f"Email address {address} does not exist on your suppression list."
        if method == "GET":
            return {"SuppressedDestination": found}
        if method == "DELETE":
            del self.entries[address.lower()]
            return {}
        return None

    def _list(self, query: Query) -> dict[str, Any] | Fault:
        reasons = query("Reason") or list(REASONS)
        start, end = (_moment(query(name)) for name in ("StartDate", "EndDate"))
        found = [
            entry
            for entry in self.entries.values()
            if entry["Reason"] in reasons
            and (start is None or entry["LastUpdateTime"] >= start)
            and (end is None or entry["LastUpdateTime"] <= end)
        ]
        size, first = int((query("PageSize") or ["1000"])[0]), int((query("NextToken") or ["0"])[0])
        more = {"NextToken": str(first + size)} if first + size < len(found) else {}
        return {"SuppressedDestinationSummaries": found[first : first + size], **more}


def _moment(given: list[str]) -> float | None:
    if not given:
        return None
    try:
        return float(given[0])
    except ValueError:
        return datetime.fromisoformat(given[0]).timestamp()
