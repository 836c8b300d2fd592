from __future__ import annotations

import pytest

from handlers.phone_number_validate import segment
from tests.handlers.shared.fakes import FakeClient, client_error

OURS = {"Id": "ours", "Name": "Unverified", "SegmentType": "DIMENSIONAL"}
IMPORTED = {"Id": "imported", "Name": "Unverified", "SegmentType": "IMPORT"}


@pytest.fixture
def pinpoint(monkeypatch):
    monkeypatch.setenv("APPLICATION_ID", "app")
    segment._environment.cache_clear()
    client = FakeClient(
        {
            "get_segments": {"SegmentsResponse": {"Item": []}},
            "create_segment": {"SegmentResponse": OURS},
            "update_segment": {"SegmentResponse": OURS},
            "delete_segment": {},
        }
    )
    monkeypatch.setattr(segment, "engagement_client", lambda: client)
    yield client
    segment._environment.cache_clear()


def call(action, name="Unverified", previous=None):
    return segment.handler({"SegmentName": name, "tf": {"action": action, "prev_input": previous}}, None)


def test_the_segment_is_sms_and_voice_endpoints_that_are_not_validated(pinpoint):
    assert call("create") == {"SegmentId": "ours"}
    (created,) = pinpoint.calls["create_segment"]
    groups = created["WriteSegmentRequest"]["SegmentGroups"]
    assert groups["Include"] == "ALL"
    assert [group["Type"] for group in groups["Groups"]] == ["NONE", "ANY"]
    assert groups["Groups"][1]["Dimensions"][0]["Demographic"]["Channel"]["Values"] == ["SMS", "VOICE"]


def test_a_create_that_is_repeated_finds_the_segment_on_any_page(pinpoint):
    pinpoint.answers["get_segments"] = [
        {"SegmentsResponse": {"Item": [IMPORTED], "NextToken": "t"}},
        {"SegmentsResponse": {"Item": [OURS]}},
    ]
    assert call("create") == {"SegmentId": "ours"}
    assert pinpoint.calls["get_segments"][1]["Token"] == "t"
    assert "create_segment" not in pinpoint.calls


def test_a_new_name_renames_the_segment_that_there_is(pinpoint):
    pinpoint.answers["get_segments"] = {"SegmentsResponse": {"Item": [OURS]}}
    call("update", name="Other", previous={"SegmentName": "Unverified"})
    (updated,) = pinpoint.calls["update_segment"]
    assert (updated["SegmentId"], updated["WriteSegmentRequest"]["Name"]) == ("ours", "Other")


def test_deleting_takes_the_segment_away(pinpoint):
    pinpoint.answers["get_segments"] = {"SegmentsResponse": {"Item": [OURS]}}
    assert call("delete") == {"SegmentId": ""}
    assert pinpoint.calls["delete_segment"] == [{"ApplicationId": "app", "SegmentId": "ours"}]


def test_deleting_what_is_gone_with_its_project_is_no_error(pinpoint):
    pinpoint.answers["get_segments"] = client_error("NotFoundException", 404)
    assert call("delete") == {"SegmentId": ""}
