"""The table of answers that the sandbox is held to, asked of the real Trino."""

import pytest

from tests.sandbox.trino_answers import ANSWERS


@pytest.mark.parametrize(("query", "answered"), ANSWERS.items(), ids=list(ANSWERS))
def test_trino_answers_what_the_table_says(both, query, answered):
    found = both.real(query)
    if found.error:
        assert found.error.split(":")[0] == answered
    else:
        [[value]] = found.rows
        assert value == answered
