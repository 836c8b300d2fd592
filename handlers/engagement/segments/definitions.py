"""Checking a segment as it is defined (WriteSegmentRequest), with all problems at once."""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import parse_time
from handlers.engagement.segments.dimensions import (
    ATTRIBUTE_TYPES,
    DEMOGRAPHIC_SOURCES,
    DURATIONS,
    METRIC_OPERATORS,
)

GROUPS = 5
SOURCES = 5
DEPTH = 5
DIMENSIONS = 100
DATE_TYPES = frozenset({"BEFORE", "AFTER", "ON", "BETWEEN", "NOT_BETWEEN"})
COMBINATIONS = ("ALL", "ANY", "NONE")

Lookup = Callable[[str, int | None], Mapping[str, Any] | None]


def check_definition(request: Mapping[str, Any], lookup: Lookup, *, own_id: str | None = None) -> None:
    """Checks a WriteSegmentRequest.

    Args:
        lookup: (segment id, version or None for the latest) -> SegmentResponse or None.
        own_id: The segment's id on an update: it must not be among its own sources.

    Raises:
        BadRequestError: names every problem.
    """
    found: list[str] = []
    groups = request.get("SegmentGroups")
    if request.get("Dimensions") and groups:
        found.append("Dimensions and SegmentGroups are both given; allowed is one of them")
    objects: list[tuple[str, Mapping[str, Any]]] = []
    if request.get("Dimensions"):
        objects.append(("Dimensions", request["Dimensions"]))
    if groups:
        _groups(groups, objects, found)
        _sources(groups, lookup, own_id, found)
    total = 0
    for path, dimensions in objects:
        total += _dimensions(path, dimensions, found)
    if total > DIMENSIONS:
        found.append(f"the segment has {total} dimensions; at most {DIMENSIONS} are allowed")
    if found:
        raise BadRequestError("; ".join(found))


