"""Pinpoint's rules for one endpoint: what may be written, and how an update merges into what is there. No AWS calls."""

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from handlers.engagement.identifiers import parse_time
from handlers.shared.addresses.e164 import is_e164
from handlers.shared.addresses.normal_form import same_address
from handlers.shared.addresses.written import trimmed
from handlers.shared.compact_json import compact_json

CHANNEL_TYPES = (
    "PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "SMS", "VOICE", "EMAIL", "BAIDU",
    "CUSTOM", "IN_APP",
)  # fmt: skip
PROVIDER_PUSH_TYPES = frozenset({"GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU"})
STATUSES = ("ACTIVE", "INACTIVE")
OPT_OUTS = ("ALL", "NONE")
USER_ENDPOINTS = 15
NAME_LENGTH = 50
VALUE_LENGTH = 100
VALUES = 50
ATTRIBUTES = 250
RECORD_BYTES = 15 * 1024
ID_BYTES = 1000  # a DynamoDB sort key holds 1,024
DEMOGRAPHIC = {
    "AppVersion": 50, "Locale": 50, "Make": 50, "Model": 100, "ModelVersion": 50, "Platform": 50,
    "PlatformVersion": 50, "Timezone": 50,
}  # fmt: skip
LOCATION = {"City": 75, "Country": 50, "PostalCode": 50, "Region": 75}
COORDINATES = {"Latitude": 90.0, "Longitude": 180.0}
MEMBERS = frozenset(
    {
        "Id", "Address", "Attributes", "ChannelType", "Demographic", "EffectiveDate", "EndpointStatus", "Location",
        "Metrics", "OptOut", "RequestId", "User",
    }
)  # fmt: skip

VERDICT = "PNV_"
"""How the attributes begin that phone number validation writes."""

Document = dict[str, Any]


def problems(request: Mapping[str, Any]) -> list[str]:
    """What is wrong with an endpoint as requested (EndpointBatchItem); empty when nothing is. Members that are None count as absent."""
    found: list[str] = []
    found += identifier_problems("Id", request.get("Id"))
    for name in request.keys() - MEMBERS:
        found.append(f"{name} is not a member of an endpoint; allowed are {', '.join(sorted(MEMBERS))}")
    _choice(request, "ChannelType", CHANNEL_TYPES, found)
    _choice(request, "EndpointStatus", STATUSES, found)
    _choice(request, "OptOut", OPT_OUTS, found)
    for name in ("Address", "RequestId"):
        _text(request, name, RECORD_BYTES, name, found)
    _date(request, found)
    _attributes(request.get("Attributes"), "Attributes", found)
    _metrics(request.get("Metrics"), found)
    _texts(request.get("Demographic"), "Demographic", DEMOGRAPHIC, (), found)
    _texts(request.get("Location"), "Location", LOCATION, COORDINATES, found)
    _coordinates(request.get("Location"), found)
    _user(request.get("User"), found)
    return found


def identifier_problems(name: str, value: Any) -> list[str]:
    """What is wrong with an endpoint id or user id."""
    if not isinstance(value, str) or not value:
        return [f"{name} is {value!r}; needed is a text of 1 to {ID_BYTES} bytes without $, {{ and }}"]
    if any(character in value for character in "${}"):
        return [f"{name} {value!r} contains one of $, {{ and }}, which ids may not"]
    if len(value.encode()) > ID_BYTES:
        return [f"{name} {value[:40]!r}... has {len(value.encode())} bytes; at most {ID_BYTES} are allowed"]
    return []


