"""What a file holds: rows of endpoints (CSV, or one JSON object a line), or documents (segments, templates) as JSON."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from commands.loading.report import Place
from commands.loading.sources import Source
from handlers.engagement.jobs.rows import decoded
from handlers.shared.records.dialect import BYTE_ORDER_MARK
from handlers.shared.records.errors import FileError

CSV, JSON_LINES, DOCUMENTS = "CSV", "JSON lines", "documents"
SAMPLE_LINES = 20
DOCUMENT_BYTES = 64 * 1024 * 1024
SEGMENT_MEMBERS = frozenset({"Dimensions", "SegmentGroups", "SegmentType", "ImportDefinition"})
JOURNEY_MEMBERS = frozenset({"Activities", "StartActivity", "StartCondition"})
TEMPLATE_MEMBERS = frozenset({"TemplateName", "TemplateType"})
ENDPOINT_MEMBERS = frozenset({"ChannelType", "Address", "EndpointStatus", "OptOut", "User", "Demographic", "Location"})
TEMPLATE_ANSWERS = {
    "EmailTemplateResponse": "EMAIL",
    "SMSTemplateResponse": "SMS",
    "VoiceTemplateResponse": "VOICE",
    "PushNotificationTemplateResponse": "PUSH",
    "InAppTemplateResponse": "INAPP",
}
ANSWERS = frozenset(
    {
        "JourneyResponse",
        "JourneysResponse",
        "SegmentResponse",
        "SegmentsResponse",
        "EndpointResponse",
        "EndpointsResponse",
        *TEMPLATE_ANSWERS,
    }
)
NOTHING_KNOWN = (
    "is neither an endpoint, a segment, a template nor a journey; known are the answers of GetEndpoint, GetSegment, GetSegments, "
    "GetJourney, ListJourneys and Get...Template, and lists of what is in them"
)


class Document(NamedTuple):
    """A segment, a template or a journey. kind: `segments`, `templates`, `journeys`, `endpoints`, or "" for what is none of them."""

    place: Place
    kind: str
    content: dict[str, Any]


def form_of(source: Source) -> str:
    """CSV, JSON_LINES or DOCUMENTS, by the file's first lines. Raises FileError where it is empty, and UNREADABLE."""
    sample = [line.data or b"" for line in itertools.islice(source.lines(), SAMPLE_LINES)]
    if not any(line.strip() for line in sample):
        raise FileError("is empty")
    first = next(line for line in sample if line.strip()).removeprefix(BYTE_ORDER_MARK).lstrip()
    if first[:1] not in (b"{", b"["):
        return CSV
    for line in sample:
        value = _parsed(line.removeprefix(BYTE_ORDER_MARK))
        if isinstance(value, dict):
            return JSON_LINES if kind_of(value) in ("endpoints", "") and not value.keys() & ANSWERS else DOCUMENTS
    return DOCUMENTS if len(first) < 2 or first[:1] == b"[" or _is_one_document(source) else JSON_LINES


def documents(source: Source) -> Iterator[Document]:
    """The documents of a file: one JSON value, or one a line. Raises FileError and UNREADABLE."""
    with source.open() as stream:
        data = stream.read(DOCUMENT_BYTES + 1)
    if len(data) > DOCUMENT_BYTES:
        raise FileError(f"is longer than {DOCUMENT_BYTES // 1024**2} MB; split it")
    text = decoded(data.removeprefix(BYTE_ORDER_MARK))
    if text is None:
        raise FileError("is not UTF-8 text")
    try:
        whole = json.loads(text)
    except RecursionError:
        raise FileError("is nested too deeply") from None
    except ValueError as error:
        yield from _of_lines(text, source.name, str(error))
    else:
        yield from _opened(whole, Place(source.name))


def _of_lines(text: str, name: str, problem: str) -> Iterator[Document]:
    values = [(number, _parsed(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not any(isinstance(value, dict | list) for _, value in values):
        raise FileError(f"is not JSON: {problem}")
    for number, value in values:
        yield from _opened(value, Place(name, number))


def kind_of(value: Mapping[str, Any]) -> str:
    """`segments`, `templates`, `journeys`, `endpoints`; "" for what is none of them."""
    if value.keys() & TEMPLATE_MEMBERS:
        return "templates"
    if value.keys() & JOURNEY_MEMBERS:
        return "journeys"
    if value.keys() & SEGMENT_MEMBERS:
        return "segments"
    return "endpoints" if value.keys() & ENDPOINT_MEMBERS else ""


def _opened(value: Any, place: Place) -> Iterator[Document]:
    """What is in lists and in the API's answers."""
    if isinstance(value, list):
        for item in value:
            yield from _opened(item, place)
        return
    if not isinstance(value, dict):
        yield Document(place, "", {})
        return
    wrapped = value.keys() & ANSWERS
    if wrapped:
        for name in sorted(wrapped):
            inside = value[name]
            if name in TEMPLATE_ANSWERS and isinstance(inside, dict):
                inside = {"TemplateType": TEMPLATE_ANSWERS[name], **inside}
            yield from _opened(inside, place)
    elif isinstance(value.get("Item"), list):
        yield from _opened(value["Item"], place)
    else:
        name = value.get("TemplateName") or value.get("Name") or value.get("Id") or ""
        yield Document(place._replace(id=str(name)[:100]), kind_of(value), value)


def _is_one_document(source: Source) -> bool:
    """Whether the file as a whole is one JSON value, over several lines."""
    with source.open() as stream:
        data = stream.read(DOCUMENT_BYTES + 1)
    return len(data) <= DOCUMENT_BYTES and _parsed(data.removeprefix(BYTE_ORDER_MARK)) is not None


def _parsed(text: bytes | str) -> Any:
    """A JSON value; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
