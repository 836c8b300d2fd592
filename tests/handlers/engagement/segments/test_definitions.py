"""What a segment's definition may say: each kind of condition has its rules, and every problem is told by its path, all at once."""

from __future__ import annotations

import pytest

from handlers.engagement.errors import BadRequestError
from handlers.engagement.segments.definitions import check_definition, dimension_problems

FIRST = "SegmentGroups.Groups[0]"
COMBINATIONS = "allowed are ALL, ANY, NONE"
NOT_HERE = "does not exist in this application"


def refusal(request, segments=None, own_id=None):
    """What is told about a definition; empty: nothing. segments: (id, version) -> segment."""
    try:
        check_definition(request, lambda *asked: (segments or {}).get(asked), own_id=own_id)
    except BadRequestError as error:
        return str(error)
    return ""


def groups(*entries, **members):
    return {"SegmentGroups": {"Groups": list(entries), **members}}


def sources(*ids):
    return {"SourceSegments": [{"Id": identifier} for identifier in ids]}


def attributes(count):
    return {"Attributes": {f"a{at}": {"Values": ["x"]} for at in range(count)}}


def attribute(kind, *values):
    return {"Attributes": {"x": {"AttributeType": kind, "Values": list(values)}}}


@pytest.mark.parametrize(
    "request_", [{}, {"Name": "everybody"}, {"Dimensions": {}}, {"Dimensions": None}, {"SegmentGroups": None}, groups()]
)
def test_a_definition_that_restricts_nothing_is_one(request_):
    assert refusal(request_) == ""


def test_dimensions_and_groups_exclude_each_other():
    assert refusal({"Dimensions": attributes(1)}) == ""
    assert refusal(groups({"Dimensions": [attributes(1)]})) == ""
    both = {"Dimensions": attributes(1), **groups({})}
    assert refusal(both) == "Dimensions and SegmentGroups are both given; allowed is one of them"


def test_dimensions_are_checked_with_and_without_groups():
    told = "Attributes.x.Values is empty; needed is at least one value"
    bad = {"Attributes": {"x": {}}}
    assert refusal({"Dimensions": bad}) == f"Dimensions.{told}"
    assert refusal(groups({"Dimensions": [bad]})) == f"{FIRST}.Dimensions[0].{told}"


@pytest.mark.parametrize("kind", ["ALL", "ANY", "NONE", None])
def test_groups_and_what_is_in_them_are_combined_in_three_ways(kind):
    assert refusal(groups({"Type": kind, "SourceType": kind}, Include=kind)) == ""


def test_every_problem_is_told_at_once_by_its_path():
    bad = groups({"Type": "SOME", "Dimensions": [{}, {"Attributes": {"x": {}}}]}, {"SourceType": "MOST"}, Include="OR")
    assert refusal(bad) == "; ".join(
        [
            f"SegmentGroups.Include is 'OR'; {COMBINATIONS}",
            f"{FIRST}.Type is 'SOME'; {COMBINATIONS}",
            f"SegmentGroups.Groups[1].SourceType is 'MOST'; {COMBINATIONS}",
            f"{FIRST}.Dimensions[1].Attributes.x.Values is empty; needed is at least one value",
        ]
    )


def test_a_segment_has_five_groups_at_the_most_and_a_group_five_sources():
    known = {(f"s{at}", None): {} for at in range(6)}
    assert refusal(groups(*[sources(*(f"s{at}" for at in range(5)))] * 5), known) == ""
    assert refusal(groups(*[{}] * 6)) == "SegmentGroups.Groups has 6 groups; at most 5 are allowed"
    many = refusal(groups({}, sources(*(f"s{at}" for at in range(6)))), known)
    assert many == "SegmentGroups.Groups[1].SourceSegments has 6 segments; at most 5 are allowed"


def test_sources_are_segments_of_the_application_in_the_version_that_is_named():
    known = {("a", None): {}, ("a", 2): {}}
    versions = [{"Id": "a"}, {"Id": "a", "Version": 2}, {"Id": "a", "Version": 3}, {"Id": "b"}]
    assert refusal(groups({"SourceSegments": versions}), known) == (
        f"{FIRST}.SourceSegments[2]: segment 'a' version 3 {NOT_HERE}; {FIRST}.SourceSegments[3]: segment 'b' {NOT_HERE}"
    )


