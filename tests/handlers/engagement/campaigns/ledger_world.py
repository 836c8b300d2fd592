"""A table of sends in memory, with a clock, and the ledgers of its runs."""

from __future__ import annotations

import itertools

from handlers.engagement.campaigns.address_owners import AddressOwners
from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.caps.counters import Counters
from handlers.engagement.caps.definitions import CAMPAIGN, CapSet
from handlers.engagement.store.former_owners import Former, Owners
from handlers.engagement.store.shards import shard_of
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording
from tests.handlers.sms_s3_drop.world import Clock

RUN = "c#1#1"
CHUNK = 7
SHARD = shard_of("a0")


class SmallPages(Table):
    """A table whose pages are of three items."""

    def page(self, pk, **options):
        return super().page(pk, **{"limit": 3, **options})


class History:
    """Who owns and owned addresses."""

    def __init__(self):
        self.had = {}

    def owners(self, addresses, since):
        nobody = Owners([], [])
        return {address: self.had.get(address, nobody) for address in addresses}

    def owns(self, recipient):
        address = recipient.channel, recipient.endpoint["Address"]
        former = self.had[address].former if address in self.had else []
        self.had[address] = Owners([recipient.id.lower()], former)

    def left(self, recipient, at):
        address = recipient.channel, recipient.endpoint["Address"]
        self.had[address] = Owners([], [Former(recipient.id.lower(), at)])


class Sends:
    """A table of sends with a clock, and the ledgers of its runs."""

    def __init__(self, client=None):
        self.client, self.clock = client or Recording(), Clock()
        self.table = Table("sends", self.client)
        self.history = History()

    @property
    def now(self):
        return int(self.clock.now * 1000)

    def ledger(self, *caps, run=RUN, table=None):
        table = table or self.table
        owners = tuple(cap.owner for cap in caps)
        return Ledger(table, run, Counters(table, CapSet(CAMPAIGN, caps, owners), self.clock), self.clock)

    def run_ledger(self, *caps, run=RUN):
        """A run's ledger as of a process that knows nothing of it yet. `history` tells it who had which address."""
        owners = tuple(cap.owner for cap in caps)
        book = RunLedger(self.table, run, Counters(self.table, CapSet(CAMPAIGN, caps, owners), self.clock), self.clock)
        book.owners = AddressOwners(self.history, 0)
        return book

    def entry(self, identifier):
        [entry] = self.ledger().entries([identifier]).values()
        return {name: value for name, value in entry.items() if name not in ("pk", "sk")}


def person(identifier, number=None, status="CLAIMED", treatment="0", **members):
    number = identifier if number is None else number
    return Recipient({"Id": identifier, "ChannelType": "SMS", "Address": f"+{number}"}, treatment, status, **members)


def people(count, prefix="e"):
    return [person(f"{prefix}{at}") for at in range(count)]


def known(recipient):
    return recipient.status, recipient.again


def crowd(count, shard=SHARD, **members):
    """People of one shard, in the order of their ids, who own their addresses since long ago."""
    names = (f"a{at}" for at in itertools.count() if shard_of(f"a{at}") == shard)
    return [person(name, settled=True, **members) for name in sorted(itertools.islice(names, count))]


def outcomes(people, status="SUCCESS", due=None):
    return [Outcome(one.id, one.treatment_id, status, due) for one in people]


def puts(sends, prefix):
    """The items that transactions put, by how their sort keys begin."""
    requests = [request for name, request in sends.client.asked if name == "transact_write_items"]
    items = [action["Put"]["Item"] for request in requests for action in request["TransactItems"] if "Put" in action]
    return [item for item in items if item["sk"]["S"].startswith(prefix)]
