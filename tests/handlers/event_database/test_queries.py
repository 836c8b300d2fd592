from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components.event_database_views.views import VIEWS
from tests.handlers.event_database import events
from tests.handlers.event_database.athena import rows

SEED = Path(__file__).parents[4] / "shared" / "reference" / "seed.md"
CAMPAIGN_TOTALS = """
SELECT
  pinpoint_campaign_id,
  (SELECT COUNT(*) FROM email_send WHERE email_send.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumSends,
  (SELECT COUNT(*) FROM email_open WHERE email_open.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumOpens,
  (SELECT COUNT(*) FROM email_click WHERE email_click.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumClicks,
  (SELECT COUNT(*) FROM email_hardbounce WHERE email_hardbounce.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumHardBounces,
  (SELECT COUNT(*) FROM email_softbounce WHERE email_softbounce.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumSoftBounces,
  (SELECT COUNT(*) FROM email_unsubscribe WHERE email_unsubscribe.pinpoint_campaign_id = campaign_send.pinpoint_campaign_id) AS NumUnsubs

FROM campaign_send
WHERE ingest_timestamp > current_timestamp - interval '30' day
GROUP BY pinpoint_campaign_id
"""
EMAILS_OF_AN_ADDRESS = """
SELECT
  a.event_timestamp as WhenSent,
  a.subject as EmailSubject,
  CASE WHEN b.event_timestamp IS NULL THEN 0 ELSE 1 END as DidOpen
FROM email_send a
LEFT JOIN email_open b
  ON a.message_id = b.message_id
WHERE contains(a.destination, 'bo@example.org')
  AND a.ingest_timestamp > current_timestamp - interval '30' day
ORDER BY a.event_timestamp DESC
"""
NOW = datetime.now(UTC)


def write(folder: Path, found: list[dict], hour: datetime = NOW, name: str = "object") -> None:
    place = folder / hour.strftime("%Y/%m/%d/%H")
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(b"".join(events.line(event) for event in found))


@pytest.fixture
def database(tmp_path):
    write(tmp_path, events.all_events())
    return tmp_path


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_each_view_has_one_row_of_its_event_and_every_column(database, view):
    (row,) = rows(database, f"SELECT * FROM {view.name}")
    assert list(row) == [column.name for column in view.columns]
    assert row["event_timestamp"] == datetime(2030, 1, 1, 0, 0, 0, 123000)
    assert row["ingest_timestamp"] == NOW.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    assert row["application_id"] == events.APPLICATION
    if "pinpoint_treatment_id" in row:
        assert (row["pinpoint_campaign_id"], row["pinpoint_treatment_id"]) == (events.CAMPAIGN, "0")


def test_the_first_query_of_the_seed_runs_unchanged(database):
    assert rows(database, CAMPAIGN_TOTALS) == [
        {
            "pinpoint_campaign_id": events.CAMPAIGN,
            "NumSends": 1,
            "NumOpens": 1,
            "NumClicks": 1,
            "NumHardBounces": 1,
            "NumSoftBounces": 1,
            "NumUnsubs": 1,
        }
    ]


def test_the_second_query_of_the_seed_runs_unchanged(database):
    (row,) = rows(database, EMAILS_OF_AN_ADDRESS)
    assert (row["EmailSubject"], row["DidOpen"]) == ("Grüße 🎉", 1)


@pytest.mark.skipif(not SEED.exists(), reason="the seed is beside the repository, not in it")
@pytest.mark.parametrize("query", [CAMPAIGN_TOTALS, EMAILS_OF_AN_ADDRESS])
def test_these_are_the_seeds_queries(query):
    seed = re.sub(r"\s+", " ", SEED.read_text())
    assert re.sub(r"\s+", " ", query).strip().replace("bo@example.org", "example_address@example.com") in seed