def test_a_source_without_an_id_is_no_segment():
    with pytest.raises(BadRequestError, match=f"segment None {NOT_HERE}"):
        check_definition(groups({"SourceSegments": [{}]}), lambda identifier, _: {} if identifier else None)


def test_no_segment_is_its_own_source_directly_or_by_others():
    own = "segment me would be its own source"
    assert refusal(groups(sources("me", "gone", "me")), own_id="me") == (
        f"{FIRST}.SourceSegments[0]: {own}; {FIRST}.SourceSegments[1]: segment 'gone' {NOT_HERE}; "
        f"{FIRST}.SourceSegments[2]: {own}"
    )
    other = {("other", None): groups({}, sources("me"))}
    assert refusal(groups(sources("other")), other, own_id="me") == (
        f"{FIRST}.SourceSegments[0] -> Groups[1].SourceSegments[0]: {own}"
    )
    assert refusal(groups(sources("other")), {("other", None): {}}, own_id="me") == ""


def test_sources_nest_five_deep_at_the_most():
    known = {(f"s{at}", None): groups(sources(f"s{at + 1}")) for at in range(1, 6)} | {("s6", None): {}}
    assert refusal(groups(sources("s2")), known) == ""
    path = " -> ".join([f"{FIRST}.SourceSegments[0]", *["Groups[0].SourceSegments[0]"] * 5])
    assert refusal(groups(sources("s1")), known) == f"{path}: source segments nest deeper than 5"


