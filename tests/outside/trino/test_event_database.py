"""The event database's views and the pages' queries on a real Trino, row by row beside the sandbox's Athena."""

import re
from pathlib import Path

import pytest

from components.event_database_views.views import VIEWS
from sandbox.folder import REPOSITORY
from tests.outside.trino.engine import statements

EXAMPLES = [file for file in sorted((REPOSITORY / "examples").glob("*.sql")) if file.name != "segment-queries.sql"]
SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def queries_of_the_page() -> list[str]:
    page = (REPOSITORY / "docs" / "event-database.md").read_text()
    shown = re.findall(r'--query-string "([^"]+)"', page)
    return [*shown, *(query for block in SQL.findall(page) for query in statements(block))]


def assert_same(both, query: str) -> None:
    real, ours = both.real(query), both.athena(query)
    assert (real.error, ours.error) == ("", ""), query
    assert real.rows, query
    assert ours.unordered() == real.unordered(), query


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_view_has_the_same_rows_in_trino_and_in_the_sandbox(both, view):
    assert_same(both, f"SELECT * FROM {view}")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_query_has_the_same_rows(both, file: Path):
    [query] = statements(file.read_text())
    assert_same(both, query.replace("example_address@example.com", "bo@example.org"))


@pytest.mark.parametrize("query", queries_of_the_page())
def test_a_query_of_the_page_has_the_same_rows(both, query):
    assert_same(both, query)


def test_the_table_itself_has_the_same_rows(both):
    assert_same(both, "SELECT * FROM all_events")
