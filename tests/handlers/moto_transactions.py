"""moto's DynamoDB, which keeps of a transaction's tables what the transaction writes.

moto itself copies each table with all of its items, once for every action of the transaction.
"""

from __future__ import annotations

import copy
import types
from contextvars import ContextVar
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

Actions = list[dict[str, Any]]

transact_with_whole_copies = models.DynamoDBBackend.transact_write_items
_kept: ContextVar[dict[str, Table]] = ContextVar("_kept")


def transact(backend: models.DynamoDBBackend, transact_items: Actions) -> None:
    """In the place of moto's own, which this calls."""
    actions = [action for item in transact_items for action in item.values()]
    named = {action.get("TableName") for action in actions}
    token = _kept.set(
        {
            name: _as_before(table, [one for one in actions if one.get("TableName") == name])
            for name, table in backend.tables.items()
            if name in named
        }
    )
    try:
        transact_with_whole_copies(backend, transact_items)
    finally:
        _kept.reset(token)


def install() -> None:
    models.DynamoDBBackend.transact_write_items = transact
    models.copy = types.SimpleNamespace(deepcopy=_deepcopy)


def _deepcopy(value: Any) -> Any:
    """What moto's module of tables copies: the tables of a transaction, and items."""
    return _kept.get()[value.name] if isinstance(value, Table) else copy.deepcopy(value)


def _as_before(table: Table, actions: Actions) -> Table:
    """The table, for which nothing that is done to those items of the other one changes anything."""
    before = copy.copy(table)
    before.items = table.items.copy()
    if table.stream_shard:
        before.stream_shard = copy.copy(table.stream_shard)
        before.stream_shard.table, before.stream_shard.items = before, list(table.stream_shard.items)
    for action in actions:
        key = action.get("Key") or action.get("Item") or {}
        if all(name in key for name in table.table_key_attrs):
            _keep(before, [DynamoType(key[name]) for name in table.table_key_attrs])
    return before


def _keep(before: Table, key: list[DynamoType]) -> None:
    *partition, last = key
    items: Any = before.items
    for name in partition:
        if name not in items:
            return
        items[name] = items[name].copy()
        items = items[name]
    if last in items:
        items[last] = copy.deepcopy(items[last])
