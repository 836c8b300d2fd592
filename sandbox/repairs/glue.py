"""Mends MiniStack's Glue tables: what a table was not given it does not have, and an update replaces all of it.

MiniStack gives every table an empty description and owner, and keeps what an update leaves out. Trino takes a
description, even an empty one, for the comment by which it tells a view from a table.
"""
# pyright: reportMissingImports=false

import copy
from typing import Any

from ministack.services import glue

OPTIONAL = ("Description", "Owner", "TableType", "ViewDefinition", "ViewExpandedText", "ViewOriginalText")
EMPTY: dict[str, Any] = {"Parameters": {}, "PartitionKeys": [], "StorageDescriptor": {}}
_create_table = glue._create_table
_update_table = glue._update_table


def install() -> None:
    """Replaces both ways in which a table gets its content."""
    glue._create_table = create_table
    glue._update_table = update_table


def create_table(data: dict[str, Any]) -> Any:
    """CreateTable."""
    return _exactly(data, _create_table(data))


def update_table(data: dict[str, Any]) -> Any:
    """UpdateTable."""
    return _exactly(data, _update_table(data))


def _exactly(data: dict[str, Any], answer: Any) -> Any:
    given = data.get("TableInput", {})
    table = glue._tables.get(f"{data.get('DatabaseName')}/{given.get('Name')}")
    if answer[0] < 300 and table is not None:
        for name in OPTIONAL:
            if given.get(name) is None:
                table.pop(name, None)
        for name, empty in EMPTY.items():
            if given.get(name) is None:
                table[name] = copy.copy(empty)
    return answer
