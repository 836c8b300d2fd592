"""Who owned an address is known from the moment that it does not any more, whatever took it: nothing else may say so later."""

from __future__ import annotations

import random
import time
from types import SimpleNamespace

import pytest

from handlers.engagement.store import former_owners
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.former_owners import HOUR, FormerOwners
from handlers.engagement.store.working_set import address_name
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording

IDS = [f"E{at}" for at in range(5)]
ADDRESSES = [
    ("SMS", "+12065550100"), ("SMS", "+12065550101"), ("EMAIL", "Ada@Example.com"), ("EMAIL", "ada@faß.de"),
    ("GCM", "t" * 450),
]  # fmt: skip
WRITTEN = {"Ada@Example.com": "ada@EXAMPLE.com", "ada@faß.de": "ADA@xn--fa-hia.de"}
"""Other ways to write an address."""


@pytest.fixture
def client():
    return Recording()


@pytest.fixture
def store(client):
    table = Table("endpoints", client)
    return EndpointStore(SimpleNamespace(endpoints=table), "app", refused=dict)  # pyright: ignore[reportArgumentType]


def now():
    return int(time.time() * 1000)


def update(draw):
    channel, address = draw.choice(ADDRESSES)
    address = draw.choice([address, WRITTEN.get(address, address)])
    status = draw.choice(["ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE"])
    return {"Id": draw.choice(IDS), "ChannelType": channel, "Address": address, "EndpointStatus": status}


def owning(store):
    """(channel type, address) -> the active endpoint that has it."""
    found = {}
    for channel, address in ADDRESSES:
        endpoints = [one for one in store.by_address(channel, [address]) if one["EndpointStatus"] == "ACTIVE"]
        assert len(endpoints) <= 1
        if endpoints:
            found[channel, address] = endpoints[0]["Id"].lower()
    return found


@pytest.mark.parametrize("seed", range(25))
def test_every_endpoint_that_has_owned_an_address_is_its_owner_or_a_former_one(store, seed):
    draw, began = random.Random(seed), now()
    had = {address: set() for address in ADDRESSES}
    for _ in range(15):
        if draw.random() < 0.2:
            store.delete(draw.choice(IDS))
        else:
            results = store.upsert([update(draw) for _ in range(draw.choice([1, 1, 4]))])
            assert not [result for result in results if result.error]
        mine = owning(store)
        owners = store.owners(ADDRESSES, began)
        for address, owner in mine.items():
            had[address].add(owner)
            assert owners[address].current == [owner]
        for address, found in owners.items():
            former = {one.id for one in found.former}
            assert had[address] - {mine.get(address)} <= former | set(found.current)
            assert former <= {name.lower() for name in IDS}
            assert all(began <= one.left <= now() for one in found.former)


def test_a_batch_that_takes_more_addresses_than_a_transaction_has_actions_for(store, client):
    many = [("SMS", f"+1206555{at:04d}") for at in range(90)]
    began = now()
    for prefix in ("old", "new"):
        items = [{"Id": f"{prefix}{at}", "ChannelType": "SMS", "Address": to} for at, (_, to) in enumerate(many)]
        assert not [result for result in store.upsert(items) if result.error]
    assert max(client.transactions) <= 100
    owners = store.owners(many, began)
    assert [found.current for found in owners.values()] == [[f"new{at}"] for at in range(90)]
    assert [[one.id for one in found.former] for found in owners.values()] == [[f"old{at}"] for at in range(90)]


def test_updates_that_leave_the_address_note_nothing(store, client):
    store.upsert([{"Id": "a", "ChannelType": "SMS", "Address": "+12065550100"}])
    store.upsert(
        [{"Id": "a", "Attributes": {"n": ["1"]}}, {"Id": "b", "ChannelType": "SMS", "Address": "+12065550101"}]
    )
    assert not [request for _, request in client.asked if "L#app" in str(request)]


def test_who_left_before_is_none_and_an_address_that_nobody_left_takes_one_key(store, client):
    address = ("SMS", "+12065550100")
    for name in ("a", "b"):
        store.upsert([{"Id": name, "ChannelType": "SMS", "Address": address[1]}])
    assert store.owners([address], now() + 60_000)[address].former == []
    client.asked.clear()
    assert store.owners([("SMS", "+12065550199")], now() - 90 * 24 * HOUR)["SMS", "+12065550199"].former == []
    [(_, owners), (_, left)] = client.asked
    assert [len(request["RequestItems"]["endpoints"]["Keys"]) for request in (owners, left)] == [1, 1]


def test_a_stamp_that_was_written_late_hides_none_that_was_written_before(client):
    """Of two functions, one stamps first and writes last."""
    table, name = Table("endpoints", client), address_name("SMS", "+12065550100")
    book, moment = FormerOwners(table, "app"), 500 * HOUR
    table.transact(book.left(name, "b", moment))
    table.transact(book.left(name, "a", moment - former_owners.WRITING))
    assert [one.id for one in book.since([name], moment, moment + HOUR)[name]] == ["b"]
