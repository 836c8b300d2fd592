"""Which events pass an EventFilter: each kind of condition, odd events, and filters that cannot be."""

from __future__ import annotations

import pytest

from handlers.engagement.event_starts.matcher import compile_filter, filter_problems

BOUGHT = {"DimensionType": "INCLUSIVE", "Values": ["bought", "rented"]}


def passes(event, **dimensions):
    return compile_filter({"FilterType": "ENDPOINT", "Dimensions": {"EventType": BOUGHT, **dimensions}})(event)


def event(kind="bought", **members):
    return {"EventType": kind, "Timestamp": "2027-01-04T09:00:00Z", **members}


def attribute(kind, *values):
    return {"store": {**({"AttributeType": kind} if kind else {}), "Values": list(values)}}


def metric(operator, value):
    return {"total": {"ComparisonOperator": operator, "Value": value}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("bought", True), ("rented", True), ("Bought", False), ("_bought", False), ("boughtx", False), ("", False)],
)
def test_the_type_is_any_of_the_values_to_the_letter(kind, expected):
    assert passes(event(kind)) is expected


@pytest.mark.parametrize("odd", [{}, {"EventType": None}, {"Attributes": None, "Metrics": None}])
def test_an_event_without_a_type_starts_nothing(odd):
    assert not passes(odd)


@pytest.mark.parametrize(
    ("kind", "wanted", "value", "expected"),
    [
        ("INCLUSIVE", ["web", "app"], "app", True),
        (None, ["web", "app"], "app", True),
        ("INCLUSIVE", ["web", "app"], "shop", False),
        ("INCLUSIVE", ["web"], "WEB", False),
        ("INCLUSIVE", ["web"], None, False),
        ("EXCLUSIVE", ["web"], "shop", True),
        ("EXCLUSIVE", ["web"], "web", False),
        ("EXCLUSIVE", ["web"], None, True),
        ("CONTAINS", ["eb"], "web", True),
        ("CONTAINS", ["EB"], "web", False),
        ("CONTAINS", ["eb"], None, False),
        ("BEFORE", ["2027-01-01"], "2026-12-31", True),
        ("BEFORE", ["2027-01-01"], "never", False),
        ("AFTER", ["2027-01-01"], "2027-01-01T00:00:01Z", True),
        ("ON", ["2027-01-01"], "2027-01-01T23:59:59Z", True),
        ("BETWEEN", ["2027-01-01", "2027-02-01"], "2027-01-15", True),
        ("BETWEEN", ["2027-01-01", "2027-02-01"], "2027-03-01", False),
    ],
)
def test_an_attribute_is_compared_by_its_kind(kind, wanted, value, expected):
    attributes = {} if value is None else {"Attributes": {"store": value}}
    assert passes(event(**attributes), Attributes=attribute(kind, *wanted)) is expected


def test_an_attribute_that_has_several_values_counts_with_each():
    assert passes(event(Attributes={"store": ["shop", "web"]}), Attributes=attribute("INCLUSIVE", "web"))
    assert not passes(event(Attributes={"store": ["shop", "web"]}), Attributes=attribute("EXCLUSIVE", "web"))
    for none in ([], None):
        assert not passes(event(Attributes={"store": none}), Attributes=attribute("INCLUSIVE", "web"))
        assert passes(event(Attributes={"store": none}), Attributes=attribute("EXCLUSIVE", "None"))


@pytest.mark.parametrize(
    ("operator", "bound", "value", "expected"),
    [
        ("GREATER_THAN", 20, 20.01, True),
        ("GREATER_THAN", 20, 20, False),
        ("GREATER_THAN_OR_EQUAL", 20, 20, True),
        ("GREATER_THAN_OR_EQUAL", 20, 19.99, False),
        ("LESS_THAN", 20, 19.99, True),
        ("LESS_THAN", 20, 20, False),
        ("LESS_THAN_OR_EQUAL", 20, 20, True),
        ("EQUAL", 20, 20.0, True),
        ("EQUAL", 20, "20", True),
        ("EQUAL", 20, " 20.0 ", True),
        ("EQUAL", 20, "twenty", False),
        ("EQUAL", 0, "", False),
        ("EQUAL", 1, True, False),
        ("EQUAL", 0, None, False),
        ("LESS_THAN", 20, None, False),
        ("GREATER_THAN", 20, "nan", False),
        ("GREATER_THAN", 20, float("inf"), False),
        ("GREATER_THAN", 20, 10**400, True),
        ("LESS_THAN", 20, [1], False),
    ],
)
def test_a_metric_is_compared_as_a_number_also_where_a_text_writes_it(operator, bound, value, expected):
    assert passes(event(Metrics={"total": value}), Metrics=metric(operator, bound)) is expected