ONE_OF_EACH = {
    "attribute": {"Attributes": {"x": {"Values": ["a"]}}},
    "user attribute": {"UserAttributes": {"x": {"Values": ["a"]}}},
    "metric": {"Metrics": {"m": {"ComparisonOperator": "EQUAL", "Value": 0}}},
    "demographic": {"Demographic": {"Make": {"Values": ["acme"]}}},
    "country": {"Location": {"Country": {"Values": ["DE"]}}},
    "point": {
        "Location": {"GPSPoint": {"Coordinates": {"Latitude": 0, "Longitude": 0}, "RangeInKilometers": 1}},
    },
    "recency": {"Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "ACTIVE"}}},
}


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_each_condition_counts_among_a_hundred(kind):
    assert refusal(groups({"Dimensions": [ONE_OF_EACH[kind], attributes(99)]})) == ""
    many = refusal(groups({"Dimensions": [attributes(60)]}, {"Dimensions": [attributes(40), ONE_OF_EACH[kind]]}))
    assert many == "the segment has 101 dimensions; at most 100 are allowed"


@pytest.mark.parametrize("member", ["Attributes", "UserAttributes"])
def test_attributes_need_values_and_a_kind_that_there_is(member):
    assert dimension_problems("at", {member: {"x": {"Values": ["a"]}, "y": {"Values": [], "AttributeType": "ON"}}}) == [
        f"at.{member}.y.Values is empty; needed is at least one value"
    ]
    [problem] = dimension_problems("at", {member: {"x": {"AttributeType": "LIKE", "Values": ["a"]}}})
    assert problem.startswith(f"at.{member}.x.AttributeType is 'LIKE'; allowed are INCLUSIVE, EXCLUSIVE, CONTAINS, ")


@pytest.mark.parametrize("kind", ["BEFORE", "AFTER", "ON", "BETWEEN", "NOT_BETWEEN"])
def test_kinds_of_dates_need_times(kind):
    assert dimension_problems("at", attribute(kind, "2030-01-01", "2030-01-02T03:04:05Z")) == []
    assert dimension_problems("at", attribute(kind, "soon", "later")) == [
        f"at.Attributes.x.Values: {text!r} is not an ISO 8601 time, which {kind} needs" for text in ("soon", "later")
    ]


@pytest.mark.parametrize("kind", ["INCLUSIVE", "EXCLUSIVE", "CONTAINS"])
def test_other_kinds_take_any_text(kind):
    assert dimension_problems("at", attribute(kind, "soon")) == []


def test_between_needs_two_times_and_other_kinds_take_any_number():
    for kind in ("BETWEEN", "NOT_BETWEEN"):
        for count in (1, 3):
            assert dimension_problems("at", attribute(kind, *["2030-01-01"] * count)) == [
                f"at.Attributes.x.Values has {count} values; {kind} needs two, first and last"
            ]
    for kind in ("BEFORE", "AFTER", "ON"):
        assert dimension_problems("at", attribute(kind, "2030-01-01")) == []


def test_a_metric_needs_an_operator_that_there_is_and_a_value_which_may_be_zero():
    metrics = {"m": {"ComparisonOperator": "EQUAL", "Value": 0}, "n": {"ComparisonOperator": "LIKE"}, "o": {"Value": 1}}
    operators = "allowed are GREATER_THAN, LESS_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN_OR_EQUAL, EQUAL"
    assert dimension_problems("at", {"Metrics": metrics}) == [
        f"at.Metrics.n.ComparisonOperator is 'LIKE'; {operators}",
        "at.Metrics.n.Value is missing",
        f"at.Metrics.o.ComparisonOperator is missing; {operators}",
    ]


def test_demographics_are_those_that_endpoints_have():
    given = {"Age": {"Values": ["7"]}, "Make": {"Values": ["acme"], "DimensionType": "SOME"}, "Model": {}}
    assert dimension_problems("at", {"Demographic": given}) == [
        "at.Demographic.Age is not known; allowed are Channel, AppVersion, DeviceType, Make, Model, Platform",
        "at.Demographic.Make.DimensionType is 'SOME'; allowed are INCLUSIVE, EXCLUSIVE",
        "at.Demographic.Model.Values is empty; needed is at least one value",
    ]


@pytest.mark.parametrize("kind", ["INCLUSIVE", "EXCLUSIVE", None])
def test_a_set_is_of_one_of_two_kinds_and_has_values(kind):
    for member, name in (("Demographic", "Make"), ("Location", "Country")):
        assert dimension_problems("at", {member: {name: {"DimensionType": kind, "Values": ["x"]}}}) == []
        assert dimension_problems("at", {member: {name: {"DimensionType": kind, "Values": []}}}) == [
            f"at.{member}.{name}.Values is empty; needed is at least one value"
        ]


def near(latitude, longitude, kilometers):
    point = {"Coordinates": {"Latitude": latitude, "Longitude": longitude}, "RangeInKilometers": kilometers}
    return dimension_problems("at", {"Location": {"GPSPoint": point}})


@pytest.mark.parametrize(("latitude", "longitude", "kilometers"), [(-90, -180, 0.5), (90, 180, 1), (0, 0, 20_000)])
def test_points_are_on_the_earth_up_to_its_poles_and_the_date_line(latitude, longitude, kilometers):
    assert near(latitude, longitude, kilometers) == []


@pytest.mark.parametrize("value", [-90.1, 90.1, None])
def test_other_latitudes_are_refused(value):
    assert near(value, 0, 1) == [
        f"at.Location.GPSPoint.Coordinates.Latitude is {value!r}; needed is a number from -90 to 90"
    ]


@pytest.mark.parametrize("value", [-180.1, 180.1, None])
def test_other_longitudes_are_refused(value):
    assert near(0, value, 1) == [
        f"at.Location.GPSPoint.Coordinates.Longitude is {value!r}; needed is a number from -180 to 180"
    ]


@pytest.mark.parametrize("value", [0, -1, None])
def test_a_point_needs_a_range(value):
    assert near(0, 0, value) == [f"at.Location.GPSPoint.RangeInKilometers is {value!r}; needed is a number above 0"]


def test_a_point_needs_coordinates():
    told = dimension_problems("at", {"Location": {"GPSPoint": {"RangeInKilometers": 1}}})
    assert [problem.partition(";")[0] for problem in told] == [
        f"at.Location.GPSPoint.Coordinates.{name} is None" for name in ("Latitude", "Longitude")
    ]


def test_recency_needs_a_duration_and_a_kind():
    path, kinds = "at.Behavior.Recency", "allowed are ACTIVE, INACTIVE"
    durations = "allowed are HR_24, DAY_7, DAY_14, DAY_30"

    def told(**recency):
        return dimension_problems("at", {"Behavior": {"Recency": recency}})

    for kind in ("ACTIVE", "INACTIVE"):
        assert told(Duration="DAY_30", RecencyType=kind) == []
    assert told(Duration="DAY_8", RecencyType="LATE") == [
        f"{path}.Duration is 'DAY_8'; {durations}",
        f"{path}.RecencyType is 'LATE'; {kinds}",
    ]
    assert told(Duration="DAY_7") == [f"{path}.RecencyType is missing; {kinds}"]
    assert told(RecencyType="ACTIVE") == [f"{path}.Duration is missing; {durations}"]
