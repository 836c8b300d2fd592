"""Who matches a segment's dimensions: each kind of condition, at its edges, and for endpoints that lack the value."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from commands.service_models import pinpoint_model
from handlers.engagement.segments.dimensions import (
    ATTRIBUTE_TYPES,
    DURATIONS,
    compile_dimensions,
    distance_km,
    needs_user,
)

NOW = datetime(2030, 5, 20, 12, 0, tzinfo=UTC)
DAY = "2030-05-10"


def test_the_kinds_and_durations_are_those_of_pinpoints_model_and_not_between_beside_them():
    model = pinpoint_model()
    assert sorted(ATTRIBUTE_TYPES) == sorted({*model.shape_for("AttributeType").enum, "NOT_BETWEEN"})
    assert set(DURATIONS) == set(model.shape_for("Duration").enum)


def matches(dimensions, endpoint):
    return compile_dimensions(dimensions, NOW)(endpoint)


def attribute(kind, *values):
    return {"Attributes": {"x": {**({"AttributeType": kind} if kind else {}), "Values": list(values)}}}


def having(*values):
    return {"Attributes": {"x": list(values)}}


WITHOUT = [{}, {"Attributes": {}}, {"Attributes": {"x": []}}, {"Attributes": {"x": None}}, {"Attributes": {"X": ["a"]}}]


def test_no_dimensions_match_everybody():
    assert matches({}, {})
    assert matches({"Attributes": None, "Metrics": {}, "Demographic": None, "Location": {}, "Behavior": {}}, {})


@pytest.mark.parametrize("kind", ["INCLUSIVE", None])
def test_inclusive_is_any_of_the_values_exactly(kind):
    dimensions = attribute(kind, "a", "b")
    assert matches(dimensions, having("a"))
    assert matches(dimensions, having("z", "b"))
    assert not matches(dimensions, having("ab"))
    assert not matches(dimensions, having("A"))
    assert not any(matches(dimensions, endpoint) for endpoint in WITHOUT)


def test_exclusive_is_none_of_the_values_and_holds_without_the_attribute():
    dimensions = attribute("EXCLUSIVE", "a", "b")
    assert not matches(dimensions, having("a"))
    assert not matches(dimensions, having("z", "b"))
    assert matches(dimensions, having("z"))
    assert all(matches(dimensions, endpoint) for endpoint in WITHOUT)


def test_contains_is_a_part_of_any_value():
    dimensions = attribute("CONTAINS", "york", "land")
    assert matches(dimensions, having("new york"))
    assert matches(dimensions, having("rome", "iceland"))
    assert not matches(dimensions, having("New York"))
    assert not matches(dimensions, having("yor"))  # the value is a part of what is asked for, not the other way round
    assert not any(matches(dimensions, endpoint) for endpoint in WITHOUT)


@pytest.mark.parametrize(
    ("kind", "values", "inside", "outside"),
    [
        ("BEFORE", [DAY], ["2030-05-09T23:59:59.999Z"], ["2030-05-10T00:00:00Z", "2030-05-11"]),
        ("AFTER", [DAY], ["2030-05-10T00:00:00.001Z"], ["2030-05-10T00:00:00Z", "2030-05-09"]),
        ("ON", [DAY], ["2030-05-10T00:00:00Z", "2030-05-10T23:59:59Z"], ["2030-05-09T23:59:59Z", "2030-05-11"]),
        ("BETWEEN", [DAY, "2030-05-12"], [DAY, "2030-05-11", "2030-05-12"], ["2030-05-09", "2030-05-12T00:00:01Z"]),
        ("BETWEEN", ["2030-05-12", DAY], [DAY, "2030-05-11", "2030-05-12"], ["2030-05-09", "2030-05-12T00:00:01Z"]),
        ("BEFORE", ["2030-05-01", DAY], ["2030-05-09"], [DAY]),
        ("AFTER", ["2030-05-01", DAY], ["2030-05-02"], ["2030-05-01"]),
        ("ON", ["2030-05-01", DAY], ["2030-05-01T10:00:00Z", DAY], ["2030-05-02"]),
    ],
)
def test_dates_count_from_their_edges_and_any_value_of_the_attribute_will_do(kind, values, inside, outside):
    dimensions = attribute(kind, *values)
    for text in inside:
        assert matches(dimensions, having(text)), text
        assert matches(dimensions, having("no date", *outside, text)), text
    for text in outside:
        assert not matches(dimensions, having(text)), text


@pytest.mark.parametrize("kind", ["BEFORE", "AFTER", "ON", "BETWEEN"])
def test_what_is_no_date_or_is_not_there_is_on_no_side_of_one(kind):
    dimensions = attribute(kind, DAY, DAY)
    assert not matches(dimensions, having("soon"))
    assert not any(matches(dimensions, endpoint) for endpoint in WITHOUT)


def test_not_between_holds_where_no_value_is_between_and_for_what_is_no_date():
    dimensions = attribute("NOT_BETWEEN", DAY, "2030-05-12")
    assert matches(dimensions, having("2030-05-09"))
    assert matches(dimensions, having("2030-05-12T00:00:01Z"))
    assert matches(dimensions, having("soon"))
    assert not matches(dimensions, having(DAY))
    assert not matches(dimensions, having("2030-05-12"))
    assert not matches(dimensions, having("2030-05-09", "2030-05-11"))
    assert all(matches(dimensions, endpoint) for endpoint in WITHOUT)


def test_times_of_other_offsets_are_compared_as_the_moments_that_they_are():
    assert matches(attribute("ON", DAY), having("2030-05-11T01:00:00+02:00"))
    assert not matches(attribute("ON", DAY), having("2030-05-10T01:00:00+02:00"))
    assert matches(attribute("ON", "2030-05-11T01:00:00+02:00"), having("2030-05-10T12:00:00Z"))
    assert matches(attribute("BEFORE", "2030-05-10T00:00:00Z"), having("2030-05-10T01:00:00+02:00"))


def test_user_attributes_are_the_users_and_not_the_endpoints():
    dimensions = {"UserAttributes": {"x": {"AttributeType": "CONTAINS", "Values": ["a"]}}}
    assert matches(dimensions, {"User": {"UserAttributes": {"x": ["cat"]}}})
    assert not matches(dimensions, {"User": {"UserAttributes": {"x": ["dog"], "y": ["cat"]}}, **having("cat")})
    for endpoint in ({}, {"User": {}}, {"User": {"UserAttributes": {}}}, {"User": {"UserAttributes": {"x": None}}}):
        assert not matches(dimensions, endpoint)
    assert not matches(attribute("INCLUSIVE", "a"), {"User": {"UserAttributes": {"x": ["a"]}}})


def test_who_asks_for_user_attributes_needs_the_user():
    assert needs_user({"UserAttributes": {"x": {"Values": ["a"]}}}) is True
    assert needs_user({"UserAttributes": {}}) is False
    assert needs_user(attribute("INCLUSIVE", "a")) is False


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("GREATER_THAN", False, False, True),
        ("LESS_THAN", True, False, False),
        ("GREATER_THAN_OR_EQUAL", False, True, True),
        ("LESS_THAN_OR_EQUAL", True, True, False),
        ("EQUAL", False, True, False),
    ],
)
def test_metrics_are_compared_as_numbers(operator, below, equal, above):
    dimensions = {"Metrics": {"m": {"ComparisonOperator": operator, "Value": 10.0}}}
    for value, expected in ((9.5, below), (10, equal), (100, above)):
        assert matches(dimensions, {"Metrics": {"m": value}}) is expected
    for endpoint in ({}, {"Metrics": {}}, {"Metrics": {"m": None}}, {"Metrics": {"other": 10}}):
        assert not matches(dimensions, endpoint)


def test_a_metric_of_zero_is_a_value():
    dimensions = {"Metrics": {"m": {"ComparisonOperator": "LESS_THAN", "Value": 1}}}
    assert matches(dimensions, {"Metrics": {"m": 0}})


DEMOGRAPHIC = {"AppVersion": "1.0", "Make": "acme", "Model": "m5", "Platform": "android"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("Channel", "SMS"), ("DeviceType", "android"), *((name, value) for name, value in DEMOGRAPHIC.items())],
)
def test_demographics_are_read_where_the_sdks_put_them(name, value):
    endpoint = {"ChannelType": "SMS", "Demographic": DEMOGRAPHIC}
    wanted = {"Demographic": {name: {"DimensionType": "INCLUSIVE", "Values": [value, "else"]}}}
    unwanted = {"Demographic": {name: {"DimensionType": "EXCLUSIVE", "Values": [value, "else"]}}}
    assert matches(wanted, endpoint) and not matches(unwanted, endpoint)
    for other in ({}, {"Demographic": {}}, {"ChannelType": "EMAIL", "Demographic": dict.fromkeys(DEMOGRAPHIC, "x")}):
        assert not matches(wanted, other) and matches(unwanted, other)
    assert matches({"Demographic": {name: {"Values": [value]}}}, endpoint)  # INCLUSIVE is the default


def test_a_country_is_one_of_some_or_none_of_them():
    inclusive = {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["DE", "FR"]}}}
    exclusive = {"Location": {"Country": {"DimensionType": "EXCLUSIVE", "Values": ["DE", "FR"]}}}
    for country, expected in (("FR", True), ("US", False), (None, False)):
        endpoint = {"Location": {"Country": country}}
        assert matches(inclusive, endpoint) is expected
        assert matches(exclusive, endpoint) is not expected
    assert not matches(inclusive, {}) and matches(exclusive, {})


LONDON, PARIS = (51.5074, -0.1278), (48.8566, 2.3522)
AUCKLAND, LIMA = (-36.8485, 174.7633), (-12.0464, -77.0428)


def by_cosines(one, other):
    """The same distance by the spherical law of cosines."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, point) for point in (one, other))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)
    return 6371.0088 * math.acos(cosine)


