"""What the tables hold of endpoints beside the endpoints themselves, found by computed keys alone: nothing is scanned.

Of the application: what its caps count, the days on which messages to the endpoint were counted, and addresses that it left. Of a campaign: the endpoint's
and its address's claims in the runs of the last 90 days that are over, and what its caps count. Of a journey: who entered, their and
their addresses' claims of its messages, what became of these, what its caps count.

Left are claims of runs that go on, by which nobody gets a message twice, and participants who are inside a journey: they leave at
their next step, since their endpoint is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handlers.engagement.campaigns.activities import FINAL
from handlers.engagement.campaigns.audience import CLAIMED
from handlers.engagement.campaigns.event_ledger import EventLedger
from handlers.engagement.campaigns.ledger import KEPT_SECONDS, Ledger
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.caps.counters import counter_key
from handlers.engagement.journeys.activities import MESSAGES
from handlers.engagement.journeys.engine import Walk, enters_again
from handlers.engagement.journeys.message_events import events_key
from handlers.engagement.journeys.participants import Participants
from handlers.engagement.metrics.counting import person_key
from handlers.engagement.store.former_owners import FormerOwners
from handlers.engagement.store.registry import Activities, JourneyRuns, Journeys, run_of
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import shard_of
from handlers.shared.addresses.normal_form import digest
from handlers.shared.tables import GET_SIZE, Key

AT_ONCE = 16 * GET_SIZE
"""Keys that are looked for at a time, by calls that overlap."""


@dataclass
class Erased:
    """deleted: how many items. left: how many there are that have to stay for now."""

    deleted: int = 0
    left: int = 0


class Traces:
    """The traces of endpoints of one application.

    Args:
        addresses: Channel type and address of each. A claim knows the address that was claimed with it; what else is claimed for these
            goes, too.
    """

    def __init__(
        self, tables: Tables, application: str, ids: Sequence[str], addresses: Sequence[tuple[str, str]]
    ) -> None:
        self._sends, self._registry, self._endpoints = tables.sends, tables.registry, tables.endpoints
        self._application = application
        self._ids = list(dict.fromkeys(identifier.lower() for identifier in ids))
        self._given = list(dict.fromkeys(ids))
        self._digests = list(dict.fromkeys(digest(*address) for address in addresses))

    def of_application(self) -> Erased:
        """Deletes the application's own, and which addresses the endpoints left: whoever has one of them next is new to a run that goes on."""
        people = [person_key(self._application, identifier) for identifier in self._given]
        erased = self._erase([*self._caps(self._application), *people])
        erased.deleted += FormerOwners(self._endpoints, self._application).forget(self._ids)
        return erased

    def of_campaign(self, campaign: str) -> Erased:
        """Deletes a campaign's."""
        erased = self._erase(self._caps(campaign))
        earliest = (datetime.now(UTC) - timedelta(seconds=KEPT_SECONDS)).isoformat()
        runs: dict[tuple[int, int], bool] = {}
        for activity in Activities(self._registry, self._application, campaign).all():
            if (activity.get("End") or earliest) >= earliest[:19]:
                run = run_of(activity["Id"])
                runs[run] = runs.get(run, True) and activity.get("State") in FINAL
        for over in (True, False):
            keys = (
                key
                for (version, run), ended in runs.items()
                if ended is over
                for key in self._claims(f"{campaign}#{version}#{run}", self._ids)
            )
            self._note(erased, keys, over=over)
        for (version, run), ended in runs.items():
            ledger = RunLedger(self._sends, f"{campaign}#{version}#{run}")
            if ended:
                erased.deleted += ledger.forget(self._ids)
            else:
                erased.left += ledger.in_batches(self._ids)
        self._of_events(erased, campaign)
        return erased

    def of_journey(self, journey: str) -> Erased:
        """Deletes a journey's."""
        participants = Participants(self._sends, journey)
        known = participants.known(self._ids)
        entries = {identifier: item["entries"] for identifier, item in known.items() if not item.get("run")}
        # The claims go first: without who entered, they would not be found again.
        erased = self._erase(self._journey_claims(journey, entries))
        self._note(erased, [*self._caps(journey), *map(participants.member_key, entries)], over=True)
        erased.left += len(known) - len(entries)
        for identifier in self._ids:
            pk, prefix = events_key(journey, "", identifier)
            found = (item["sk"] for item in self._sends.all(pk, prefix=prefix))
            # The id of another endpoint may begin with this one and a `#`; a run's has none.
            self._delete(erased, [(pk, sk) for sk in found if "#" not in sk.removeprefix(prefix)])
        return erased

    def _caps(self, owner: str) -> list[Key]:
        return [counter_key(owner, identifier) for identifier in self._ids]

    def _claims(self, run: str, ids: Sequence[str]) -> Iterator[Key]:
        """Keys of a run's claims of endpoints and of all addresses: handlers/engagement/campaigns/ledger.py."""
        yield from ((f"RUN#{run}#{shard_of(identifier):02d}", f"E#{identifier}") for identifier in ids)
        yield from ((f"RUN#{run}#{shard_of(name):02d}", f"A#{name}") for name in self._digests)

    def _journey_claims(self, journey: str, entries: Mapping[str, int]) -> Iterator[Key]:
        """Keys of the claims of a journey's messages, of those who have left it. entries: how often each entered, by endpoint id."""
        definition = Journeys(self._registry, self._application).get(journey) or {}
        activities = definition.get("Activities") or {}
        messages = [name for name, activity in activities.items() if set(MESSAGES) & activity.keys()]
        most = max(entries.values(), default=0) if enters_again(definition) else 1
        for run in JourneyRuns(self._registry, self._application, journey).all() if entries else ():
            for entry in range(1, most + 1):
                ids = [identifier for identifier, number in entries.items() if number >= entry]
                for activity in messages:
                    yield from self._claims(Walk(run["Id"], entry).ledger(journey, activity), ids)

    def _of_events(self, erased: Erased, campaign: str) -> None:
        """The claims of a campaign that events trigger, each with its result: handlers/engagement/campaigns/event_ledger.py."""
        ledger = EventLedger(self._sends, campaign, 0)
        names = set(self._digests)
        for identifier in self._ids:
            entries = ledger.of_endpoint(identifier)
            over = [entry for entry in entries if entry["status"] != CLAIMED]
            erased.left += len(entries) - len(over)
            pk = f"RUN#{campaign}#EVENTS#{shard_of(identifier):02d}"
            self._delete(erased, [(pk, entry["sk"]) for entry in over])
            names |= {entry["address"] for entry in entries if entry.get("address")}
        for name in names:
            pk = f"RUN#{campaign}#EVENTS#{shard_of(name):02d}"
            mine = [item for item in self._sends.all(pk, prefix=f"A#{name}#") if item["owner"].lower() in self._ids]
            self._delete(erased, [(pk, item["sk"]) for item in mine])

    def _erase(self, keys: Iterable[Key]) -> Erased:
        erased = Erased()
        self._note(erased, keys, over=True)
        return erased

    def _note(self, erased: Erased, keys: Iterable[Key], *, over: bool) -> None:
        """Deletes what there is under keys; counts it as left where it is not `over`."""
        batch: list[Key] = []
        for key in keys:
            batch.append(key)
            if len(batch) == AT_ONCE:
                self._take(erased, batch, over=over)
                batch = []
        self._take(erased, batch, over=over)

    def _take(self, erased: Erased, keys: Sequence[Key], *, over: bool) -> None:
        found = self._sends.batch_get(dict.fromkeys(keys)) if keys else {}
        claimed = [(pk.rpartition("#")[0], item["address"]) for (pk, _), item in found.items() if item.get("address")]
        found |= self._sends.batch_get((f"{run}#{shard_of(name):02d}", f"A#{name}") for run, name in claimed)
        mine = [key for key, item in found.items() if self._owns(item)]
        if over:
            waiting = {
                (pk.rpartition("#")[0].removeprefix("RUN#"), found[pk, sk]["chunk"])
                for pk, sk in mine
                if found[pk, sk].get("waits")
            }
            for run, chunk in waiting:
                erased.deleted += WaitingList(Ledger(self._sends, run), chunk).forget(set(self._ids))
            self._delete(erased, mine)
        else:
            erased.left += len(mine)

    def _owns(self, item: Mapping[str, object]) -> bool:
        """Whether an item is of these endpoints: an address may be claimed for another one."""
        return "owner" not in item or str(item["owner"]).lower() in self._ids

    def _delete(self, erased: Erased, keys: Sequence[Key]) -> None:
        if keys:
            self._sends.batch_write(deletes=keys)
            erased.deleted += len(keys)
