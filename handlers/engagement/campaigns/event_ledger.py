"""The ledger of a campaign that events trigger: an endpoint is claimed for each event, by the event's id, whatever the campaign's version.

| what | pk | sk |
|---|---|---|
| claim of an endpoint for an event, as in any ledger | `RUN#{campaign}#EVENTS#{shard}` | `E#{endpoint id in lower case}#{token}` |
| claim of its address | `RUN#{campaign}#EVENTS#{shard}` | `A#{digest}#{token}` |
| a shard's counters, of the campaign's version | `RUN#{campaign}#{version}#0` | `C#{shard}` |

Who certainly got nothing for now is given back, claim and address: their event stays in the inbox and is tried again. There is no waiting list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.chunk_counters import counter
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.event_starts.inbox import Arrival
from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.claims import Attempts
from handlers.shared.tables import Key, Table, TransactionCancelledError


class EventLedger(Ledger):
    """The ledger of one campaign; its counters are those of one version."""

    def __init__(self, table: Table, campaign_id: str, version: int) -> None:
        super().__init__(table, f"{campaign_id}#{version}#0")
        self._claims_pk = f"RUN#{campaign_id}#EVENTS"
        self._tokens: dict[str, str] = {}

    def turn_to(self, arrivals: Sequence[Arrival]) -> None:
        """Chooses the events that are meant from now on: one of each endpoint."""
        self._tokens = {arrival.endpoint_id.lower(): arrival.token for arrival in arrivals}

    def of_endpoint(self, identifier: str) -> list[Item]:
        """An endpoint's entries, one for each event."""
        key = identifier.lower()
        found = self.table.all(f"{self._claims_pk}#{shard_of(key):02d}", prefix=f"E#{key}#")
        return [item for item in found if item["id"].lower() == key]

    def endpoint_key(self, identifier: str) -> Key:
        key = identifier.lower()
        return f"{self._claims_pk}#{shard_of(key):02d}", f"E#{key}#{self._token(key)}"

    def address_key(self, recipient: Recipient) -> Key:
        """The key of an address's claim, for the recipient's event alone."""
        pk, sk = super().address_key(recipient)
        return pk.replace(self.pk, self._claims_pk, 1), f"{sk}#{self._token(recipient.id)}"

    def _token(self, identifier: str) -> str:
        return self._tokens[identifier.lower()]

    def _record(self, outcomes: Sequence[Outcome], chunk: int) -> None:
        super()._record([outcome for outcome in outcomes if outcome.due is None], chunk)
        self._give_back([outcome for outcome in outcomes if outcome.due is not None], chunk)

    def _give_back(self, outcomes: Sequence[Outcome], chunk: int) -> None:
        """Ends claims, as if they had not been made."""
        remaining = list(outcomes)
        attempts = Attempts("claims that are given back")
        while remaining:
            attempts.another()
            actions = [action for outcome in remaining for action in self._give_back_actions(outcome)]
            uncounted = [outcome for outcome in remaining if outcome.uncounted]
            counted = self.caps.read([outcome.endpoint_id for outcome in uncounted])
            for outcome in uncounted:
                actions += self.caps.take_back(outcome.endpoint_id, outcome.uncounted, counted)
            counts = Counter(counter(outcome.treatment_id, CLAIMED) for outcome in remaining)
            counts = Counter({name: -number for name, number in counts.items()})
            try:
                self.table.transact([*actions, self.count_action(chunk, counts)])
            except TransactionCancelledError:
                known = self.entries([outcome.endpoint_id for outcome in remaining])
                remaining = [one for one in remaining if known.get(one.endpoint_id, {}).get("status") == CLAIMED]
                continue
            return

    def _give_back_actions(self, outcome: Outcome) -> list[Mapping[str, Any]]:
        ends = self.table.delete_action(
            *self.endpoint_key(outcome.endpoint_id),
            "#status = :claimed",
            {":claimed": CLAIMED},
            names={"#status": "status"},
        )
        return [ends] if outcome.free is None else [ends, self._free_action(outcome.free, outcome.endpoint_id)]
