from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.registry import Segments
from handlers.engagement.store.service_tables import Tables
from handlers.phone_number_validate.numbers import is_unverified
from handlers.phone_number_validate.scope import imported_segment
from handlers.phone_number_validate.segment import unverified
from tests.handlers.shared.dynamodb import Recording

DEFINITION = {"RegisterEndpoints": True, "SegmentId": "imported"}


def result(**definition):
    return {"ApplicationId": "app", "Id": "job", "Definition": {**DEFINITION, **definition}}


def test_an_imports_result_names_the_segment_of_what_it_wrote():
    assert imported_segment(result(), "app") == "imported"


@pytest.mark.parametrize(
    "run_input",
    [
        None,
        "nightly",
        ["app"],
        {},
        {"why": "nightly"},
        {**result(), "ApplicationId": "other"},
        {**result(), "Definition": "imported"},
        result(SegmentId=None),
        result(SegmentId=""),
        result(SegmentId=["imported"]),
        result(RegisterEndpoints=False),
        {"ApplicationId": "app", "Definition": {"SegmentId": "imported"}},
    ],
)
def test_any_other_input_names_none(run_input):
    assert imported_segment(run_input, "app") is None


ENDPOINTS = st.fixed_dictionaries(
    {"Id": st.just("e")},
    optional={
        "ChannelType": st.sampled_from(["SMS", "VOICE", "EMAIL", "sms", "PUSH", "CUSTOM"]),
        "EndpointStatus": st.sampled_from(["ACTIVE", "INACTIVE"]),
        "OptOut": st.sampled_from(["ALL", "NONE"]),
        "Attributes": st.dictionaries(
            st.sampled_from(["PNV_PhoneNumberValidated", "PNV_PhoneType", "pnv_phonenumbervalidated"]),
            st.lists(st.sampled_from(["Yes", "yes", "No", "YesYes"]), max_size=3),
        ),
    },
)


@cache
def segments():
    """Reads the hosted service's segments, of which there is that of unverified endpoints alone."""
    names = SimpleNamespace(registry_table="registry", endpoints_table="endpoints", members_table="members")
    tables = Tables(names, Recording())
    definition = unverified("all")
    Segments(tables.registry, "app").put({"Id": "all", "Version": 1, "SegmentType": "DIMENSIONAL", **definition})
    return SegmentReader(tables, "app")


@given(ENDPOINTS)
def test_a_run_takes_of_any_export_exactly_what_the_segment_of_unverified_endpoints_chooses(endpoint):
    assert is_unverified(endpoint) == bool(segments().among("all", [endpoint]))