def dimension_problems(path: str, dimensions: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with one SegmentDimensions object. path: what the messages call it."""
    found: list[str] = []
    _dimensions(path, dimensions, found)
    return found


def _groups(groups: Mapping[str, Any], objects: list[tuple[str, Mapping[str, Any]]], found: list[str]) -> None:
    _one_of(groups.get("Include"), COMBINATIONS, "SegmentGroups.Include", found)
    entries = groups.get("Groups") or []
    if len(entries) > GROUPS:
        found.append(f"SegmentGroups.Groups has {len(entries)} groups; at most {GROUPS} are allowed")
    for at, group in enumerate(entries):
        path = f"SegmentGroups.Groups[{at}]"
        _one_of(group.get("Type"), COMBINATIONS, f"{path}.Type", found)
        _one_of(group.get("SourceType"), COMBINATIONS, f"{path}.SourceType", found)
        objects += [(f"{path}.Dimensions[{n}]", dimension) for n, dimension in enumerate(group.get("Dimensions") or [])]
        if len(group.get("SourceSegments") or []) > SOURCES:
            found.append(
                f"{path}.SourceSegments has {len(group['SourceSegments'])} segments; at most {SOURCES} are allowed"
            )


def _sources(groups: Mapping[str, Any], lookup: Lookup, own_id: str | None, found: list[str]) -> None:
    def walk(current: Mapping[str, Any], depth: int, path: str) -> None:
        for at, group in enumerate(current.get("Groups") or []):
            for n, source in enumerate(group.get("SourceSegments") or []):
                where = f"{path}Groups[{at}].SourceSegments[{n}]"
                if source.get("Id") == own_id and own_id is not None:
                    found.append(f"{where}: segment {own_id} would be its own source")
                    continue
                if depth > DEPTH:
                    found.append(f"{where}: source segments nest deeper than {DEPTH}")
                    return
                segment = lookup(source.get("Id", ""), source.get("Version"))
                if segment is None:
                    version = f" version {source['Version']}" if source.get("Version") else ""
                    found.append(f"{where}: segment {source.get('Id')!r}{version} does not exist in this application")
                elif segment.get("SegmentGroups"):
                    walk(segment["SegmentGroups"], depth + 1, f"{where} -> ")

    walk(groups, 1, "SegmentGroups.")


def _dimensions(path: str, dimensions: Mapping[str, Any], found: list[str]) -> int:
    count = 0
    for member in ("Attributes", "UserAttributes"):
        for name, dimension in (dimensions.get(member) or {}).items():
            count += 1
            _attribute(f"{path}.{member}.{name}", dimension, found)
    for name, dimension in (dimensions.get("Metrics") or {}).items():
        count += 1
        _one_of(
            dimension.get("ComparisonOperator"),
            METRIC_OPERATORS,
            f"{path}.Metrics.{name}.ComparisonOperator",
            found,
            needed=True,
        )
        if dimension.get("Value") is None:
            found.append(f"{path}.Metrics.{name}.Value is missing")
    for name, dimension in (dimensions.get("Demographic") or {}).items():
        count += 1
        if name not in DEMOGRAPHIC_SOURCES:
            found.append(f"{path}.Demographic.{name} is not known; allowed are {', '.join(DEMOGRAPHIC_SOURCES)}")
            continue
        _set(f"{path}.Demographic.{name}", dimension, found)
    location = dimensions.get("Location") or {}
    if location.get("Country"):
        count += 1
        _set(f"{path}.Location.Country", location["Country"], found)
    if location.get("GPSPoint"):
        count += 1
        _gps(f"{path}.Location.GPSPoint", location["GPSPoint"], found)
    recency = (dimensions.get("Behavior") or {}).get("Recency")
    if recency:
        count += 1
        _one_of(recency.get("Duration"), DURATIONS, f"{path}.Behavior.Recency.Duration", found, needed=True)
        _one_of(
            recency.get("RecencyType"),
            ("ACTIVE", "INACTIVE"),
            f"{path}.Behavior.Recency.RecencyType",
            found,
            needed=True,
        )
    return count


def _attribute(path: str, dimension: Mapping[str, Any], found: list[str]) -> None:
    kind = dimension.get("AttributeType") or "INCLUSIVE"
    _one_of(kind, ATTRIBUTE_TYPES, f"{path}.AttributeType", found)
    values = dimension.get("Values")
    if not values:
        found.append(f"{path}.Values is empty; needed is at least one value")
        return
    if kind in DATE_TYPES:
        for value in values:
            try:
                parse_time(value)
            except ValueError:
                found.append(f"{path}.Values: {value!r} is not an ISO 8601 time, which {kind} needs")
        if kind in ("BETWEEN", "NOT_BETWEEN") and len(values) != 2:
            found.append(f"{path}.Values has {len(values)} values; {kind} needs two, first and last")


def _set(path: str, dimension: Mapping[str, Any], found: list[str]) -> None:
    _one_of(dimension.get("DimensionType"), ("INCLUSIVE", "EXCLUSIVE"), f"{path}.DimensionType", found)
    if not dimension.get("Values"):
        found.append(f"{path}.Values is empty; needed is at least one value")


def _gps(path: str, point: Mapping[str, Any], found: list[str]) -> None:
    coordinates = point.get("Coordinates") or {}
    for name, bound in (("Latitude", 90), ("Longitude", 180)):
        value = coordinates.get(name)
        if value is None or not -bound <= value <= bound:
            found.append(f"{path}.Coordinates.{name} is {value!r}; needed is a number from -{bound} to {bound}")
    if not (point.get("RangeInKilometers") or 0) > 0:
        found.append(f"{path}.RangeInKilometers is {point.get('RangeInKilometers')!r}; needed is a number above 0")


def _one_of(value: Any, allowed: Any, path: str, found: list[str], *, needed: bool = False) -> None:
    if value is None:
        if needed:
            found.append(f"{path} is missing; allowed are {', '.join(allowed)}")
    elif value not in allowed:
        found.append(f"{path} is {value!r}; allowed are {', '.join(allowed)}")
