"""The outside of self-managed opt-outs."""

from collections.abc import Iterator

import pytest

from tests.handlers.self_managed_opt_outs.world import World, outside


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with outside(monkeypatch) as made:
        yield made