def test_a_metric_that_the_event_lacks_holds_for_nothing():
    assert not any(
        passes(event(Metrics={"Total": 5}), Metrics=metric(operator, 5))
        for operator in ("EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL")
    )


def test_all_attributes_and_all_metrics_must_hold():
    wanted = {
        "Attributes": {**attribute("INCLUSIVE", "web"), "paid": {"Values": ["yes"]}},
        "Metrics": {**metric("GREATER_THAN", 20), "items": {"ComparisonOperator": "EQUAL", "Value": 1}},
    }
    right = {
        "Attributes": {"store": "web", "paid": "yes", "more": "x"},
        "Metrics": {"total": 25, "items": 1, "more": 2},
    }
    assert passes(event(**right), **wanted)
    for member, name, value in (
        ("Attributes", "store", "app"),
        ("Attributes", "paid", "no"),
        ("Metrics", "total", 20),
        ("Metrics", "items", 2),
    ):
        assert not passes(event(**{**right, member: {**right[member], name: value}}), **wanted)
    assert not passes(event("sold", **right), **wanted)


def problems(event_type=BOUGHT, **dimensions):
    return filter_problems({"FilterType": "ENDPOINT", "Dimensions": {"EventType": event_type, **dimensions}}, "F")


def test_filters_as_pinpoints_users_wrote_them_are_right():
    assert problems({"Values": ["_session.start"]}) == []
    assert problems({"DimensionType": "INCLUSIVE", "Values": ["_campaign.opened_notification", "_email"]}) == []
    assert problems(Attributes=attribute("CONTAINS", "x"), Metrics=metric("EQUAL", 0)) == []


@pytest.mark.parametrize(
    ("event_type", "dimensions", "expected"),
    [
        ({}, {}, "F.Dimensions.EventType.Values is missing"),
        ({"Values": []}, {}, "F.Dimensions.EventType.Values is missing"),
        ({"Values": [""]}, {}, "has an empty text"),
        ({"DimensionType": "EXCLUSIVE", "Values": ["x"]}, {}, "DimensionType is 'EXCLUSIVE'; allowed is INCLUSIVE"),
        ({"Values": ["x", "_email.open"]}, {}, "has '_email.open', an event that only the event stream tells"),
        ({"Values": ["_SMS.SUCCESS"]}, {}, "has '_SMS.SUCCESS', an event that only the event stream tells"),
        ({"Values": ["_journey.send"]}, {}, "has '_journey.send', an event that only the event stream tells"),
        ({"Values": ["_Campaign.send"]}, {}, "has '_Campaign.send', an event that only the event stream tells"),
        ({"Values": ["_test.event_stream"]}, {}, "has '_test.event_stream', an event that only the event stream tells"),
        (BOUGHT, {"Attributes": {"a": {"Values": []}}}, "F.Dimensions.Attributes.a.Values is empty"),
        (BOUGHT, {"Attributes": attribute("LIKE", "x")}, "F.Dimensions.Attributes.store.AttributeType is 'LIKE'"),
        (BOUGHT, {"Attributes": attribute("AFTER", "x")}, "'x' is not an ISO 8601 time, which AFTER needs"),
        (BOUGHT, {"Metrics": metric("ABOUT", 1)}, "F.Dimensions.Metrics.total.ComparisonOperator is 'ABOUT'"),
        (BOUGHT, {"Metrics": {"m": {"ComparisonOperator": "EQUAL"}}}, "F.Dimensions.Metrics.m.Value is missing"),
    ],
)
def test_a_filter_that_cannot_be_is_told_with_what_is_allowed(event_type, dimensions, expected):
    (found,) = problems(event_type, **dimensions)
    assert expected in found


def test_an_empty_filter_is_told_and_breaks_nothing():
    assert filter_problems({}, "F") == ["F.Dimensions.EventType.Values is missing; needed is the type of an event"]
