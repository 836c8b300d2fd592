"""Loads files into an application: endpoints as they are read, then templates, segments, and journeys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commands.loading import templates
from commands.loading.contents import DOCUMENTS, NOTHING_KNOWN, Document, documents, form_of
from commands.loading.endpoints import Endpoints
from commands.loading.journeys import Journeys
from commands.loading.report import Place, Report
from commands.loading.segments import Segments
from commands.loading.sources import UNREADABLE, Source
from handlers.shared.records.errors import FileError


def load(client: Any, application_id: str, sources: Iterable[Source], ids: dict[str, str], report: Report) -> None:
    """Loads what the sources hold. One that is broken stops no other.

    client: a Pinpoint client; None checks only. ids: segment ids here by segment ids there; it grows. Raises ClientError
    and BotoCoreError where no call at all can succeed.
    """
    endpoints = Endpoints(client, application_id, report)
    kept: dict[str, list[Document]] = {"segments": [], "templates": [], "journeys": []}
    for source in sources:
        try:
            form = form_of(source)
            if form != DOCUMENTS:
                endpoints.load(source, form)
                continue
            for document in documents(source):
                if document.kind == "endpoints":
                    endpoints.add(document)
                elif document.kind:
                    kept[document.kind].append(document)
                else:
                    report.problem(document.place, NOTHING_KNOWN)
            endpoints.flush()
        except FileError as error:
            report.problem(Place(source.name), str(error))
        except UNREADABLE as error:
            report.problem(Place(source.name), f"cannot be read to its end: {type(error).__name__}: {error}")
    if kept["templates"]:
        templates.load(client, kept["templates"], report)
    if kept["segments"]:
        Segments(client, application_id, ids, report).load(kept["segments"])
    if kept["journeys"]:
        Journeys(client, application_id, ids, report).load(kept["journeys"])
