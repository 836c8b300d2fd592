"""Which application is the stack's own: its id is made once and kept in the registry table, whatever is renamed.

Layout of the registry table (pk, sk): `OWN`, `APPLICATION`: `ApplicationId`, and `Keeper`, the function that keeps it.
"""

from handlers.engagement.identifiers import new_id
from handlers.engagement.store.documents import Document
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Apps, Campaigns, Journeys, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS

OWN = ("OWN", "APPLICATION")
PIN = "engagement:project.hosted.applicationId"
LISTED = 10


class ApplicationIdError(Exception):
    """The id of the stack's application cannot be told, or another one would put data out of sight."""


class OwnApplication:
    """The stack's own application.

    Args:
        tables: `registry` and `endpoints`.
        keeper: Name of the function that keeps it: of two, the later one.
    """

    def __init__(self, tables: Tables, keeper: str) -> None:
        self._tables = tables
        self._apps = Apps(tables.registry)
        self._documents = self._apps.documents
        self._keeper = keeper

    def settle(self, *, pinned: str | None, former: str | None, new: bool) -> str:
        """Tells the id, which is made where the registry holds none, and makes this function its keeper.

        Args:
            pinned: What the config says the id is.
            former: What the stack's application was at the last call, where the caller knows.
            new: Whether the stack has none yet as far as its state knows.

        Raises:
            ApplicationIdError: `pinned` is another id and the application holds data; or nothing tells which it is.
        """
        found = self._found()
        if found is None:
            self._documents.put(*OWN, self._record(former or self._first(pinned, new)), new=True)
            found = self._found()
        if found is None:
            raise ApplicationIdError("the record of the stack's application was deleted meanwhile: try again")
        identifier: str = found["ApplicationId"]
        if pinned and pinned != identifier:
            self._check_empty(identifier, pinned)
            self._apps.delete(identifier)
            identifier = pinned
        if found != self._record(identifier):
            self._documents.put(*OWN, self._record(identifier))
        return identifier

    def leave(self, former: str | None) -> str | None:
        """Takes the application off, unless another function keeps it by now; its id stays known. Returns the id."""
        found = self._found()
        if found is not None and found["Keeper"] != self._keeper:
            return None
        identifier = found["ApplicationId"] if found is not None else former
        if identifier:
            self._apps.delete(identifier)
        return identifier

    def _found(self) -> Document | None:
        return self._documents.get(*OWN)

    def _record(self, identifier: str) -> Document:
        return {"ApplicationId": identifier, "Keeper": self._keeper}

    def _first(self, pinned: str | None, new: bool) -> str:
        """The id of an application that the registry has no record of: of a new stack, or of one whose state was lost."""
        known = [application["Id"] for application in self._apps.list(limit=LISTED).items]
        if pinned and (not known or pinned in known):
            return pinned
        if len(known) == 1 and not pinned:
            return known[0]
        if known:
            raise ApplicationIdError(
                f"the registry table has applications {', '.join(known)} and does not tell which is the stack's own; "
                f"given: {pinned or 'none'}; allowed for {PIN}: one of them"
            )
        if not new:
            raise ApplicationIdError(
                "the registry table is empty, though the stack has an application: restore the table, or set "
                f"{PIN} to the id that `pulumi stack output applicationId` prints"
            )
        return new_id()

    def _check_empty(self, identifier: str, pinned: str) -> None:
        if held := self._held(identifier):
            raise ApplicationIdError(
                f"{PIN} is {pinned}, but the stack's application is {identifier} and holds {', '.join(held)}, which "
                f"would be out of sight; allowed: {identifier}, or no {PIN.rpartition('.')[2]} at all"
            )

    def _held(self, identifier: str) -> list[str]:
        """Kinds of what an application holds."""
        registry = self._tables.registry
        defined = {"segments": Segments, "campaigns": Campaigns, "journeys": Journeys}
        held = [name for name, kind in defined.items() if kind(registry, identifier).list(limit=1).items]
        endpoints = EndpointStore(self._tables, identifier)
        if any(endpoints.documents(shard, None, 1).endpoints for shard in range(SHARDS)):
            held = ["endpoints", *held]
        return held
