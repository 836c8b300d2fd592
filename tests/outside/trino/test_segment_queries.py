"""The queries of federated segmentation, of its examples and its page, on a real Trino beside the sandbox's Athena."""

import pytest

from sandbox.folder import REPOSITORY
from tests.outside.trino import lake, pages
from tests.outside.trino.test_event_database import assert_same

SAMPLES = [
    query
    for name in ("audience", "everything")
    for query in pages.queries((REPOSITORY / "stacks" / "config" / f"Pulumi.{name}.yaml").read_text())
]
TRIAL = pages.queries((REPOSITORY / "docs" / "examples" / "direct-query.json").read_text())
QUERIES = list(
    dict.fromkeys([*pages.example("segment-queries.sql"), *TRIAL, *pages.page("federated-segmentation"), *SAMPLES])
)
DECIMAL = (
    "SELECT customer_id, CAST(CAST(amount AS decimal(18, 2)) AS varchar) AS spent, CAST(amount AS varchar) AS amount"
)


def test_the_queries_of_the_page_and_of_the_examples_are_found():
    assert [query.split()[1] for query in QUERIES] == [
        "c.endpoint_id", "c.endpoint_id", "'trial-'", "d.endpoint_id", "d.endpoint_id", "endpoint_id", "endpoint_id",
    ]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_a_segments_query_has_the_same_rows_and_columns(both, query):
    assert_same(both, query, lake.DATABASE)


@pytest.mark.parametrize("name", [*lake.COLUMNS, lake.VIEW[0]])
def test_a_table_or_view_of_the_lake_has_the_same_rows(both, name):
    assert_same(both, f"SELECT * FROM {name}", lake.DATABASE)


def test_numbers_of_every_size_become_the_same_text(both):
    assert_same(both, f"{DECIMAL} FROM purchases", lake.DATABASE)


@pytest.mark.parametrize("amount", ["1e16", "-1e16", "1e308", "infinity()", "nan()"])
def test_an_amount_that_no_decimal_holds_fails_in_both(both, amount):
    query = f"SELECT CAST(CAST({amount} AS decimal(18, 2)) AS varchar) AS spent"
    for ask in (both.real, both.athena):
        assert ask(query, lake.DATABASE).error.startswith("INVALID_CAST_ARGUMENT"), ask
