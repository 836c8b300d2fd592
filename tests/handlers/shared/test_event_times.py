"""All readers of the stream read a time alike."""

from __future__ import annotations

import pytest

from handlers.shared.event_times import milliseconds


@pytest.mark.parametrize("value", [1893456000123, 1893456000123.0, 1.893456000123e12, "1893456000123"])
def test_a_whole_number_is_a_time_however_it_is_written(value):
    assert milliseconds(value, "event_timestamp") == 1893456000123


@pytest.mark.parametrize(
    "value",
    [None, True, "noon", "", "-", "--1", "¹²", -1, 10**15, 1893456000123.5, float("nan"), float("inf"), [1], {}],
)
def test_what_is_no_time_of_these_centuries_is_none(value):
    assert milliseconds(value, "event_timestamp") is None


@pytest.mark.parametrize("value", [1_000_000_000, 1_893_456_000, 1_893_456_000.0, "1893456000", 9_999_999_999])
def test_a_time_in_seconds_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^arrival_timestamp has 10 digits, as seconds have"):
        milliseconds(value, "arrival_timestamp")
