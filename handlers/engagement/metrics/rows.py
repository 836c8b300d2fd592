"""Reading the counters: whole rows, a range of days at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.shared.tables import Table

_OF_THE_TABLE = frozenset({"pk", "sk", "expires"})


@dataclass(frozen=True)
class Row:
    """The counters of a day (UTC, `2030-01-02`) and a group."""

    day: str
    group: str
    counters: Mapping[str, int]


def read_rows(table: Table, pk: str, first: str, last: str) -> list[Row]:
    """The rows of a partition from day `first` to day `last`, by day and group; 1 MB a call."""
    found: dict[tuple[str, str], Counter[str]] = {}
    after: str | None = first
    while after is not None:
        page = table.page(pk, after=after, consistent=False)
        for item in page.items:
            row, _, _shard = item["sk"].rpartition("#")
            day, _, group = row.partition("#")
            if day > last:
                return _rows(found)
            counters = found.setdefault((day, group), Counter())
            counters.update({name: number for name, number in item.items() if name not in _OF_THE_TABLE})
        after = page.last
    return _rows(found)


def _rows(found: Mapping[tuple[str, str], Counter[str]]) -> list[Row]:
    return [
        Row(day, group, {name: number for name, number in counters.items() if number})
        for (day, group), counters in sorted(found.items())
    ]
