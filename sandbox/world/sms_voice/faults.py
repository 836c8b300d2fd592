"""The service's errors and pages."""

from typing import Any

from sandbox.world.faults import Parameters, ServiceError

__all__ = ["Parameters", "SmsVoiceError", "invalid", "missing", "page_of", "taken"]


class SmsVoiceError(ServiceError):
    """A fault in the service's own form."""


def invalid(name: str, message: str, reason: str = "FIELD_VALIDATION_FAILED") -> SmsVoiceError:
    """A ValidationException for one field."""
    return SmsVoiceError("ValidationException", message, Reason=reason, Fields=[{"Name": name, "Message": message}])


def missing(kind: str, name: str) -> SmsVoiceError:
    """A ResourceNotFoundException."""
    return SmsVoiceError(
        "ResourceNotFoundException", f"{kind} {name!r} does not exist", ResourceType=kind, ResourceId=name
    )


def taken(kind: str, name: str) -> SmsVoiceError:
    """A ConflictException for a name that is in use."""
    return SmsVoiceError(
        "ConflictException",
        f"{kind} {name!r} exists already",
        Reason="RESOURCE_ALREADY_EXISTS",
        ResourceType=kind,
        ResourceId=name,
    )


def page_of(items: list[Any], parameters: Parameters) -> tuple[list[Any], Parameters]:
    """One page of a listing, and the token of the next one."""
    start, size = int(parameters.get("NextToken") or 0), int(parameters.get("MaxResults") or 100)
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more
