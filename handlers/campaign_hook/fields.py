"""Values of an endpoint by their path, as message variables name them: `Id`, `User.UserId`, `Attributes.Language`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text_at(endpoint_id: str, endpoint: Mapping[str, Any], path: str) -> str:
    """The first value at the path as text; empty where there is none.

    Names within Attributes and UserAttributes may hold dots.
    """
    if path == "Id":
        return endpoint_id
    value: Any = endpoint
    names = path.split(".")
    for at, name in enumerate(names):
        if not isinstance(value, Mapping):
            return ""
        if at and names[at - 1] in ("Attributes", "UserAttributes", "Metrics"):
            value = value.get(".".join(names[at:]))
            break
        value = value.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
