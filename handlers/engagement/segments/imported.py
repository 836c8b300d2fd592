"""Imported segments: what an import job tells of the one that it defines, and which segments rest on one."""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.engagement.segments.definitions import DEPTH


def import_definition(definition: Mapping[str, Any], size: int, channels: Mapping[str, int]) -> dict[str, Any]:
    """SegmentImportResource, from an import job's Definition and what it found: members, and rows by channel."""
    return {
        "Format": definition["Format"],
        "S3Url": definition["S3Url"],
        "RoleArn": definition["RoleArn"],
        "ExternalId": definition.get("ExternalId", ""),
        "Size": size,
        "ChannelCounts": dict(channels),
    }


def rests_on_import(
    segment: Mapping[str, Any], lookup: Callable[[str], Mapping[str, Any] | None], depth: int = DEPTH
) -> bool:
    """Whether a segment (SegmentResponse) is an imported one, or has one among its sources. lookup: id -> segment or None."""
    if segment.get("SegmentType") == "IMPORT":
        return True
    groups = (segment.get("SegmentGroups") or {}).get("Groups") or ()
    sources = [source.get("Id", "") for group in groups for source in group.get("SourceSegments") or ()]
    found = [lookup(source) for source in sources] if depth else []
    return any(source is not None and rests_on_import(source, lookup, depth - 1) for source in found)