def merge(existing: Mapping[str, Any] | None, request: Mapping[str, Any], now: str, request_id: str) -> Document:
    """The endpoint after an update: what is absent stays; Attributes, Metrics, Demographic and Location merge by key.

    EndpointStatus becomes ACTIVE unless the request says otherwise; EffectiveDate becomes `now` unless given; a new
    endpoint without Address gets OptOut ALL. What validation said of a number (attributes PNV_...) goes with the number:
    an endpoint that gets another address keeps none of it, nor one without a country code that gets another country. `User` is not merged here: users are shared between endpoints.
    """
    document: Document = {"OptOut": "NONE", "CreationDate": now} if existing is None else dict(existing)
    if existing is None:
        document["Id"] = request["Id"]
        if not request.get("Address"):
            document["OptOut"] = "ALL"
    if _is_another_number(document, request):
        request = _without_verdict(document, request)
    for name in ("Address", "ChannelType", "OptOut"):
        if request.get(name) is not None:
            document[name] = request[name]
    for name in ("Attributes", "Metrics", "Demographic", "Location"):
        if request.get(name):
            changes = {key: value for key, value in request[name].items() if value is not None}
            document[name] = {**document.get(name, {}), **changes}
    document["EndpointStatus"] = request.get("EndpointStatus") or "ACTIVE"
    document["EffectiveDate"] = request.get("EffectiveDate") or now
    document["RequestId"] = request.get("RequestId") or request_id
    return document


