"""The endpoints of a run, as they are now: the application's, and those that an import's members carry unregistered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.engagement.errors import NotFoundError
from handlers.engagement.messages.tokens import Sent, settle_tokens
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.endpoints import EndpointStore


class RunEndpoints:
    """Reads endpoints of a run.

    Args:
        segment: Id and version of the run's segment.
    """

    def __init__(self, store: EndpointStore, reader: SegmentReader, segment: tuple[str, int]) -> None:
        self._store = store
        self._reader = reader
        self._segment = segment

    def get(self, ids: Sequence[str], *, users: bool = True) -> dict[str, dict[str, Any]]:
        """Those that exist, by id. One that a member carries is OptOut ALL where its address is opted out."""
        found = self._store.get(ids, users=users)
        missing = [identifier for identifier in ids if identifier not in found]
        carried = self._carried(missing) if missing else {}
        if carried:
            addresses = {name: (one.get("ChannelType", ""), one.get("Address") or "") for name, one in carried.items()}
            out = self._store.opted_out_among(addresses.values())
            found |= {
                name: {**one, "OptOut": "ALL"} if addresses[name] in out else one for name, one in carried.items()
            }
        return found

    def settle_tokens(self, sent: Sequence[Sent]) -> None:
        """Writes what results of push messages say of the application's endpoints; those that a member carries have nowhere to write to."""
        settle_tokens(self._store, sent)

    def _carried(self, missing: Sequence[str]) -> dict[str, dict[str, Any]]:
        try:
            return self._reader.carried(*self._segment, missing)
        except NotFoundError:  # the segment was deleted, and its members with it
            return {}
