"""Segment dimensions: does one endpoint match? Compiled once into predicates, then called for each endpoint.

Choices where Pinpoint's documents are silent: several conditions in one SegmentDimensions object must all hold; the
values of one condition are any-of; EXCLUSIVE (and NOT_BETWEEN) hold for an endpoint without the attribute, the other
kinds do not; `DeviceType` is compared with Demographic.Platform, which is where the SDKs put it; activity for Recency
is EffectiveDate; BEFORE, AFTER, ON and BETWEEN hold when any value of the attribute does.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.identifiers import parse_time

Endpoint = Mapping[str, Any]
Predicate = Callable[[Endpoint], bool]

ATTRIBUTE_TYPES = ("INCLUSIVE", "EXCLUSIVE", "CONTAINS", "BEFORE", "AFTER", "ON", "BETWEEN", "NOT_BETWEEN")
METRIC_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GREATER_THAN": lambda left, right: left > right,
    "LESS_THAN": lambda left, right: left < right,
    "GREATER_THAN_OR_EQUAL": lambda left, right: left >= right,
    "LESS_THAN_OR_EQUAL": lambda left, right: left <= right,
    "EQUAL": lambda left, right: left == right,
}
DURATIONS = {"HR_24": 1, "DAY_7": 7, "DAY_14": 14, "DAY_30": 30}
EARTH_RADIUS_KM = 6371.0088
DEMOGRAPHIC_SOURCES: dict[str, Callable[[Endpoint], Any]] = {
    "Channel": lambda endpoint: endpoint.get("ChannelType"),
    "AppVersion": lambda endpoint: endpoint.get("Demographic", {}).get("AppVersion"),
    "DeviceType": lambda endpoint: endpoint.get("Demographic", {}).get("Platform"),
    "Make": lambda endpoint: endpoint.get("Demographic", {}).get("Make"),
    "Model": lambda endpoint: endpoint.get("Demographic", {}).get("Model"),
    "Platform": lambda endpoint: endpoint.get("Demographic", {}).get("Platform"),
}


def compile_dimensions(dimensions: Mapping[str, Any], now: datetime | None = None) -> Predicate:
    """The predicate of one SegmentDimensions object (already checked by `segments/definitions.py`); empty matches all.

    `now` is the moment that Recency counts back from, default the current time.
    """
    conditions: list[Predicate] = []
    for name, dimension in (dimensions.get("Attributes") or {}).items():
        conditions.append(_attribute(dimension, _values_of("Attributes", name)))
    for name, dimension in (dimensions.get("UserAttributes") or {}).items():
        conditions.append(_attribute(dimension, _user_values_of(name)))
    for name, dimension in (dimensions.get("Metrics") or {}).items():
        conditions.append(_metric(name, dimension))
    for name, dimension in (dimensions.get("Demographic") or {}).items():
        conditions.append(_set(dimension, DEMOGRAPHIC_SOURCES[name]))
    location = dimensions.get("Location") or {}
    if location.get("Country"):
        conditions.append(_set(location["Country"], lambda endpoint: endpoint.get("Location", {}).get("Country")))
    if location.get("GPSPoint"):
        conditions.append(_near(location["GPSPoint"]))
    recency = (dimensions.get("Behavior") or {}).get("Recency")
    if recency:
        conditions.append(_recency(recency, now or datetime.now(UTC)))
    return lambda endpoint: all(condition(endpoint) for condition in conditions)


def needs_user(dimensions: Mapping[str, Any]) -> bool:
    """Whether the predicate reads user attributes."""
    return bool(dimensions.get("UserAttributes"))


def distance_km(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Great-circle distance between two (latitude, longitude) points in degrees."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (first, second))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def _values_of(member: str, name: str) -> Callable[[Endpoint], Sequence[str]]:
    return lambda endpoint: endpoint.get(member, {}).get(name) or ()


def _user_values_of(name: str) -> Callable[[Endpoint], Sequence[str]]:
    return lambda endpoint: endpoint.get("User", {}).get("UserAttributes", {}).get(name) or ()


def _attribute(dimension: Mapping[str, Any], values_of: Callable[[Endpoint], Sequence[str]]) -> Predicate:
    kind, wanted = dimension.get("AttributeType") or "INCLUSIVE", dimension["Values"]
    if kind in ("INCLUSIVE", "EXCLUSIVE"):
        allowed = frozenset(wanted)
        inclusive = kind == "INCLUSIVE"
        return lambda endpoint: any(value in allowed for value in values_of(endpoint)) == inclusive
    if kind == "CONTAINS":
        return lambda endpoint: any(part in value for value in values_of(endpoint) for part in wanted)
    test = _date_test(kind, [parse_time(text) for text in wanted])
    if kind == "NOT_BETWEEN":
        return lambda endpoint: not any(_holds(test, value) for value in values_of(endpoint))
    return lambda endpoint: any(_holds(test, value) for value in values_of(endpoint))


def _date_test(kind: str, moments: Sequence[datetime]) -> Callable[[datetime], bool]:
    """What must hold for a value; for NOT_BETWEEN, what must hold for none."""
    if kind == "BEFORE":
        return lambda value: any(value < moment for moment in moments)
    if kind == "AFTER":
        return lambda value: any(value > moment for moment in moments)
    if kind == "ON":
        days = {moment.astimezone(UTC).date() for moment in moments}
        return lambda value: value.astimezone(UTC).date() in days
    first, last = min(moments), max(moments)
    return lambda value: first <= value <= last


def _holds(test: Callable[[datetime], bool], text: str) -> bool:
    try:
        return test(parse_time(text))
    except ValueError:  # the attribute's value is no date: no date condition holds for it
        return False


def _metric(name: str, dimension: Mapping[str, Any]) -> Predicate:
    compare, bound = METRIC_OPERATORS[dimension["ComparisonOperator"]], dimension["Value"]

    def matches(endpoint: Endpoint) -> bool:
        value = endpoint.get("Metrics", {}).get(name)
        return value is not None and compare(value, bound)

    return matches


def _set(dimension: Mapping[str, Any], value_of: Callable[[Endpoint], Any]) -> Predicate:
    allowed = frozenset(dimension["Values"])
    inclusive = (dimension.get("DimensionType") or "INCLUSIVE") == "INCLUSIVE"
    return lambda endpoint: (value_of(endpoint) in allowed) == inclusive


def _near(dimension: Mapping[str, Any]) -> Predicate:
    coordinates = dimension["Coordinates"]
    centre = (coordinates["Latitude"], coordinates["Longitude"])
    radius = dimension.get("RangeInKilometers") or 0.0

    def matches(endpoint: Endpoint) -> bool:
        location = endpoint.get("Location", {})
        latitude, longitude = location.get("Latitude"), location.get("Longitude")
        if latitude is None or longitude is None:
            return False
        return distance_km(centre, (latitude, longitude)) <= radius

    return matches


def _recency(dimension: Mapping[str, Any], now: datetime) -> Predicate:
    since = now - timedelta(days=DURATIONS[dimension["Duration"]])
    active = dimension["RecencyType"] == "ACTIVE"

    def matches(endpoint: Endpoint) -> bool:
        try:
            recent = parse_time(endpoint["EffectiveDate"]) >= since
        except (KeyError, ValueError):
            recent = False
        return recent == active

    return matches