@pytest.mark.parametrize(("one", "other"), [(LONDON, PARIS), (AUCKLAND, LIMA), (PARIS, AUCKLAND), (LIMA, LONDON)])
def test_distances_are_great_circles_over_the_date_line_too(one, other):
    assert distance_km(one, other) == pytest.approx(by_cosines(one, other), abs=0.01)
    assert distance_km(other, one) == pytest.approx(by_cosines(one, other), abs=0.01)


def test_the_distance_to_oneself_is_nothing_and_to_the_other_side_half_the_earths_round():
    assert distance_km(LONDON, LONDON) == 0
    assert distance_km((0.0, 0.0), (0.0, 180.0)) == pytest.approx(20_015.115, abs=0.01)
    assert distance_km((0.0, 0.0), (0.0, 1.0)) == pytest.approx(111.195, abs=0.001)
    assert distance_km((60.0, 0.0), (60.0, 1.0)) == pytest.approx(55.597, abs=0.01)
    assert distance_km((90.0, 0.0), (-90.0, 77.0)) == pytest.approx(20_015.115, abs=0.01)


def test_the_distance_of_opposite_points_bears_rounding():
    for latitude in range(-90, 91):  # of some of these, sums of squares are a little more than 1
        assert distance_km((latitude, 0.0), (-latitude, 180.0)) == pytest.approx(20_015.115, abs=0.01)