def trimmed_address(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request with its Address as it is stored."""
    address = request.get("Address")
    if not isinstance(address, str) or (stored := trimmed(address)) == address:
        return request
    return {**request, "Address": stored}


def _is_another_number(document: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    before, after = document.get("Address"), request.get("Address") or document.get("Address")
    if not before or not after:
        return False
    channel_type = request.get("ChannelType") or document.get("ChannelType")
    if not same_address(channel_type, before, after):
        return True
    country = (request.get("Location") or {}).get("Country")
    return bool(country) and not is_e164(after) and country != (document.get("Location") or {}).get("Country")


def _without_verdict(document: Document, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Takes the validation's attributes off the document. Returns the request without them where they are the document's
    own, which a client that read the endpoint sends back."""
    stored = document.get("Attributes") or {}
    verdict = {name: values for name, values in stored.items() if name.startswith(VERDICT)}
    if not verdict:
        return request
    document["Attributes"] = {name: values for name, values in stored.items() if name not in verdict}
    sent = request.get("Attributes") or {}
    own = {name: values for name, values in sent.items() if name.startswith(VERDICT)}
    if not own or any(verdict.get(name) != values for name, values in own.items()):
        return request
    return {**request, "Attributes": {name: values for name, values in sent.items() if name not in own}}


def record_problems(document: Mapping[str, Any], user_attributes: Mapping[str, Any]) -> list[str]:
    """What is wrong with an endpoint after the merge: too many attributes, too large a record."""
    count = len(document.get("Attributes", ())) + len(document.get("Metrics", ())) + len(user_attributes)
    if count > ATTRIBUTES:
        return [
            f"the endpoint would have {count} attributes, metrics and user attributes; at most {ATTRIBUTES} are allowed"
        ]
    size = record_bytes(document, user_attributes)
    if size > RECORD_BYTES:
        return [f"the endpoint would have {size:,} bytes; at most {RECORD_BYTES:,} (15 KB) are allowed"]
    return []


def record_bytes(document: Mapping[str, Any], user_attributes: Mapping[str, Any]) -> int:
    """The size of an endpoint as JSON in UTF-8 bytes, user attributes included."""
    return len(to_json(document).encode()) + (len(to_json(user_attributes).encode()) if user_attributes else 0)


def without_refused(request: Mapping[str, Any], refused: Mapping[str, list[str]]) -> Mapping[str, Any]:
    """The request without attributes whose names RemoveAttributes refused (glob patterns by attribute type)."""
    if not refused:
        return request
    kept = dict(request)
    for kind, name in (("endpoint-custom-attributes", "Attributes"), ("endpoint-metric-attributes", "Metrics")):
        if kept.get(name):
            kept[name] = _unmatched(kept[name], refused.get(kind, []))
    user = kept.get("User")
    if user and user.get("UserAttributes"):
        patterns = refused.get("endpoint-user-attributes", [])
        kept["User"] = {**user, "UserAttributes": _unmatched(user["UserAttributes"], patterns)}
    return kept


def to_json(value: Any) -> str:
    """Compact JSON."""
    return compact_json(value)


def _unmatched(values: Mapping[str, Any], patterns: list[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not any(fnmatchcase(key, pattern) for pattern in patterns)}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _choice(request: Mapping[str, Any], name: str, allowed: tuple[str, ...], found: list[str]) -> None:
    value = request.get(name)
    if value is not None and value not in allowed:
        found.append(f"{name} is {_shown(value)}; allowed are {', '.join(allowed)}")


def _text(holder: Mapping[str, Any], name: str, length: int, path: str, found: list[str]) -> None:
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, str):
        found.append(f"{path} is {_shown(value)}; needed is a text")
    elif len(value) > length:
        found.append(f"{path} has {len(value):,} characters; at most {length:,} are allowed")


def _date(request: Mapping[str, Any], found: list[str]) -> None:
    value = request.get("EffectiveDate")
    if value is None:
        return
    try:
        parse_time(value)
    except (ValueError, TypeError):
        found.append(f"EffectiveDate is {_shown(value)}; needed is an ISO 8601 time such as 2030-01-02T03:04:05.678Z")


def _attributes(values: Any, path: str, found: list[str]) -> None:
    if values is None:
        return
    if not isinstance(values, Mapping):
        found.append(f"{path} is {_shown(values)}; needed is an object of lists of texts")
        return
    for name, entries in values.items():
        if not 1 <= len(name) <= NAME_LENGTH:
            found.append(f"{path}: the name {_shown(name)} has {len(name)} characters; allowed are 1 to {NAME_LENGTH}")
        if entries is None:
            continue
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            found.append(f"{path}.{name} is {_shown(entries)}; needed is a list of texts")
            continue
        if len(entries) > VALUES:
            found.append(f"{path}.{name} has {len(entries)} values; at most {VALUES} are allowed")
        for entry in entries:
            if len(entry) > VALUE_LENGTH:
                found.append(
                    f"{path}.{name} has a value of {len(entry):,} characters; at most {VALUE_LENGTH} are allowed"
                )
                break


def _metrics(values: Any, found: list[str]) -> None:
    if values is None:
        return
    if not isinstance(values, Mapping):
        found.append(f"Metrics is {_shown(values)}; needed is an object of numbers")
        return
    for name, value in values.items():
        if not 1 <= len(name) <= NAME_LENGTH:
            found.append(f"Metrics: the name {_shown(name)} has {len(name)} characters; allowed are 1 to {NAME_LENGTH}")
        if value is not None and not _number(value):
            found.append(f"Metrics.{name} is {_shown(value)}; needed is a number")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(values: Any, path: str, lengths: Mapping[str, int], others: Any, found: list[str]) -> None:
    if values is None:
        return
    if not isinstance(values, Mapping):
        found.append(f"{path} is {_shown(values)}; needed is an object")
        return
    for name in values:
        if name in lengths:
            _text(values, name, lengths[name], f"{path}.{name}", found)
        elif name not in others:
            found.append(f"{path}.{name} is not known; allowed are {', '.join([*lengths, *others])}")


def _coordinates(values: Any, found: list[str]) -> None:
    if not isinstance(values, Mapping):
        return
    for name, bound in COORDINATES.items():
        value = values.get(name)
        if value is not None and not (_number(value) and -bound <= value <= bound):
            found.append(f"Location.{name} is {_shown(value)}; needed is a number from -{bound:g} to {bound:g}")


def _user(user: Any, found: list[str]) -> None:
    if user is None:
        return
    if not isinstance(user, Mapping):
        found.append(f"User is {_shown(user)}; needed is an object of UserId and UserAttributes")
        return
    for name in user.keys() - {"UserId", "UserAttributes"}:
        found.append(f"User.{name} is not known; allowed are UserId, UserAttributes")
    if user.get("UserId") is not None:
        found += identifier_problems("User.UserId", user["UserId"])
    _attributes(user.get("UserAttributes"), "User.UserAttributes", found)
