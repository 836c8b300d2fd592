"""What an import job tells of the segment that it defines."""

from collections.abc import Mapping
from typing import Any


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
