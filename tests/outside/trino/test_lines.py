"""The table of lines that the sandbox is held to, read by the real Trino with each SerDe."""

import pytest

from tests.outside.trino import lake
from tests.sandbox.hive_readings import READINGS, REFUSED
from tests.sandbox.test_events_sql import SERDES

DATABASE = "lines"
KINDS = list(dict.fromkeys(kind for _, kind, *_ in READINGS))
BYTE_ORDER_MARK = "\ufeff"
"""It is passed over where a file begins."""
REFUSALS = ("HIVE_CURSOR_ERROR", "HIVE_BAD_DATA")


@pytest.fixture(scope="module")
def lines(both):
    """A database of tables of lines."""
    both.sandbox.aws("glue").create_database(DatabaseInput={"Name": DATABASE})
    return both


def of(serde: str) -> list[tuple[str, str, str | None]]:
    """Line, type, reading."""
    return [(line, kind, hive if serde == "Hive" else openx) for line, kind, hive, openx in READINGS]


def name(serde: str, what: str) -> str:
    return f"{serde}_{what}".lower().translate(str.maketrans("<>(),:", "______"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("serde", SERDES)
def test_lines_that_fit_are_read_alike(lines, serde, kind):
    fitting = [(line, read) for line, of_kind, read in of(serde) if of_kind == kind and read != REFUSED]
    if not fitting:
        pytest.skip("no line of this type fits")
    table = name(serde, kind)
    in_order = sorted((line for line, _ in fitting), key=lambda line: not line.startswith(BYTE_ORDER_MARK))
    lake.table(lines.sandbox.aws, DATABASE, table, {"c": kind}, in_order, SERDES[serde])
    query = f"SELECT c FROM {table}"
    real, ours = lines.real(query, DATABASE), lines.athena(query, DATABASE)
    assert (real.error, ours.error) == ("", "")
    expected = sorted([(read,) for _, read in fitting], key=repr)
    assert (real.unordered()[1], ours.unordered()[1]) == (expected, expected)


@pytest.mark.parametrize("serde", SERDES)
def test_a_line_that_does_not_fit_fails_the_query(lines, serde):
    passed = []
    for at, (line, kind, read) in enumerate(of(serde)):
        if read == REFUSED:
            table = name(serde, f"refused_{at}")
            lake.table(lines.sandbox.aws, DATABASE, table, {"c": kind}, [line], SERDES[serde])
            answers = (ask(f"SELECT c FROM {table}", DATABASE) for ask in (lines.real, lines.athena))
            passed += [(line, kind, one) for one in answers if not one.error.startswith(REFUSALS)]
    assert passed == []