def test_near_is_within_the_range_of_both_coordinates():
    point = {"Coordinates": {"Latitude": LONDON[0], "Longitude": LONDON[1]}}

    def near(range_km, location):
        return matches({"Location": {"GPSPoint": {**point, "RangeInKilometers": range_km}}}, {"Location": location})

    paris = {"Latitude": PARIS[0], "Longitude": PARIS[1]}
    assert near(distance_km(LONDON, PARIS), paris)
    assert not near(343, paris)
    assert near(350, paris)
    for location in ({}, {"Latitude": PARIS[0]}, {"Longitude": PARIS[1]}, {"Latitude": PARIS[0], "Longitude": None}):
        assert not near(20_100, location)
    assert not matches({"Location": {"GPSPoint": {**point, "RangeInKilometers": 350}}}, {})
    here = {"Latitude": LONDON[0], "Longitude": LONDON[1]}
    assert matches({"Location": {"GPSPoint": point}}, {"Location": here})  # without a range: the point itself
    assert not matches({"Location": {"GPSPoint": point}}, {"Location": {**here, "Latitude": LONDON[0] + 0.001}})


@pytest.mark.parametrize(("duration", "days"), [("HR_24", 1), ("DAY_7", 7), ("DAY_14", 14), ("DAY_30", 30)])
def test_recency_counts_back_from_now_and_includes_its_first_moment(duration, days):
    edge = NOW - timedelta(days=days)
    for kind, recent in (("ACTIVE", True), ("INACTIVE", False)):
        dimensions = {"Behavior": {"Recency": {"Duration": duration, "RecencyType": kind}}}
        assert matches(dimensions, {"EffectiveDate": edge.isoformat()}) is recent
        assert matches(dimensions, {"EffectiveDate": (edge - timedelta(milliseconds=1)).isoformat()}) is not recent
        elsewhere = edge.astimezone(timezone(timedelta(hours=9)))
        assert matches(dimensions, {"EffectiveDate": elsewhere.isoformat()}) is recent
        for endpoint in ({}, {"EffectiveDate": "long ago"}):
            assert matches(dimensions, endpoint) is not recent


def test_recency_counts_back_from_the_current_time_where_none_is_given():
    predicate = compile_dimensions({"Behavior": {"Recency": {"Duration": "HR_24", "RecencyType": "ACTIVE"}}})
    now = datetime.now(UTC)
    assert predicate({"EffectiveDate": (now - timedelta(hours=23)).isoformat()})
    assert not predicate({"EffectiveDate": (now - timedelta(hours=25)).isoformat()})


def test_all_conditions_must_hold():
    dimensions = {
        "Attributes": {"a": {"Values": ["1"]}, "b": {"Values": ["2"]}},
        "UserAttributes": {"u": {"Values": ["3"]}},
        "Metrics": {"m": {"ComparisonOperator": "EQUAL", "Value": 4}},
        "Demographic": {"Channel": {"Values": ["SMS"]}},
        "Location": {"Country": {"Values": ["DE"]}},
        "Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "ACTIVE"}},
    }
    endpoint = {
        "Attributes": {"a": ["1"], "b": ["2"]},
        "User": {"UserAttributes": {"u": ["3"]}},
        "Metrics": {"m": 4},
        "ChannelType": "SMS",
        "Location": {"Country": "DE"},
        "EffectiveDate": NOW.isoformat(),
    }
    assert matches(dimensions, endpoint)
    for member, other in {
        "Attributes": {"a": ["1"], "b": ["x"]},
        "User": {},
        "Metrics": {"m": 5},
        "ChannelType": "EMAIL",
        "Location": {"Country": "US"},
        "EffectiveDate": "2029-01-01",
    }.items():
        assert not matches(dimensions, {**endpoint, member: other}), member
