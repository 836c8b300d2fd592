from __future__ import annotations

import base64
import json

import pytest
import sqlglot
from sqlglot import exp

from components.event_database_views.table import COLUMNS, EVENT_COLUMNS
from components.event_database_views.view import HIVE_TYPES, Column, View
from components.event_database_views.views import VIEWS

VERSION_1_COLUMNS = {
    "email_send": 14,
    "email_hardbounce": 21,
    "email_softbounce": 21,
    "email_complaint": 17,
    "email_delivered": 18,
    "email_open": 16,
    "email_click": 17,
    "email_unsubscribe": 18,
    "email_rejected": 15,
    "sms_buffered": 17,
    "sms_success": 18,
    "sms_failure": 16,
    "sms_optout": 18,
    "campaign_send": 9,
    "journey_send": 11,
}
GUARDS = (exp.Try, exp.TryCast)


def problems(sql: str) -> list[str]:
    """What breaks the rules for views in a Trino statement."""
    tree = sqlglot.parse_one(sql, read="trino")
    found = [f"subscript {node.sql()}" for node in tree.find_all(exp.Bracket) if not node.args.get("safe")]
    for node in tree.find_all(exp.ParseJSON, exp.Cast):
        if not isinstance(node, exp.TryCast) and node.find_ancestor(exp.Try) is None:
            found.append(f"unguarded {node.sql()}")
    for node in tree.find_all(exp.UnixToTime):
        branch = node.find_ancestor(exp.If)
        if branch is None or not isinstance(branch.this, exp.Between):
            found.append(f"unguarded {node.sql()}")
    for node in tree.find_all(exp.Anonymous):
        if node.name.lower() == "map_concat":
            found += [f"map_concat of {side.sql()}" for side in node.expressions if not isinstance(side, exp.Coalesce)]
    for node in tree.find_all(exp.MapCat):
        found += [f"map_concat of {side.sql()}" for side in node.args.values() if not isinstance(side, exp.Coalesce)]
    found += [f"LIKE {node.sql()}" for node in tree.find_all(exp.Like)]
    for unnest in tree.find_all(exp.Unnest):
        if not isinstance(unnest.parent, exp.Join) or unnest.parent.side != "LEFT":
            found.append(f"join {unnest.parent.sql() if unnest.parent else unnest.sql()}")
    return found


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_no_view_can_fail_on_the_data(view):
    assert problems(view.sql()) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("attributes['campaign_id']", "subscript"),
        ("CAST(element_at(attributes, 'n') AS integer)", "unguarded"),
        ("json_parse(element_at(attributes, 'n'))", "unguarded"),
        ("from_unixtime(event_timestamp / 1e3)", "unguarded"),
        ("CASE WHEN event_timestamp > 0 THEN from_unixtime(event_timestamp / 1e3) END", "unguarded"),
        ("map_concat(client_context.custom, coalesce(attributes, MAP()))", "map_concat"),
    ],
)
def test_the_check_of_views_finds_what_it_is_there_for(expression, problem):
    found = problems(View("bad", "event_type LIKE '_email.%'", (Column("a", expression),)).sql())
    assert [text for text in found if text.startswith(problem)]
    assert [text for text in found if text.startswith("LIKE")]


def test_the_check_of_views_finds_a_join_that_drops_rows():
    sql = "SELECT x FROM t CROSS JOIN UNNEST(recipients) AS r (x)"
    assert [text for text in problems(sql) if text.startswith("join")]


def test_every_view_of_version_1_is_there_with_its_columns_first():
    columns = {view.name: [column.name for column in view.columns] for view in VIEWS}
    assert set(columns) - set(VERSION_1_COLUMNS) == {"email_rendering_failure", "custom_events"}
    for name, count in VERSION_1_COLUMNS.items():
        assert columns[name][count - 1] == "ingest_timestamp", name
        assert len(set(columns[name])) == len(columns[name])


def test_the_columns_of_a_view_are_those_of_version_1_in_order():
    bounce = next(view for view in VIEWS if view.name == "email_hardbounce")
    assert [column.name for column in bounce.columns] == [
        "event_timestamp",
        "arrival_timestamp",
        "application_id",
        "endpoint_id",
        "pinpoint_campaign_id",
        "pinpoint_treatment_id",
        "aws_account_id",
        "message_id",
        "message_send_timestamp",
        "from_address",
        "destination",
        "bounce_type",
        "bounce_sub_type",
        "feedback_id",
        "reporting_mta",
        "bounced_recipient_email_address",
        "bounced_recipient_action",
        "bounced_recipient_status",
        "bounced_recipient_diagnostic_code",
        "message_tags",
        "ingest_timestamp",
        "subject",
    ]


def test_all_sms_views_have_the_same_columns():
    assert (
        len({frozenset(column.name for column in view.columns) for view in VIEWS if view.name.startswith("sms_")}) == 1
    )


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_glue_holds_a_view_as_athena_reads_it(view):
    text = view.original_text("due_eventdb")
    definition = json.loads(base64.b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */")))
    assert definition["originalSql"] == view.sql()
    assert (definition["catalog"], definition["schema"]) == ("awsdatacatalog", "due_eventdb")
    assert [column["name"] for column in definition["columns"]] == [column.name for column in view.columns]
    assert all(column["type"] in HIVE_TYPES for column in definition["columns"])


def test_a_filter_by_time_reaches_the_partitions():
    """The window's keys have the partition, so a predicate on it may go below the window."""
    for view in VIEWS:
        (window,) = sqlglot.parse_one(view.sql(), read="trino").find_all(exp.Window)
        assert [key.name for key in window.args["partition_by"]] == ["event_id", "ingest_hour"]


def test_the_columns_fit_into_a_functions_environment():
    assert len(json.dumps(EVENT_COLUMNS)) < 3000
    assert all(name == name.lower() and kind == kind.lower() for name, kind in COLUMNS.items())
