"""Leases: who has which shards, however an answer is lost, and that a lease ends by itself."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from handlers.engagement.store import leases as module
from handlers.engagement.store.leases import LEASE_SECONDS, SORT_KEY, Leases
from handlers.shared.claims import ContendedError
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording

PK = "JL#journey"


@pytest.fixture
def clock(monkeypatch):
    """Epoch seconds that stand still: `clock[0]`."""
    now = [1_800_000_000]
    monkeypatch.setattr(module.time, "time", lambda: now[0])
    return now


@pytest.fixture
def client():
    return Recording()


@pytest.fixture
def leases(clock, client):
    return Leases(Table("sends", client), PK)


def stored(leases):
    return leases._table.get(PK, SORT_KEY) or {}


def test_a_worker_takes_the_shards_that_nobody_has(leases):
    mine = leases.lease([1, 2])
    others = leases.lease([2, 3])
    assert (mine.shards, others.shards) == ({1, 2}, {3})
    assert leases.lease([1, 2, 3]) is None
    assert leases.lease([]) is None


def test_what_is_given_back_is_free_and_what_another_has_stays_theirs(leases):
    mine, others = leases.lease([1, 2]), leases.lease([3])
    leases.release(mine)
    assert leases.lease([1, 2, 3]).shards == {1, 2}
    leases.release(others)
    assert leases.lease([3]).shards == {3}


def test_a_lease_ends_by_itself(leases, clock):
    leases.lease([1, 2])
    clock[0] += LEASE_SECONDS
    assert leases.lease([1]) is None
    clock[0] += 1
    assert leases.lease([1]).shards == {1}


def test_a_shard_that_another_took_over_is_not_given_back_and_the_rest_is(leases, clock):
    late = leases.lease([1, 2])
    clock[0] += LEASE_SECONDS + 1
    leases.lease([1])
    leases.release(late)
    assert [name for name in stored(leases) if name.startswith("shard_")] == ["shard_01"]
    assert leases.lease([1, 2]).shards == {2}


def test_a_lease_may_be_short(leases, clock):
    short = Leases(leases._table, "CL#campaign", 60)
    short.lease([16])
    clock[0] += 61
    assert short.lease([16]).shards == {16}


def test_leases_are_kept_two_days_after_the_last_one(leases, clock):
    leases.lease([1])
    assert stored(leases)["expires"] == clock[0] + 2 * 24 * 3600


@pytest.mark.parametrize("asked", [[1], [1, 2]], ids=str)
def test_a_lease_whose_answer_was_lost_is_one_s_own(leases, monkeypatch, asked):
    written = Table.set

    def lost(table, *arguments, **options):
        """As where botocore sends an update again whose answer did not come."""
        written(table, *arguments, **options)
        return False

    monkeypatch.setattr(Table, "set", lost)
    mine = leases.lease(asked)
    monkeypatch.undo()
    assert mine.shards == set(asked) and mine.held == stored(leases)["shard_01"]
    assert leases.lease(asked) is None


def test_giving_back_whose_answer_was_lost_ends(leases, monkeypatch):
    mine = leases.lease([1])
    written = Table.set

    def lost(table, *arguments, **options):
        written(table, *arguments, **options)
        return False

    monkeypatch.setattr(Table, "set", lost)
    leases.release(mine)
    assert "shard_01" not in stored(leases)


def test_the_item_is_as_workers_of_another_release_have_it(leases, client, clock):
    item = {"pk": PK, "sk": "leases", "form": 1, "shard_02": f"{clock[0] + 1}#theirs"}
    leases._table.put(item)
    mine = leases.lease([1, 2])
    assert mine.held.startswith(f"{clock[0] + 331}#")
    assert stored(leases) == {**item, "shard_01": mine.held, "expires": clock[0] + 172_800}
    leases.release(mine)
    client.asked.clear()
    assert leases.lease([1]).shards == {1}
    assert client.operations == ["update_item"]


def test_shards_are_known_by_both_their_digits(leases):
    leases.lease([13])
    assert leases.lease([3, 13]).shards == {3}


def test_what_is_free_is_taken_and_given_back_by_one_call_each(leases, client):
    leases.release(leases.lease([1]))
    client.asked.clear()
    leases.release(leases.lease(range(16)))
    assert client.operations == ["update_item", "update_item"]


def test_giving_back_what_went_with_its_item_ends(leases):
    mine = leases.lease([1])
    leases._table.delete(PK, SORT_KEY)
    leases.release(mine)
    assert stored(leases) == {}


def test_who_is_always_overtaken_is_told(leases, monkeypatch):
    mine = leases.lease([1])
    monkeypatch.setattr("handlers.shared.claims.backoff", lambda _: None)
    monkeypatch.setattr(Table, "set", lambda *_arguments, **_options: False)
    with pytest.raises(ContendedError):
        leases.lease([2])
    with pytest.raises(ContendedError):
        leases.release(mine)


def test_an_error_of_the_table_is_raised(leases, monkeypatch):
    def refuse(*_arguments, **_options):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateItem")

    monkeypatch.setattr(Table, "set", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        leases.lease([1])


@pytest.mark.parametrize(
    ("standing", "until", "free"),
    [("HELD", LEASE_SECONDS, {2}), ("HELD", 0, {1, 2}), ("FREE", LEASE_SECONDS, {1, 2})],
)
def test_a_worker_of_the_former_release_keeps_its_shard(leases, clock, standing, until, free):
    item = {"pk": PK, "sk": "01", "standing": standing, "owner": "theirs", "until": clock[0] + until}
    leases._table.put(item)
    assert leases.lease([1, 2]).shards == free


def test_leases_of_other_journeys_are_others(leases):
    leases.lease([1])
    assert Leases(leases._table, "JL#other").lease([1]) is not None
