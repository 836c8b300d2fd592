"""People whom an import did not register: the segment's members carry their endpoints, which no table of endpoints has."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns import dispatch, freshness
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from tests.handlers.engagement.conftest import APPLICATION


@pytest.fixture
def people(campaign):
    """A segment of an import with RegisterEndpoints false; number -> endpoint id."""
    segment = {"Id": "carried", "Version": 1, "SegmentType": "IMPORT", "ApplicationId": APPLICATION}
    campaign.segments.put({**segment, "ImportDefinition": {"Size": 8}})
    endpoints = {
        f"c{at}": {"Id": f"c{at}", "ChannelType": "SMS", "Address": f"+1425677{at:04d}", "OptOut": "NONE"}
        for at in range(8)
    }
    MemberStore(campaign.tables.members).put("carried", 1, endpoints, endpoints)
    campaign.create(SegmentId="carried")
    return {endpoint["Address"]: name for name, endpoint in endpoints.items()}


def test_they_are_texted_however_long_their_page_waited(campaign, people, monkeypatch):
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    campaign.run()
    assert campaign.texted() == dict.fromkeys(people, 1)


def test_they_are_texted_after_they_waited_for_the_channel(campaign, people, monkeypatch):
    monkeypatch.setattr(dispatch, "TRIES", 1)
    campaign.outbox.broken = 20
    campaign.run()
    assert campaign.texted() == dict.fromkeys(people, 1)


def test_whose_number_said_stop_is_not_texted(campaign, people):
    out = sorted(people)[:3]
    EndpointStore(campaign.tables, APPLICATION).opt_out_addresses("SMS", dict.fromkeys(out, True))
    campaign.run()
    assert campaign.texted() == dict.fromkeys(people.keys() - out, 1)
    assert campaign.activities()[0]["ExecutionMetrics"] == {"SUCCESS": "5", "OPT_OUT": "3"}
