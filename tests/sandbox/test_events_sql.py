"""Athena's SQL on DuckDB, as the embedded AWS runs it."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.repairs import hive_lines, projection, trino
from sandbox.repairs.trino_engine import Engine, Relation, opened
from tests.sandbox.hive_readings import READINGS, REFUSED
from tests.sandbox.trino_answers import ANSWERS, ERRORS

TABLE = {
    "StorageDescriptor": {
        "Location": "s3://bucket/events/",
        "Columns": [
            {"Name": "event_type", "Type": "string"},
            {"Name": "attributes", "Type": "map<string,string>"},
            {"Name": "facets", "Type": "struct<mail:struct<from:string,to:array<string>>>"},
        ],
        "SerdeInfo": {"SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
    },
    "PartitionKeys": [{"Name": "ingest_hour", "Type": "string"}],
    "Parameters": {"storage.location.template": "s3://bucket/events/${ingest_hour}/"},
}


def answer(definition: str, query: str) -> list[tuple]:
    with opened({("db", "all_events"): Relation(definition)}) as engine:
        return engine.values(trino.parsed(query), "db")[1]


@pytest.fixture(scope="module")
def empty() -> Iterator[Engine]:
    """An engine without tables."""
    with opened({}) as engine:
        yield engine


def told(engine: Engine, query: str) -> Any:
    """What a query of one value answers, as Athena writes it; where it fails, the error's name."""
    try:
        [[value]] = engine.answer(trino.parsed(query), "db")["rows"]
    except (ValueError, LookupError, duckdb.Error) as error:
        names = [name for name in ERRORS if name in str(error)]
        return names[0] if names else "FAILED"
    return None if value is None else str(value)


def test_json_lines_get_the_catalogs_types_and_the_partition_of_their_path(tmp_path):
    folder = tmp_path / "2026" / "11" / "23" / "09"
    folder.mkdir(parents=True)
    event = {"event_type": "x", "attributes": {"A": "1"}, "facets": {"mail": {"from": "me", "to": ["you"]}}}
    (folder / "part").write_text(f"{json.dumps(event)}\n")
    relation = trino.json_relation(TABLE, [str(folder / "part")], str(tmp_path))
    query = """SELECT ingest_hour, element_at(attributes, 'A'), element_at(attributes, 'none'), facets.mail."from"
               FROM all_events WHERE event_type = 'x' AND contains(facets.mail.to, 'you')"""
    assert answer(relation, query) == [("2026/11/23/09", "1", None, "me")]


def test_a_table_without_files_has_its_columns_and_no_rows():
    assert answer(trino.json_relation(TABLE, [], ""), "SELECT ingest_hour, attributes FROM all_events") == []


def test_hive_keys_are_found_where_no_template_says_otherwise(tmp_path):
    table = {**TABLE, "Parameters": {}, "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    folder = tmp_path / "day=2026-11-23"
    folder.mkdir()
    (folder / "part").write_text('{"event_type": "x"}\n')
    relation = trino.json_relation(table, [str(folder / "part")], str(tmp_path))
    assert answer(relation, "SELECT day FROM all_events") == [("2026-11-23",)]


def test_a_view_is_read_from_the_catalogs_text():
    text = base64.b64encode(json.dumps({"originalSql": "SELECT 1 AS one", "schema": "db"}).encode()).decode()
    assert trino.view_of(f"/* Presto View: {text} */") == ("SELECT 1 AS one", "db")
    assert trino.view_of("") is None


def test_tables_are_named_with_their_database_and_names_of_with_are_none():
    statement = trino.parsed("WITH own AS (SELECT * FROM A) SELECT * FROM own JOIN other.B ON true")
    assert trino.tables(statement, "db") == {("db", "a"), ("other", "b")}


def test_unnamed_columns_are_called_as_trino_calls_them():
    statement = trino.parsed("SELECT 1 AS a, count(*), b FROM t GROUP BY b").sql()
    assert "_col1" in statement and "_col0" not in statement and "_col2" not in statement


def test_what_is_no_sql_is_refused_in_plain_text():
    with pytest.raises(trino.MalformedError, match="SYNTAX_ERROR") as refused:
        trino.parsed("SELEC 1")
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("hive", "duck"),
    [
        ("map<string,array<bigint>>", "MAP(VARCHAR, BIGINT[])"),
        (
            "struct<from:string,to:array<struct<a:int,b:double>>>",
            'STRUCT("from" VARCHAR, "to" STRUCT("a" INTEGER, "b" DOUBLE)[])',
        ),
        ("decimal(10,2)", "DECIMAL(10,2)"),
    ],
)
def test_hive_types_become_duckdbs(hive, duck):
    assert trino.duckdb_type(hive) == duck


def test_an_unknown_type_is_an_error():
    with pytest.raises(trino.UnknownTypeError, match="texts"):
        trino.duckdb_type("array<texts>")


