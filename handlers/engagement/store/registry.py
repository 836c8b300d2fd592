"""What an application defines: settings, segments, campaigns, activities, jobs, journeys. Templates: `templates/store.py`.

Layout of the registry table (pk, sk); ids sort by time of creation:

| what | pk | sk |
|---|---|---|
| application; which is the stack's own (`store/own_application.py`) | `APPS`; `OWN` | app id; `APPLICATION` |
| settings, event stream, refused attributes | `APP#{app}` | `SETTINGS`, `EVENTSTREAM`, `REFUSED#{attribute type}` |
| segment; its versions | `SEGMENTS#{app}`; `SEGMENT#{app}#{id}` | id; `{version:010d}` |
| campaign; its versions | `CAMPAIGNS#{app}`; `CAMPAIGN#{app}#{id}` | id; `{version:010d}` |
| activity | `ACTIVITIES#{app}#{campaign}` | activity id |
| job; an import's chunks | `JOBS#{app}#{IMPORT,EXPORT}`; `CHUNKS#{app}#{job}` | job id; `{chunk:06d}` |
| journey; its runs | `JOURNEYS#{app}`; `JOURNEYRUNS#{app}#{journey}` | id; run id |
| which journeys the worker looks after | `ACTIVEJOURNEYS` | `{app}#{journey}` |
| what an event may begin | `EVENTSTARTS` | `{app}#{J or C}#{journey or campaign}` |
| template; its versions | `TEMPLATES`; `TEMPLATE#{name}#{type}` | `{name}#{type}`; `{version:010d}` |

Every value is a document (`store/documents.py`) in the shape of Pinpoint's response. Members whose names begin with `_`
are the service's own: `api` never shows them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from handlers.engagement.errors import ConflictError
from handlers.engagement.store.documents import Document, Documents, Listing
from handlers.shared.tables import Table


class Collection:
    """Documents of one kind in one partition, by id."""

    def __init__(self, table: Table, pk: str) -> None:
        self.documents = Documents(table)
        self.pk = pk

    def get(self, identifier: str) -> Document | None:
        """The document, or None."""
        return self.documents.get(self.pk, identifier)

    def put(self, document: Mapping[str, Any]) -> None:
        """Writes the document under its `Id`, whatever was there."""
        self.documents.put(self.pk, document["Id"], document)

    def update(
        self, identifier: str, change: Callable[[Document], None], known: Mapping[str, Any] | None = None
    ) -> Document | None:
        """Applies `change` in place, safe against concurrent writers (it may run more than once). None: no such id.

        known: the document as `put` wrote it, which saves reading it.
        """
        return self.documents.update(self.pk, identifier, change, known)

    def add(self, identifier: str, **counters: int) -> None:
        """Adds to numeric members atomically, without reading: `jobs.add(job_id, TotalProcessed=100)`.

        A member that is counted so must not be in the document itself: the counter is what readers get (absent
        until the first add).
        """
        self.documents.add(self.pk, identifier, counters)

    def delete(self, identifier: str) -> None:
        """Deletes it; nothing happens if there is none."""
        self.documents.delete(self.pk, identifier)

    def list(self, *, after: str | None = None, limit: int = 100, newest_first: bool = True) -> Listing:
        """One page, newest first; `after` is the `last` of the page before."""
        return self.documents.list(self.pk, after=after, limit=limit, newest_first=newest_first)

    def all(self) -> Iterator[Document]:
        """All of them, oldest first, a page a call."""
        after: str | None = None
        while True:
            page = self.list(after=after, newest_first=False)
            yield from page.items
            after = page.last
            if after is None:
                return


class Versioned(Collection):
    """A collection that keeps every version of a document (`Version`: int from 1)."""

    def __init__(self, table: Table, pk: str, version_prefix: str) -> None:
        super().__init__(table, pk)
        self.version_prefix = version_prefix

    def put(self, document: Mapping[str, Any]) -> None:
        """Writes the document as the current one and as its version `Version`."""
        self.documents.put(self._versions(document["Id"]), f"{document['Version']:010d}", document)
        super().put(document)

    def update(
        self, identifier: str, change: Callable[[Document], None], known: Mapping[str, Any] | None = None
    ) -> Document | None:
        """As `Collection.update`; the record of the document's `Version` follows. A change of `Version` makes a new one."""
        document = super().update(identifier, change, known)
        if document is not None:
            self.documents.put(self._versions(identifier), f"{document['Version']:010d}", document)
        return document

    def put_version(self, document: Mapping[str, Any]) -> None:
        """Writes the document as its version `Version` alone; the current one stays."""
        self.documents.put(self._versions(document["Id"]), f"{document['Version']:010d}", document)

    def version(self, identifier: str, version: int) -> Document | None:
        """One version, or None."""
        return self.documents.get(self._versions(identifier), f"{version:010d}")

    def versions(self, identifier: str, *, after: str | None = None, limit: int = 100) -> Listing:
        """One page of the versions, newest first."""
        return self.documents.list(self._versions(identifier), after=after, limit=limit, newest_first=True)

    def delete(self, identifier: str) -> None:
        """Deletes it with all its versions."""
        super().delete(identifier)
        self.documents.clear(self._versions(identifier))

    def _versions(self, identifier: str) -> str:
        return f"{self.version_prefix}#{identifier}"


