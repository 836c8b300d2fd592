"""The event database's views and the pages' queries on a real Trino, row by row beside the sandbox's Athena."""

import pytest

from components.event_database_views.views import VIEWS
from sandbox.folder import REPOSITORY
from tests.outside.trino import pages
from tests.outside.trino.conftest import DATABASE

ELSEWHERE = {"segment-queries.sql"}
"""Examples on other tables."""
EXAMPLES = [
    file.name for file in sorted((REPOSITORY / "docs" / "examples").glob("*.sql")) if file.name not in ELSEWHERE
]
SHOWN = [query for page in sorted((REPOSITORY / "docs").glob("*.md")) for query in pages.page(page.stem)]
QUERIES = [query for query in SHOWN if query not in pages.page("federated-segmentation")]


def assert_same(both, query: str, database: str = DATABASE) -> None:
    real, ours = both.real(query, database), both.athena(query, database)
    assert (real.error, ours.error) == ("", ""), query
    assert real.rows, query
    assert ours.unordered() == real.unordered(), query


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_view_has_the_same_rows_in_trino_and_in_the_sandbox(both, view):
    assert_same(both, f"SELECT * FROM {view}")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_query_has_the_same_rows(both, name):
    [query] = pages.example(name)
    assert_same(both, query.replace("example_address@example.com", "bo@example.org"))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_a_page_has_the_same_rows(both, query):
    assert_same(both, query)


def test_queries_of_the_pages_are_found():
    assert len(QUERIES) >= 3


def test_the_table_itself_has_the_same_rows(both):
    assert_same(both, "SELECT * FROM all_events")
