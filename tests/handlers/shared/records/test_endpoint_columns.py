"""Values of the columns of an import file: what each member takes, and what is said of the others."""

import pytest

from handlers.shared.records.endpoint_columns import CHANNEL_TYPES, checked_choice, checked_number
from handlers.shared.records.errors import RowError


@pytest.mark.parametrize("value", ["7", 7, 7.0])
def test_a_number_is_one_of_json_or_a_text_that_reads_as_it(value):
    assert checked_number("Metrics.age", value) == 7.0


@pytest.mark.parametrize("value", ["old", "nan", "1e999", 10**400, True, None, [7], {"age": 7}])
def test_what_is_no_finite_number_is_refused_by_the_members_name(value):
    with pytest.raises(RowError, match=r"Metrics\.age is .* allowed is a number"):
        checked_number("Metrics.age", value)


@pytest.mark.parametrize("value", ["FAX", "", 7, None, ["EMAIL"], {"EMAIL": 1}])
def test_what_is_none_of_the_choices_is_refused_by_the_members_name(value):
    with pytest.raises(RowError, match=r"ChannelType is .* allowed are PUSH, GCM"):
        checked_choice("ChannelType", value, CHANNEL_TYPES)