class Apps(Collection):
    """Applications (`ApplicationResponse`), with settings, event stream and refused attributes."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, "APPS")

    def settings(self, application_id: str) -> Document:
        """ApplicationSettingsResource; without any: the application id alone."""
        return self.documents.get(f"APP#{application_id}", "SETTINGS") or {"ApplicationId": application_id}

    def update_settings(self, application_id: str, change: Callable[[Document], None]) -> Document:
        """Applies `change` to the settings in place, safe against concurrent writers. Returns them as written.

        Raises:
            ConflictError: other writers came between again and again.
        """
        pk = f"APP#{application_id}"
        found = self.documents.update(pk, "SETTINGS", change)
        if found is None:
            self.documents.put(pk, "SETTINGS", {"ApplicationId": application_id}, new=True)
            found = self.documents.update(pk, "SETTINGS", change)
        if found is None:
            raise ConflictError(f"application {application_id} was deleted meanwhile")
        return found

    def event_stream(self, application_id: str) -> Document | None:
        """EventStream, or None when the application has none (its events then go nowhere, as in Pinpoint)."""
        return self.documents.get(f"APP#{application_id}", "EVENTSTREAM")

    def put_event_stream(self, application_id: str, stream: Mapping[str, Any]) -> None:
        """Writes the event stream."""
        self.documents.put(f"APP#{application_id}", "EVENTSTREAM", stream)

    def delete_event_stream(self, application_id: str) -> None:
        """Takes the event stream off."""
        self.documents.delete(f"APP#{application_id}", "EVENTSTREAM")

    def refused_attributes(self, application_id: str) -> dict[str, list[str]]:
        """Attribute type -> glob patterns of names that RemoveAttributes refused."""
        found = self.documents.list(f"APP#{application_id}", prefix="REFUSED#").items
        return {document["AttributeType"]: document["Attributes"] for document in found}

    def put_refused_attributes(self, application_id: str, resource: Mapping[str, Any]) -> None:
        """Writes an AttributesResource."""
        self.documents.put(f"APP#{application_id}", f"REFUSED#{resource['AttributeType']}", resource)

    def delete(self, identifier: str) -> None:
        """Deletes the application with its settings and event stream."""
        super().delete(identifier)
        self.documents.clear(f"APP#{identifier}")


class Segments(Versioned):
    """Segments (`SegmentResponse`)."""

    def __init__(self, table: Table, application_id: str) -> None:
        super().__init__(table, f"SEGMENTS#{application_id}", f"SEGMENT#{application_id}")


class Campaigns(Versioned):
    """Campaigns (`CampaignResponse`)."""

    def __init__(self, table: Table, application_id: str) -> None:
        super().__init__(table, f"CAMPAIGNS#{application_id}", f"CAMPAIGN#{application_id}")


class Activities(Collection):
    """Runs of a campaign (`ActivityResponse`), one for each run and treatment."""

    def __init__(self, table: Table, application_id: str, campaign_id: str) -> None:
        super().__init__(table, f"ACTIVITIES#{application_id}#{campaign_id}")
        self.campaign_id = campaign_id

    def identifier(self, version: int, run: int, treatment_id: str) -> str:
        """The activity id of a run and treatment: 32 hex characters, the same whenever it is asked.

        Listed newest first, the latest run comes first and in it treatment "0".
        """
        seed = hashlib.sha256(f"{self.campaign_id}/{version}/{run}/{treatment_id}".encode()).hexdigest()
        return f"{version:06x}{run:06x}{255 - int(treatment_id):02x}{seed[:18]}"


def run_of(activity_id: str) -> tuple[int, int]:
    """The version and the number of the run that an activity id names."""
    return int(activity_id[:6], 16), int(activity_id[6:12], 16)


class Jobs(Collection):
    """Import or export jobs (`ImportJobResponse`, `ExportJobResponse`), and the chunks of imports.

    Args:
        kind: `IMPORT` or `EXPORT`.
    """

    def __init__(self, table: Table, application_id: str, kind: str) -> None:
        super().__init__(table, f"JOBS#{application_id}#{kind}")
        self.application_id = application_id

    def note(self, job_id: str, **notes: str | int) -> bool:
        """Sets members beside the document, without reading it: `jobs.note(job_id, _Exported3=100)`. False: no such id.

        A member that is noted so must not be in the document itself, nor be counted.
        """
        return self.documents.note(self.pk, job_id, notes)

    def put_chunk(self, job_id: str, number: int, chunk: Document) -> bool:
        """Writes the chunk of this number. False: a step has noted something in it, so it stays as it is."""
        pk = f"CHUNKS#{self.application_id}#{job_id}"
        return self.documents.put_unless_updated(pk, f"{number:06d}", chunk)

    def chunk(self, job_id: str, number: int) -> Document | None:
        """One chunk, or None."""
        return self.documents.get(f"CHUNKS#{self.application_id}#{job_id}", f"{number:06d}")

    def update_chunk(self, job_id: str, number: int, change: Callable[[Document], None]) -> Document | None:
        """As `Collection.update`, for a chunk."""
        return self.documents.update(f"CHUNKS#{self.application_id}#{job_id}", f"{number:06d}", change)

    def chunks(self, job_id: str) -> list[Document]:
        """All chunks in order."""
        found: list[Document] = []
        after: str | None = None
        while True:
            page = self.documents.list(f"CHUNKS#{self.application_id}#{job_id}", after=after, limit=1000)
            found += page.items
            if page.last is None:
                return found
            after = page.last


class Journeys(Collection):
    """Journeys (`JourneyResponse`)."""

    def __init__(self, table: Table, application_id: str) -> None:
        super().__init__(table, f"JOURNEYS#{application_id}")


class JourneyRuns(Collection):
    """Runs of a journey (`JourneyRunResponse`, with the run's id as `Id` too)."""

    def __init__(self, table: Table, application_id: str, journey_id: str) -> None:
        super().__init__(table, f"JOURNEYRUNS#{application_id}#{journey_id}")

    def clear(self) -> None:
        """Deletes all of them."""
        self.documents.clear(self.pk)


class ActiveJourneys(Collection):
    """The journeys that the worker looks after: from their publishing until nobody is inside any more, and while they are taken away."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, "ACTIVEJOURNEYS")

    def add_journey(self, application_id: str, journey_id: str) -> None:
        """Lets the worker look after a journey."""
        entry = {
            "Id": f"{application_id}#{journey_id}", "ApplicationId": application_id, "JourneyId": journey_id
        }  # fmt: skip
        self.put(entry)

    def remove_journey(self, application_id: str, journey_id: str) -> None:
        """Ends that."""
        self.delete(f"{application_id}#{journey_id}")


class EventStarts(Collection):
    """Journeys and campaigns that events begin, each with its EventFilter: what PutEvents asks, in one query.

    Whether one begins at this moment its own document says. The worker ends an entry when that will not be again.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table, "EVENTSTARTS")

    def note(self, application_id: str, kind: str, identifier: str, event_filter: Mapping[str, Any]) -> None:
        """Lets events that pass the filter begin a journey (kind `J`) or a campaign (`C`)."""
        owner = {"ApplicationId": application_id, "Kind": kind, "Owner": identifier}
        self.put({"Id": f"{application_id}#{kind}#{identifier}", **owner, "EventFilter": event_filter})

    def forget(self, application_id: str, kind: str, identifier: str) -> None:
        """Ends that."""
        self.delete(f"{application_id}#{kind}#{identifier}")

    def of_application(self, application_id: str, kind: str = "") -> list[Document]:
        """Those of an application, of one kind or of both. There are at most 45 (`event_starts/rules.py`)."""
        return self.documents.list(self.pk, prefix=f"{application_id}#{kind}", limit=1000).items
