from __future__ import annotations

import re

import pytest

from handlers.message_archiver.location import LOCATION, archive_folder, archive_location, is_send, with_location
from handlers.shared.delivery import RefusedRecordError
from tests.handlers.event_database import events

KEY = re.compile(r"archive/ep-bo/2030/01/01/00/[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_the_key_is_that_of_the_contract():
    assert KEY.fullmatch(archive_location(events.campaign_send()))
    assert KEY.fullmatch(archive_location(events.journey_send()))
    assert archive_location(events.campaign_send(), "kept/mail/").startswith("kept/mail/ep-bo/2030/")


def test_the_same_event_has_the_same_place_and_another_send_another():
    event = events.campaign_send()
    assert archive_location(event) == archive_location({**event, "arrival_timestamp": 1, "awsAccountId": "x"})
    others = [
        events.campaign_send("ep-ada"),
        events.campaign_send(treatment_id="1"),
        events.campaign_send(campaign_activity_id="other"),
        {**event, "event_timestamp": events.TIME + 1},
        events.journey_send(),
        events.journey_send(journey_run_id="other"),
    ]
    assert len({archive_location(other) for other in [event, *others]}) == 7


@pytest.mark.parametrize(
    ("endpoint_id", "folder"),
    [
        ("Ep Bo+1@x.org", "archive/Ep Bo+1@x.org/"),
        ("a/2030", "archive/a%2F2030/"),
        ("a%2F2030", "archive/a%252F2030/"),
        ("..", "archive/%2E%2E/"),
        ("grün", "archive/grün/"),
    ],
)
def test_each_endpoint_has_a_folder_of_its_own(endpoint_id, folder):
    assert archive_folder(endpoint_id, "archive/") == folder


def test_only_messages_that_went_out_are_sends():
    assert is_send(events.campaign_send())
    assert is_send(events.campaign_send(campaign_send_status="UNKNOWN"))
    assert is_send(events.journey_send())
    for status in ("HOLDOUT", "FAILURE_PERMANENT", "DUPLICATE_ADDRESS", "DAILY_CAP"):
        assert not is_send(events.campaign_send(campaign_send_status=status))
    assert not is_send(events.email("send"))
    assert not is_send({"event_type": 5})


def test_the_location_is_added_beside_what_the_event_has():
    event = events.campaign_send()
    located = with_location(event, "archive/")
    assert located["client_context"]["custom"].keys() == {"endpoint", LOCATION}
    assert LOCATION not in event["client_context"]["custom"], "the event itself stays as it is"
    assert with_location(events.custom(), "archive/") == events.custom()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"client": {}}, "client.client_id"),
        ({"client": {"client_id": "a\nb"}}, "not printable"),
        ({"client": {"client_id": "x" * 2000}}, "longer than 1024"),
        ({"application": None}, "application.app_id"),
        ({"event_timestamp": None}, "event_timestamp"),
        ({"event_timestamp": 1e30}, "event_timestamp"),
        ({"event_timestamp": 1893456000123.5}, "whole number"),
        ({"event_timestamp": 1893456000}, "event_timestamp has 10 digits, as seconds have"),
        ({"event_timestamp": "1893456000"}, "event_timestamp has 10 digits"),
        ({"attributes": {}}, "attributes.campaign_id"),
        ({"attributes": "x"}, "attributes is a JSON str"),
        ({"client_context": {"custom": []}}, "client_context.custom is a JSON list"),
    ],
)
def test_a_send_without_what_the_key_needs_is_refused(change, reason):
    with pytest.raises(RefusedRecordError, match=reason):
        with_location({**events.campaign_send(), **change}, "archive/")