def test_a_copy_of_an_event_within_the_hour_counts_once(tmp_path):
    write(tmp_path, events.all_events())
    write(tmp_path, events.all_events(), name="again")
    assert {len(rows(tmp_path, f"SELECT * FROM {view.name}")) for view in VIEWS} == {1}


def test_old_hours_are_outside_of_the_seeds_thirty_days(tmp_path):
    write(tmp_path, events.all_events(), NOW - timedelta(days=31))
    database = tmp_path
    assert rows(database, CAMPAIGN_TOTALS) == []
    assert rows(database, EMAILS_OF_AN_ADDRESS) == []


def test_a_context_that_is_no_json_or_nested_costs_the_tags_and_not_the_query(tmp_path):
    contexts = ['{"userId"', "[1]", "", '{"userId": "ada"}']
    write(tmp_path, [events.sms("SUCCESS", customer_context=context, n=str(at)) for at, context in enumerate(contexts)])
    tags = [row["message_tags"] for row in rows(tmp_path, "SELECT * FROM sms_success")]
    assert tags.count(None) == 3
    assert {"userId": "ada"} in tags


def test_a_bounce_without_recipients_and_one_with_two_are_all_there(tmp_path):
    found = []
    for recipients in (None, [], [{"email_address": "a@example.org"}, {"email_address": "b@example.org"}]):
        event = events.email("hardbounce")
        event["facets"]["email_channel"]["mail_event"]["bounce"]["bounced_recipients"] = recipients
        found.append(event)
    write(tmp_path, found)
    addresses = rows(tmp_path, "SELECT bounced_recipient_email_address AS a FROM email_hardbounce")
    assert sorted(str(row["a"]) for row in addresses) == ["None", "None", "a@example.org", "b@example.org"]


def test_events_without_attributes_or_context_still_have_rows(tmp_path):
    event = events.email("send")
    del event["attributes"], event["client_context"]
    write(tmp_path, [event])
    (row,) = rows(tmp_path, "SELECT * FROM email_send")
    assert row["pinpoint_campaign_id"] is None
    assert row["message_tags"] == {}


def test_tags_are_merged_and_attributes_win(database):
    (row,) = rows(database, "SELECT message_tags FROM email_open")
    assert row["message_tags"]["feedback"] == "open"
    assert row["message_tags"]["legacy_identifier"] == events.APPLICATION


def test_custom_events_keep_every_metric_attribute_and_unknown_field(database):
    (row,) = rows(database, "SELECT *, json_extract_scalar(raw, '$.app_build.number') AS build FROM custom_events")
    assert row["metrics"] == {"seats": 2.0, "price": 3.0}
    assert row["attributes"] == {"source": "landing", "Seat Row": "B"}
    assert row["build"] == "7"
    assert row["session_stop_time"] - row["session_start_time"] == timedelta(milliseconds=1500)


def test_a_rendering_failure_says_why_and_in_which_template_or_nothing_where_the_event_does_not(tmp_path):
    silent = events.email("rendering_failure", "ep-silent")
    del silent["facets"]["email_channel"]["mail_event"]["failure"]
    write(tmp_path, [events.email("rendering_failure"), silent])
    found = rows(tmp_path, "SELECT endpoint_id, error_message, template_name FROM email_rendering_failure")
    assert {tuple(row.values()) for row in found} == {
        ("ep-bo", "Attribute name is not present", "welcome"),
        ("ep-silent", None, None),
    }


def test_a_type_that_only_looks_like_mail_is_a_custom_event(tmp_path):
    write(tmp_path, [events.custom("xemail.open"), events.custom("_emailx.open"), events.custom("_test.event_stream")])
    assert len(rows(tmp_path, "SELECT * FROM custom_events")) == 2


def test_sends_name_the_place_of_their_message_in_the_archive(database):
    for view in ("campaign_send", "journey_send"):
        (row,) = rows(database, f"SELECT * FROM {view}")
        assert row["message_archive_location"].startswith("archive/ep-bo/2030/01/01/00/")
