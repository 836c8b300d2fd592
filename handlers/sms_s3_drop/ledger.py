"""The ledger: which rows of which run were claimed, and what became of each. Nothing is sent without a claim.

A run is one content of one key. A row is claimed right before it is sent, and settled when its result is known: a row
that is claimed and not settled was in the hands of a function that died, so that nobody knows whether it went out; it is
never sent again. The claim of the row's digest stands for all rows of the run that are equal in every column.

Layout (run: id, block: row // BLOCK):
| what | pk | sk |
|---|---|---|
| the run (handlers/sms_s3_drop/runs.py) | `RUN#{run}` | `RUN` |
| claim of a row: `held` 1, or 0 where it may be claimed again | `C#{run}#{block}` | `{row}` |
| how often a row was tried in vain: `tries` | `T#{run}#{block}` | `{row}` |
| claim of a digest: `of_row`, `line` | `D#{run}#{its first 3 digits}` | `{digest}` |
| result of a row: `status`, `line`, `message_id`, `reason`, `id_1`, `id_2` | `R#{run}#{block}` | `{row}` |
| pace of an origination identity (handlers/shared/pace.py) | `PACE#{identity}` | `PACE` |
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.shared import claims
from handlers.shared.claims import Standing
from handlers.shared.tables import Key, Table
from handlers.sms_s3_drop.columns import Text

BLOCK = 1000

SENT = "SENT"
INVALID = "INVALID"
DUPLICATE = "DUPLICATE"
OPTED_OUT = "OPTED_OUT"
FAILED = "FAILED"
UNKNOWN = "UNKNOWN"
EXPIRED = "EXPIRED"
STATUSES = (SENT, INVALID, DUPLICATE, OPTED_OUT, FAILED, UNKNOWN, EXPIRED)

LOST = "the function that sent it died; whether it went out is not known, so it was not sent again"

LAYOUT = claims.Layout(state="held", held=1, free=0)
_UNOWNED = "attribute_not_exists(pk) OR of_row = :row"


@dataclass(frozen=True)
class Claim:
    """BLOCKED: the row is a duplicate. line: where the row that it equals begins."""

    standing: Standing
    line: int = 0


@dataclass(frozen=True)
class Result:
    """What became of a row. row: from 0; line: where it begins in the file, from 1."""

    row: int
    line: int
    status: str
    message_id: str = ""
    reason: str = ""
    id_1: str = ""
    id_2: str = ""

    @staticmethod
    def of(text: Text, status: str, reason: str = "", message_id: str = "") -> Result:
        return Result(text.row, text.line, status, message_id, reason, text.id_1, text.id_2)


class Ledger:
    """The rows of one run.

    Args:
        keep_days: After how many days claims and results are forgotten.
        unique: Whether rows that are equal in every column are sent once.
    """

    def __init__(self, table: Table, run: str, keep_days: int, *, unique: bool = True) -> None:
        self.table = table
        self.run = run
        self.unique = unique
        self.expires = int(time.time()) + keep_days * 24 * 3600
        self._claims = claims.Claims(table, LAYOUT, keep_days)

    def claim(self, text: Text) -> Claim:
        """Claims a row. Raises ContendedError, and what DynamoDB answers."""
        beside = [self._digest_claim(text)] if self.unique else []
        standing = self._standing(text.row, self._claims.claim(self._row_key(text.row), beside=beside).standing)
        if standing is not Standing.BLOCKED:
            return Claim(standing)
        owner = self.table.get(*self._digest_key(text))
        return Claim(standing, owner["line"] if owner else 0)

    def claim_all(self, texts: Sequence[Text]) -> dict[int, Claim]:
        """Claims up to 50 rows of different digests in one transaction, if all digests are theirs, else one by one. Raises as `claim` does."""
        beside = [self._digest_claim(text) for text in texts] if self.unique else []
        found = self._claims.claim_all([self._row_key(text.row) for text in texts], beside=beside)
        answers: dict[int, Claim] = {}
        for text in texts:
            standing = self._standing(text.row, found[self._row_key(text.row)].standing)
            answers[text.row] = self.claim(text) if standing is Standing.BLOCKED else Claim(standing)
        return answers

    def claim_row(self, row: int) -> Standing:
        """Claims a row of which only the number is known, so that nobody sends it."""
        return self._standing(row, self._claims.claim(self._row_key(row)).standing)

    def release(self, text: Text) -> None:
        """Gives a claim back: the row was certainly not sent, and may be claimed again."""
        self._claims.release(claims.Claim(Standing.CLAIMED, self._row_key(text.row)))

    def count_try(self, text: Text) -> int:
        """Notes that a row that this process has claimed could not be sent. Returns how often that was so by now."""
        pk, sk = self._pk("T", text.row), _sk(text.row)
        item = self.table.get(pk, sk)
        tries = 1 + (0 if item is None else item["tries"])
        self.table.put({"pk": pk, "sk": sk, "tries": tries, "expires": self.expires})
        return tries

    def settle(self, result: Result) -> None:
        """Enters what became of a row. That it was sent overrules what others know of it."""
        if result.status == SENT:
            self.table.put(self._item(result))
        else:
            self.table.put(self._item(result), condition="attribute_not_exists(pk)")

    def settle_all(self, results: Sequence[Result]) -> None:
        """Enters results whatever others know of these rows: they were sent, or nobody claims them. 25 a call."""
        self.table.batch_write(self._item(result) for result in results)

    def results(self, block: int) -> list[Result]:
        """The results of a block, in the order of the rows."""
        return [
            Result(
                int(item["sk"]),
                item["line"],
                item["status"],
                item.get("message_id", ""),
                item.get("reason", ""),
                item.get("id_1", ""),
                item.get("id_2", ""),
            )
            for item in self.table.all(f"R#{self.run}#{block:08d}")
        ]

    def settled(self, block: int) -> int:
        """How many rows of a block have a result."""
        return self.table.count(f"R#{self.run}#{block:08d}")

    def _standing(self, row: int, claimed: Standing) -> Standing:
        """A row's standing: its result is an item of its own."""
        if claimed is Standing.LOST and self.table.get(self._pk("R", row), _sk(row)) is not None:
            return Standing.SETTLED
        return claimed

    def _digest_claim(self, text: Text) -> dict[str, Any]:
        pk, sk = self._digest_key(text)
        item = {"pk": pk, "sk": sk, "of_row": text.row, "line": text.line, "expires": self.expires}
        return self.table.put_action(item, _UNOWNED, {":row": text.row})

    def _item(self, result: Result) -> dict[str, Any]:
        item = {
            "pk": self._pk("R", result.row),
            "sk": _sk(result.row),
            "status": result.status,
            "line": result.line,
            "message_id": result.message_id,
            "reason": result.reason,
            "id_1": result.id_1,
            "id_2": result.id_2,
            "expires": self.expires,
        }
        return {name: value for name, value in item.items() if value != ""}

    def _pk(self, kind: str, row: int) -> str:
        return f"{kind}#{self.run}#{row // BLOCK:08d}"

    def _row_key(self, row: int) -> Key:
        return self._pk("C", row), _sk(row)

    def _digest_key(self, text: Text) -> Key:
        digest = text.digest
        return f"D#{self.run}#{digest[:3]}", digest


def _sk(row: int) -> str:
    return f"{row:012d}"
