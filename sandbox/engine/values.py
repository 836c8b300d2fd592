"""Property values between Pulumi's wire form and the deployer's plain JSON."""

from typing import Any

from google.protobuf import json_format, struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks wrapped values; what it holds says of which kind."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker
ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that a preview cannot know."""
DEFAULTS = "__defaults"
"""Beside the inputs: which of them the provider chose, not the program."""


def raw(properties: struct_pb2.Struct) -> dict[str, Any]:
    """The properties as Pulumi has them, markers and all."""
    return json_format.MessageToDict(properties)


def struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    """The opposite of `raw`."""
    return json_format.ParseDict(properties, struct_pb2.Struct())


def plain(value: Any) -> Any:
    """As the deployer takes it: secrets unwrapped, archives by path and digest, whole numbers as ints, no nulls.

    Raises TypeError for a value that it cannot carry (an archive or asset that is no file).
    """
    if isinstance(value, dict):
        kind = value.get(SIGNATURE)
        if kind == SECRET:
            return plain(value["value"])
        if kind in ASSETS:
            if held := [name for name in ("text", "uri", "assets") if value.get(name)]:
                raise TypeError(f"the sandbox takes file archives and file assets only, not one of {held[0]}")
            return {"path": value.get("path", ""), "sha256": value["hash"]}
        if kind is not None:
            raise TypeError(f"the sandbox knows no wrapped value of kind {kind}")
        return {key: plain(item) for key, item in value.items() if item is not None and key != DEFAULTS}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def comparable(value: Any) -> Any:
    """A plain value as it is compared: the engine keeps digests, not paths, and where a file lies is no difference."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if not (key == "path" and "sha256" in value)}
    return [comparable(item) for item in value] if isinstance(value, list) else value
