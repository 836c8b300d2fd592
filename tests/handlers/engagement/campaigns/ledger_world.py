"""A table of sends in memory, with a clock, and the ledgers of its runs."""

from __future__ import annotations

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.caps.counters import Counters
from handlers.engagement.caps.definitions import CAMPAIGN, CapSet
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording
from tests.handlers.sms_s3_drop.world import Clock

RUN = "c#1#1"
CHUNK = 7


class SmallPages(Table):
    """A table whose pages are of three items."""

    def page(self, pk, **options):
        return super().page(pk, **{"limit": 3, **options})


class Sends:
    """A table of sends with a clock, and the ledgers of its runs."""

    def __init__(self):
        self.client, self.clock = Recording(), Clock()
        self.table = Table("sends", self.client)

    @property
    def now(self):
        return int(self.clock.now * 1000)

    def ledger(self, *caps, run=RUN, table=None):
        table = table or self.table
        owners = tuple(cap.owner for cap in caps)
        return Ledger(table, run, Counters(table, CapSet(CAMPAIGN, caps, owners), self.clock), self.clock)

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
