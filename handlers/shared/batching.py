"""Items in batches of bounded number and weight, as the calls of an API take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batched(
    items: Iterable[Item], weight: Callable[[Item], int], heaviest: int, most: int | None = None
) -> Iterator[list[Item]]:
    """Items in their order, each batch as large as it may be. One that weighs more than a batch may is alone.

    Args:
        weight: What an item weighs.
        heaviest: What a batch weighs at most.
        most: How many items it has at most; None: any number.
    """
    batch: list[Item] = []
    total = 0
    for item in items:
        heavy = weight(item)
        if batch and (len(batch) == most or total + heavy > heaviest):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += heavy
    if batch:
        yield batch
