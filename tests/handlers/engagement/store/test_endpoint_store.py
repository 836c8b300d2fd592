"""The endpoint store: laws of merging, conflicts with other writers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.engagement.store import endpoint_rules as rules
from handlers.engagement.store.endpoints import EndpointStore

values = st.lists(st.text(max_size=5), max_size=3)
requests = st.builds(
    lambda attributes: {"Id": "a", "Attributes": attributes},
    st.dictionaries(st.text("abc", min_size=1, max_size=2), values, max_size=4),
)


@given(requests, requests)
def test_a_merge_keeps_what_is_unnamed_and_replaces_what_is_named(first, second):
    merged = rules.merge(rules.merge(None, first, "t", "r"), second, "t", "r")
    assert merged.get("Attributes", {}) == {**first["Attributes"], **second["Attributes"]}


@given(requests, requests)
def test_merging_again_changes_nothing(first, second):
    once = rules.merge(rules.merge(None, first, "t", "r"), second, "t", "r")
    assert rules.merge(once, second, "t", "r") == once


def test_duplicated_ids_in_one_call_merge_in_order(world):
    store = EndpointStore(world.tables, "app")
    results = store.upsert(
        [{"Id": "A", "Attributes": {"x": ["1"], "y": ["1"]}}, {"Id": "a", "Attributes": {"x": ["2"]}}]
    )
    assert [result.error for result in results] == [None, None]
    assert store.get(["a"])["a"]["Attributes"] == {"x": ["2"], "y": ["1"]}


def test_another_writer_between_read_and_write_loses_nothing(world, monkeypatch):
    store = EndpointStore(world.tables, "app")
    store.upsert([{"Id": "a", "ChannelType": "SMS", "Address": "+12065550100"}])
    transact, interfered = world.tables.endpoints.transact, []

    def interfere(actions):
        if not interfered:
            interfered.append(True)
            EndpointStore(world.tables, "app").upsert([{"Id": "a", "Attributes": {"theirs": ["1"]}}])
        transact(actions)

    monkeypatch.setattr(world.tables.endpoints, "transact", interfere)
    results = store.upsert([{"Id": "a", "Attributes": {"ours": ["1"]}}, {"Id": "b", "Attributes": {"b": ["1"]}}])
    assert [result.error for result in results] == [None, None]
    assert store.get(["a"])["a"]["Attributes"] == {"theirs": ["1"], "ours": ["1"]}
    assert set(store.get(["b"])) == {"b"}


def test_many_endpoints_that_take_one_address_in_turn_leave_one_active(world):
    store = EndpointStore(world.tables, "app")
    results = store.upsert([{"Id": f"e{n}", "ChannelType": "SMS", "Address": "+12065550100"} for n in range(130)])
    assert {result.error for result in results} == {None}
    found = store.get(f"e{n}" for n in range(130)).values()
    assert [endpoint["Id"] for endpoint in found if endpoint["EndpointStatus"] == "ACTIVE"] == ["e129"]


def test_every_endpoint_is_found_by_scanning_the_shards(world):
    store = EndpointStore(world.tables, "app")
    store.upsert([{"Id": f"e{n}", "User": {"UserId": f"u{n}", "UserAttributes": {"n": [str(n)]}}} for n in range(60)])
    found = {
        e["Id"]: e["User"]["UserAttributes"]["n"] for shard in range(16) for e in store.scan(shard, None, 100).endpoints
    }
    assert found == {f"e{n}": [str(n)] for n in range(60)}
    assert store.estimate(500) == 60


def test_the_endpoints_of_a_hundred_users_are_read_in_two_calls_with_what_their_users_share(world):
    store = EndpointStore(world.tables, "app")
    items = [
        {"Id": f"e{at}", "User": {"UserId": f"u{at // 2}", "UserAttributes": {"N": [str(at // 2)]}}}
        for at in range(100)
    ]
    store.upsert(items)
    world.calls.clear()
    found = store.by_users([f"u{at}" for at in range(100)])
    assert world.calls == {"BatchGetItem": 2}
    assert {user: [endpoint["Id"] for endpoint in endpoints] for user, endpoints in found.items()} == {
        f"u{at}": [f"e{2 * at}", f"e{2 * at + 1}"] if at < 50 else [] for at in range(100)
    }
    assert {endpoint["User"]["UserAttributes"]["N"][0] for endpoint in found["u7"]} == {"7"}


ADA = {
    "Id": "ada",
    "ChannelType": "EMAIL",
    "Address": "ada@example.org",
    "User": {"UserId": "u", "UserAttributes": {"Plan": ["a"], "City": ["Oslo"]}},
}


def user_with(**attributes):
    return {"UserId": "u", "UserAttributes": {name: [value] for name, value in attributes.items()}}


@pytest.mark.parametrize(("update", "kinds"), [
    (ADA, "E"),
    ({"Id": "ADA", "User": user_with(City="Oslo")}, "E"),
    ({"Id": "ada", "User": {"UserId": "u"}}, "E"),
    ({"Id": "ada", "Attributes": {"n": ["1"]}, "User": user_with(Plan="a")}, "E"),
    ({"Id": "ada", "EffectiveDate": "2026-11-01T00:00:00.000Z"}, "E"),
    ({"Id": "ada", "User": user_with(Plan="b")}, "EU"),
    ({"Id": "ada", "User": user_with(New="a")}, "EU"),
    ({**ADA, "User": {"UserId": "other"}}, "EUU"),
    ({**ADA, "Address": "ada@example.com"}, "EAALLL"),
])  # fmt: skip
def test_an_update_writes_the_endpoint_and_of_its_user_and_address_what_changes(world, written, update, kinds):
    store = EndpointStore(world.tables, "app")
    store.upsert([ADA])
    assert sorted(written) == ["A", "E", "U"]
    written.clear()
    assert [result.error for result in store.upsert([update])] == [None]
    assert sorted(written) == sorted(kinds)


def test_a_user_that_was_left_as_it_was_keeps_what_another_writer_made_of_it_meanwhile(world, monkeypatch):
    store = EndpointStore(world.tables, "app")
    store.upsert([ADA])
    meanwhile(world, monkeypatch, lambda other: other.upsert([{"Id": "b", "User": user_with(Plan="theirs")}]))
    store.upsert([{**ADA, "Attributes": {"ours": ["1"]}}])
    ada = store.get(["ada"])["ada"]
    assert ada["Attributes"] == {"ours": ["1"]}
    assert ada["User"]["UserAttributes"] == {"Plan": ["theirs"], "City": ["Oslo"]}
    assert [endpoint["Id"] for endpoint in store.by_user("u")] == ["ada", "b"]


@pytest.mark.parametrize(
    "change", [lambda other: other.upsert([{"Id": "ada", "User": {"UserId": "v"}}]), lambda other: other.delete("ada")]
)
def test_an_endpoint_that_left_its_user_meanwhile_is_joined_to_it_again(world, monkeypatch, change):
    store = EndpointStore(world.tables, "app")
    store.upsert([ADA])
    meanwhile(world, monkeypatch, change)
    assert [result.error for result in store.upsert([ADA])] == [None]
    assert [endpoint["Id"] for endpoint in store.by_user("u")] == ["ada"]
    assert store.get(["ada"])["ada"]["User"] == ADA["User"]
    assert store.by_user("v") == []


def meanwhile(world, monkeypatch, change):
    """Has another writer make a change between the next reading and writing."""
    transact = world.tables.endpoints.transact

    def interfere(actions):
        monkeypatch.setattr(world.tables.endpoints, "transact", transact)
        change(EndpointStore(world.tables, "app"))
        transact(actions)

    monkeypatch.setattr(world.tables.endpoints, "transact", interfere)