def test_values_are_written_as_athena_writes_them():
    moment = datetime(2026, 11, 23, 9, 0, 0, 5000, tzinfo=UTC).replace(tzinfo=None)
    assert trino.written(moment, zoned=True) == "2026-11-23 09:00:00.005 UTC"
    assert trino.written({"a": [1, None], "b": True}) == "{a=[1, null], b=true}"
    assert trino.written(None) is None


def test_glues_catalog_may_be_named_and_no_other_one():
    statement = trino.of_own_catalog(trino.parsed('SELECT 1 AS one FROM "AwsDataCatalog"."db"."t"'))
    assert statement.sql(dialect="duckdb") == 'SELECT 1 AS one FROM "db"."t"'
    with pytest.raises(LookupError, match="CATALOG_NOT_FOUND: Catalog 'shop'"):
        trino.of_own_catalog(trino.parsed("SELECT 1 AS one FROM shop.db.t"))


def test_a_result_has_every_value_in_quotes_and_nothing_for_null():
    written = trino.result_file(["Id", "Attributes.plan"], [["a", 'g"old'], ["b", None], ["c", ""]])
    assert written == b'"Id","Attributes.plan"\n"a","g""old"\n"b",\n"c",""\n'


@pytest.mark.parametrize(("query", "answered"), ANSWERS.items(), ids=list(ANSWERS))
def test_a_query_answers_here_what_trino_answers(empty, query, answered):
    assert told(empty, query) == answered


def test_a_table_or_view_without_a_serde_is_refused():
    with pytest.raises(LookupError, match="missing SerDe info"):
        trino.refuse_without_serde({"StorageDescriptor": {"Columns": []}})
    trino.refuse_without_serde(TABLE)


SERDES = {
    "Hive": {"SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
    "OpenX": {"SerializationLibrary": hive_lines.OPENX, "Parameters": {"ignore.malformed.json": "true"}},
}


def read(folder: Path, line: str, kind: str, serde: dict[str, Any]) -> Any:
    """What a table of this one line answers, as Athena writes it."""
    (folder / "part").write_text(line + "\n")
    described = {"Location": "s3://bucket/t/", "Columns": [{"Name": "c", "Type": kind}], "SerdeInfo": serde}
    try:
        relation = Relation(trino.json_relation({"StorageDescriptor": described}, [str(folder / "part")], str(folder)))
    except hive_lines.BadLineError:
        return REFUSED
    with opened({("db", "t"): relation}) as engine:
        [[value]] = engine.answer(trino.parsed("SELECT c FROM t"), "db")["rows"]
    return None if value is None else str(value)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading[1]} {reading[0]}")
def test_a_line_is_read_here_as_trino_reads_it_by_each_serde(tmp_path, reading):
    line, kind, hive, openx = reading
    assert read(tmp_path, line, kind, SERDES["Hive"]) == hive
    assert read(tmp_path, line, kind, SERDES["OpenX"]) == openx


def test_a_byte_order_mark_is_passed_over_where_a_file_begins_and_by_hive_everywhere(tmp_path):
    (tmp_path / "part").write_text('\ufeff{"c": "x"}\n' * 2, encoding="utf-8")
    found = {
        name: [row.get("c") for row in hive_lines.rows(tmp_path / "part", {"c": "string"}, serde)]
        for name, serde in SERDES.items()
    }
    assert found == {"Hive": ["x", "x"], "OpenX": ["x", None]}


def test_what_is_no_json_fails_where_openx_is_not_told_to_pass_it_over(tmp_path):
    strict = {"SerializationLibrary": hive_lines.OPENX}
    assert read(tmp_path, '{"c": ', "string", strict) == REFUSED
    assert read(tmp_path, "no json", "string", strict) is None


@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_times_of_openx_that_are_numbers_are_refused_rather_than_read_wrongly(tmp_path, kind):
    assert read(tmp_path, '{"c": 5}', kind, SERDES["OpenX"]) == REFUSED


def projected(range_: str) -> dict[str, Any]:
    return {
        **TABLE,
        "Parameters": {
            "projection.enabled": "true",
            "projection.ingest_hour.type": "date",
            "projection.ingest_hour.format": "yyyy/MM/dd/HH",
            "projection.ingest_hour.range": range_,
        },
    }


def test_a_projection_has_the_hours_of_its_range_and_no_others():
    now = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    hours = ("2026/11/26/23", "2026/11/27/00", "2026/11/28/12", "2026/11/28/13", "x")
    for range_ in ("2026/11/27/00,NOW", "NOW-36HOURS,NOW"):
        found = [projection.includes(projected(range_), {"ingest_hour": hour}, now) for hour in hours]
        assert found == [False, True, True, False, False]


def test_a_projection_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends before it starts"):
        projection.check(projected("2099/01/01/00,NOW"))
