"""Batches: as few as hold the items in their order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.batching import batched


@pytest.mark.parametrize(("items", "batches"), [
    ([], []),
    ([10], [[10]]),
    ([4, 4, 4, 20, 1], [[4, 4], [4], [20], [1]]),
    ([20, 1, 9], [[20], [1, 9]]),
    ([1, 1, 1, 1, 1], [[1, 1, 1], [1, 1]]),
    ([0, 0, 0, 0], [[0, 0, 0], [0]]),
])  # fmt: skip
def test_a_batch_is_as_large_as_it_may_be(items, batches):
    assert list(batched(items, int, 10, 3)) == batches


def test_without_a_number_weight_alone_counts():
    assert list(batched("abcdefg", ord, 1000)) == [list("abcdefg")]


@given(st.lists(st.integers(0, 15)), st.integers(1, 5))
def test_nothing_is_lost_and_no_two_neighbours_would_have_fitted_together(items, most):
    batches = list(batched(iter(items), int, 10, most))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) <= most and (len(batch) == 1 or sum(batch) <= 10) for batch in batches)
    pairs = pairwise(batches)
    assert all(len(former) == most or sum(former) + following[0] > 10 for former, following in pairs)
