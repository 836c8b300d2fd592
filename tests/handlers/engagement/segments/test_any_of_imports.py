"""A segment of whoever is in any of some imports: their members are read, each once, and nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.shards import SHARDS, shard_of
from tests.handlers.engagement.segments.test_reader import PEOPLE, Shop, having, sources

NAMES = [name for name in (f"e{number}" for number in range(400)) if shard_of(name) == 0][:12]
"""Of one shard."""


@pytest.fixture
def shop():
    shop = Shop()
    shop.imported("one", "Ada", "cy")
    shop.imported("two", "ben", "CY", "gone")
    return shop


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_members_of_any_are_read_once_each_whatever_the_pages(shop, limit):
    assert shop.read(shop.grouped(sources("one", "two", kind="ANY")), limit=limit) == ["Ada", "ben", "cy"]
    assert shop.read(shop.grouped(sources("one"), sources("two"), Include="ANY"), limit=limit) == ["Ada", "ben", "cy"]


def test_nobody_else_is_looked_at(shop):
    for groups, include in (
        ([sources("one", "two", kind="ANY")], None),
        ([sources("one", "two", kind="ANY", Dimensions=[having("3")])], None),
        ([sources("one"), sources("two")], "ANY"),
        ([sources("one", Dimensions=[having("1")]), sources("two", Dimensions=[having("2")])], "ANY"),
    ):
        assert shop.scanned(shop.grouped(*groups, Include=include)) == 4, groups
    shop.define("all")
    for groups in ([sources("one", "two", "all", kind="ANY")], [sources("one"), sources("two"), sources("all")]):
        assert shop.scanned(shop.grouped(*groups, Include="ANY")) == len(PEOPLE), groups


def test_each_groups_own_dimensions_hold_for_its_own_import(shop):
    groups = [sources("one", Dimensions=[having("1")]), sources("two", Dimensions=[having("2", "3")])]
    assert shop.read(shop.grouped(*groups, Include="ANY")) == ["Ada", "ben", "cy"]
    groups = [sources("one", Dimensions=[having("2")]), sources("two", Dimensions=[having("1")])]
    assert shop.read(shop.grouped(*groups, Include="ANY")) == []


def test_the_fewest_imports_are_read_that_whoever_is_chosen_must_be_in(shop):
    shop.grouped(sources("one", "two", kind="ANY"), identifier="any")
    shop.imported("small", "cy")
    assert shop.scanned(shop.grouped(sources("any"), sources("small"))) == 1
    assert shop.read(shop.grouped(sources("any"), sources("small"))) == ["cy"]
    assert shop.scanned(shop.grouped(sources("any"), {"Dimensions": [having("3")]})) == 4


def test_whom_an_import_did_not_register_is_in_no_segment_of_several(shop):
    eve = {"Id": "eve", "Attributes": {"n": ["1"]}}
    ada = {"Id": "Ada", "Attributes": {"n": ["9"]}}
    shop.imported("carrying", "Ada", "eve", endpoints={"Ada": ada, "eve": eve})
    group = shop.grouped(sources("carrying", "two", kind="ANY"))
    pages = shop.pages(group)
    assert sorted(endpoint["Id"] for page in pages for endpoint in page.endpoints) == ["Ada", "ben", "cy"]
    assert not any(page.carried for page in pages)
    assert shop.read(shop.grouped(sources("carrying", "two", kind="ANY", Dimensions=[having("9")]))) == []
    reader = shop.reader()
    assert (reader.carries(group, None), reader.carried(group, 1, ["Ada"])) == (False, {})


def test_an_estimate_is_of_all_their_members_together(shop):
    shop.imported("told", ImportDefinition={"Size": 12_345})
    assert shop.reader().estimate(shop.grouped(sources("one", "two", "told", kind="ANY")), None) == 12_345 + 2 + 3


@pytest.mark.parametrize(("most", "expected"), [(10 * SHARDS, 5 * SHARDS), (4 * SHARDS, 4 * SHARDS), (SHARDS, SHARDS)])
def test_a_sample_is_of_all_their_members_together_and_no_more_than_asked(shop, most, expected):
    shop.imported("first", *NAMES[:2])
    shop.imported("second", *NAMES[2:5])
    assert shop.reader().sample(shop.grouped(sources("first", "second", kind="ANY")), None, most) == expected


@given(st.lists(st.sets(st.sampled_from(NAMES)), min_size=2, max_size=4), st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_pages_of_several_versions_are_their_union_in_order(versions, limit):
    store: MemberStore = Shop().members
    for number, names in enumerate(versions, 1):
        store.put("s", number, names)
    chosen, after, found = [("s", number) for number in range(1, len(versions) + 1)], None, []
    while True:
        page = store.page_of_any(chosen, 0, after, limit)
        assert len(page.members) <= limit
        found += [member.key for member in page.members]
        if (after := page.last) is None:
            break
    assert found == sorted(set().union(*versions))
