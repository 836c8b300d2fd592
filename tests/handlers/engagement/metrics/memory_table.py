"""A table in memory with the calls that counting makes: transactions that happen as a whole, or not at all."""

from __future__ import annotations

from typing import Any

from handlers.shared.attribute_values import Item
from handlers.shared.tables import GET_SIZE, TRANSACTION_SIZE, Key, TransactionCancelledError


class MemoryTable:
    """writes: how many items transactions wrote. before: called ahead of each transaction."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.writes = 0
        self.before: Any = lambda: None

    def batch_get(self, keys: Any) -> dict[Key, Item]:
        keys = list(keys)
        assert len(keys) <= GET_SIZE, "one call"
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def set_action(self, pk: str, sk: str, values: Item, *, known: Item) -> Any:
        return (pk, sk), values, known, {}

    def add_action(self, pk: str, sk: str, numbers: dict[str, int], values: Item) -> Any:
        return (pk, sk), values, {}, numbers

    def transact(self, actions: list[Any]) -> None:
        self.before()
        assert 1 <= len(actions) <= TRANSACTION_SIZE
        assert len({key for key, *_ in actions}) == len(actions), "DynamoDB takes an item once a transaction"
        assert all(type(number) is int for *_, numbers in actions for number in numbers.values())
        failed = [
            at
            for at, (key, _, known, _) in enumerate(actions)
            if any(self.items.get(key, {}).get(name) != value for name, value in known.items())
        ]
        if failed:
            raise TransactionCancelledError(failed, "not as it was", failed)
        for key, values, _, numbers in actions:
            item = self.items.setdefault(key, {})
            item.update(values)
            for name, number in numbers.items():
                item[name] = item.get(name, 0) + number
        self.writes += len(actions)

    def counters(self) -> dict[tuple[str, str], dict[str, int]]:
        """The counters by partition and row, over all shards."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for (pk, sk), item in self.items.items():
            if not pk.startswith("KPI#"):
                continue
            row = found.setdefault((pk, sk.rpartition("#")[0]), {})
            for name, number in item.items():
                if name != "expires":
                    row[name] = row.get(name, 0) + number
        whole = {key: {name: number for name, number in row.items() if number} for key, row in found.items()}
        return {key: row for key, row in whole.items() if row}
