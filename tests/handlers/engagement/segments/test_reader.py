"""Reading a segment: whoever its definition means and nobody else, from the fewest candidates, with the fewest calls."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS, shard_of
from tests.handlers.shared.dynamodb import Recording

APPLICATION = "app"
PEOPLE = {
    "Ada": {"Attributes": {"n": ["1"]}, "User": {"UserId": "ua", "UserAttributes": {"plan": ["gold"]}}},
    "ben": {"Attributes": {"n": ["2"]}, "User": {"UserId": "ub", "UserAttributes": {"plan": ["free"]}}},
    "cy": {"Attributes": {"n": ["3"]}},
    "dan": {"Attributes": {"n": ["1"]}, "User": {"UserId": "ud", "UserAttributes": {"plan": ["gold"]}}},
}
GOLD = {"UserAttributes": {"plan": {"Values": ["gold"]}}}


class Shop:
    """An application with some people and segments."""

    def __init__(self):
        self.client = Recording()
        names = SimpleNamespace(registry_table="registry", endpoints_table="endpoints", members_table="members")
        self.tables = Tables(names, self.client)
        self.segments = Segments(self.tables.registry, APPLICATION)
        self.members = MemberStore(self.tables.members)
        people = [
            {"Id": name, "ChannelType": "SMS", "Address": f"+1206555010{at}", **members}
            for at, (name, members) in enumerate(PEOPLE.items())
        ]
        assert not [result for result in EndpointStore(self.tables, APPLICATION).upsert(people) if result.error]

    def define(self, identifier, version=1, **members):
        self.segments.put({"Id": identifier, "Version": version, "SegmentType": "DIMENSIONAL", **members})

    def imported(self, identifier, *ids, version=1, endpoints=None, **members):
        self.segments.put({"Id": identifier, "Version": version, "SegmentType": "IMPORT", **members})
        self.members.put(identifier, version, ids, endpoints)

    def grouped(self, *groups, identifier="grouped", **members):
        self.define(identifier, SegmentGroups={"Groups": list(groups), **members})
        return identifier

    def reader(self, now=None):
        self.client.asked.clear()
        return SegmentReader(self.tables, APPLICATION, now)

    def pages(self, segment_id, version=None, limit=50, now=None, **options):
        reader, found = self.reader(now), []
        for shard in range(SHARDS):
            after = None
            while True:
                page = reader.page(segment_id, version, shard, after, limit, **options)
                found.append(page)
                if (after := page.last) is None:
                    break
        return found

    def read(self, segment_id, version=None, limit=50, now=None):
        """Ids of those whom pages have; a stream has the same."""
        found = ids(self.pages(segment_id, version, limit, now))
        assert sorted(endpoint["Id"] for endpoint in self.streamed(segment_id, version, limit, now)) == found
        return found

    def streamed(self, segment_id, version=None, limit=50, now=None):
        reader, found = self.reader(now), []
        for shard in range(SHARDS):
            after = None
            while True:
                endpoints, after = reader.stream(segment_id, version, shard, after, limit)
                found += endpoints
                if after is None:
                    break
        return found

    def scanned(self, segment_id):
        return sum(page.scanned for page in self.pages(segment_id))

    def users_read(self):
        """The ids of users that were asked for."""
        keys = [
            key
            for operation, request in self.client.asked
            if operation == "batch_get_item"
            for key in request["RequestItems"].get("endpoints", {}).get("Keys", [])
        ]
        return sorted(key["sk"]["S"] for key in keys if key["pk"]["S"].startswith("U#"))


def ids(pages):
    return sorted(endpoint["Id"] for page in pages for endpoint in page.endpoints)


def having(*numbers):
    return {"Attributes": {"n": {"Values": list(numbers)}}}


def sources(*given, kind=None, **members):
    return {"SourceSegments": [{"Id": source} for source in given], "SourceType": kind, **members}


@pytest.fixture
def shop():
    return Shop()


@pytest.mark.parametrize("limit", [1, 50])
def test_no_segment_means_everybody_with_their_users_attributes(shop, limit):
    pages = shop.pages(None, limit=limit)
    assert ids(pages) == sorted(PEOPLE)
    assert sum(page.scanned for page in pages) == len(PEOPLE)
    users = {each["Id"]: each.get("User", {}).get("UserAttributes") for page in pages for each in page.endpoints}
    assert users == {name: person.get("User", {}).get("UserAttributes") for name, person in PEOPLE.items()}
    assert not any(page.carried for page in pages)


def test_endpoints_are_read_as_every_update_left_them_only_where_that_is_asked(shop):
    for options, expected in (({}, {False}), ({"consistent": True}, {True})):
        shop.pages(None, **options)
        asked = [request["ConsistentRead"] for operation, request in shop.client.asked if operation == "query"]
        assert set(asked) == expected and len(asked) == SHARDS


def test_dimensions_choose_among_all_in_the_latest_version_or_another_one(shop):
    shop.define("s", Dimensions=having("1"))
    shop.define("s", 2, Dimensions=having("2", "3"))
    assert shop.read("s") == shop.read("s", 2) == ["ben", "cy"]
    assert shop.read("s", 1) == ["Ada", "dan"]
    assert shop.scanned("s") == len(PEOPLE)
    shop.define("everybody")
    assert shop.read("everybody") == sorted(PEOPLE)


def test_users_are_read_before_the_choice_only_where_it_asks_for_them(shop):
    shop.define("gold", Dimensions=GOLD)
    assert shop.read("gold") == ["Ada", "dan"]
    assert shop.users_read() == ["ua", "ub", "ud"]
    shop.define("second", Dimensions=having("2"))
    shop.imported("list", *PEOPLE)
    for segment in ("second", shop.grouped(sources("list", Dimensions=[having("2")]))):
        assert shop.read(segment) == ["ben"]
        assert shop.users_read() == ["ub"]


def test_recency_counts_back_from_the_readers_moment(shop):
    recent = {"Behavior": {"Recency": {"Duration": "HR_24", "RecencyType": "ACTIVE"}}}
    shop.define("late", Dimensions=recent)
    for segment in ("late", shop.grouped({"Dimensions": [recent]})):
        assert shop.read(segment) == sorted(PEOPLE)
        assert shop.read(segment, now=datetime(2100, 1, 1, tzinfo=UTC)) == []


def test_an_import_is_its_members_that_are_registered_whatever_the_letters_of_their_ids(shop):
    shop.imported("list", "ADA", "cy", "gone")
    assert shop.read("list") == shop.read("list", limit=1) == ["Ada", "cy"]
    assert shop.scanned("list") == 3
    reads = [request["RequestItems"] for operation, request in shop.client.asked if operation == "batch_get_item"]
    assert [list(tables) for tables in reads].count(["members"]) == 0, "that they are members is known"
    assert shop.users_read() == ["ua"]


def test_an_import_that_registered_nobody_carries_its_endpoints(shop):
    carried = {"Ada": {"Id": "Ada", "Attributes": {"n": ["9"]}}, "eve": {"Id": "Eve", "Attributes": {"n": ["9"]}}}
    shop.imported("list", "Ada", "eve", "cy", endpoints=carried)
    pages = shop.pages("list")
    assert ids(pages) == ["Ada", "Eve", "cy"]
    assert frozenset().union(*(page.carried for page in pages)) == {"Ada", "Eve"}
    assert shop.read(shop.grouped(sources("list", Dimensions=[having("9")]))) == ["Ada", "Eve"]
    reader = shop.reader()
    assert reader.carried("list", 1, ["Ada", "cy", "dan"]) == {"Ada": carried["Ada"]}
    shop.define("all")
    assert reader.carried("all", 1, ["Ada"]) == {}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ALL", ["cy"]),
        (None, ["cy"]),
        ("ANY", ["Ada", "ben", "cy"]),
        ("NONE", ["dan"]),
    ],
)
def test_source_segments_and_groups_are_combined_alike(shop, kind, expected):
    shop.imported("one", "Ada", "cy")
    shop.imported("two", "ben", "cy")
    assert shop.read(shop.grouped(sources("one", "two", kind=kind))) == expected
    assert shop.read(shop.grouped(sources("one"), sources("two"), Include=kind)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("ALL", ["Ada", "dan"]), (None, ["Ada", "dan"]), ("ANY", ["Ada", "ben", "dan"]), ("NONE", ["cy"])],
)
def test_dimensions_of_a_group_are_combined_alike(shop, kind, expected):
    users = {"UserAttributes": {"plan": {"Values": ["gold", "free"]}}}
    dimensions = {"Dimensions": [having("1"), users, having("1", "2")], "Type": kind}
    assert shop.read(shop.grouped(dimensions)) == expected
    shop.imported("list", *PEOPLE)
    assert shop.read(shop.grouped(sources("list", **dimensions))) == expected


def test_a_group_is_its_sources_and_its_dimensions_together(shop):
    shop.imported("list", "Ada", "cy")
    assert shop.read(shop.grouped(sources("list", Dimensions=[having("1")]))) == ["Ada"]
    assert shop.read(shop.grouped(sources("list", kind="NONE", Dimensions=[having("1")]))) == ["dan"]


@pytest.mark.parametrize("members", [{}, {"Groups": []}, {"Groups": [{}]}, {"Groups": [{"SourceSegments": None}]}])
def test_groups_that_restrict_nothing_mean_everybody(shop, members):
    shop.define("open", SegmentGroups={"Include": "ALL", **members})
    assert shop.read("open") == sorted(PEOPLE)


def test_of_one_group_that_asks_for_users_and_one_that_does_not_both_hold(shop):
    shop.imported("list", "Ada", "ben", "cy")
    shop.define("gold", Dimensions=GOLD)
    first = having("1")
    assert shop.read(shop.grouped({"Dimensions": [first]}, {"Dimensions": [GOLD]})) == ["Ada", "dan"]
    assert shop.read(shop.grouped({"Dimensions": [first, GOLD]})) == ["Ada", "dan"]
    assert shop.read(shop.grouped(sources("list", "gold"))) == ["Ada"]
    assert shop.read(shop.grouped(sources("gold", Dimensions=[first]))) == ["Ada", "dan"]


def test_only_the_members_of_an_import_are_read_where_nobody_else_can_be_chosen(shop):
    shop.imported("small", "Ada")
    shop.imported("large", "Ada", "ben", "cy")
    shop.define("all")
    for groups, expected in (
        ([sources("small", "large", kind="ALL")], 1),
        ([sources("all", "small", kind="ALL")], 1),
        ([sources("small", kind="ANY")], 1),
        ([sources("small", "small", kind="ANY")], 1),
        ([sources("small", "all", kind="ANY")], len(PEOPLE)),
        ([sources("small", kind="NONE")], len(PEOPLE)),
        ([sources("all"), sources("large")], 3),
    ):
        assert shop.scanned(shop.grouped(*groups)) == expected, groups
    assert shop.scanned(shop.grouped(sources("small"), Include="ANY")) == 1


def test_a_source_is_of_the_version_that_is_named_or_the_latest(shop):
    shop.imported("list", "Ada")
    shop.imported("list", "ben", version=2)
    assert shop.read(shop.grouped(sources("list"))) == ["ben"]
    assert shop.read(shop.grouped({"SourceSegments": [{"Id": "list", "Version": 1}]})) == ["Ada"]


def test_sources_are_followed_as_deep_as_a_definition_may_nest_them(shop):
    shop.define("s0", Dimensions=having("1"))
    for depth in range(1, 7):
        shop.grouped(sources(f"s{depth - 1}"), identifier=f"s{depth}")
    assert shop.read("s5") == ["Ada", "dan"]
    with pytest.raises(BadRequestError, match="segment s0: source segments nest deeper than 5"):
        shop.read("s6")


def test_a_segment_or_a_source_that_is_not_there_is_an_error(shop):
    shop.define("s")
    for segment, version, told in (
        ("gone", None, "segment gone does not exist"),
        ("s", 2, "segment s version 2 does not exist"),
        (shop.grouped(sources("lost")), None, "segment lost does not exist"),
    ):
        with pytest.raises(NotFoundError, match=f"^{told}$"):
            shop.read(segment, version)


def test_a_definition_is_read_once(shop):
    shop.define("s", Dimensions=having("1"))
    shop.read("s")
    assert [operation for operation, _ in shop.client.asked].count("get_item") == 1


def endpoints(*names):
    return [{"Id": name, **PEOPLE.get(name, {})} for name in names]


def test_among_tells_which_of_some_endpoints_are_in_a_segment(shop):
    shop.define("s", Dimensions=having("1"))
    shop.define("s", 2, Dimensions=having("2"))
    shop.imported("list", "ADA", "ben")
    reader = shop.reader()
    assert reader.among("s", endpoints("Ada", "ben")) == {"ben"}
    assert reader.among("s", endpoints("Ada", "ben"), 1) == {"Ada"}
    assert reader.among("list", endpoints("Ada", "ben", "cy", "gone")) == {"Ada", "ben"}
    assert reader.among("list", []) == set()
    group = shop.grouped(sources("list", "s", kind="NONE", Dimensions=[having("3", "1")]))
    assert reader.among(group, endpoints(*PEOPLE)) == {"cy", "dan"}


def test_an_estimate_counts_the_candidates_or_knows_what_the_import_told(shop):
    shop.define("s", Dimensions=having("1"))
    shop.imported("list", "Ada", "ben", "gone")
    shop.imported("told", "Ada", ImportDefinition={"Size": 12_345})
    shop.imported("empty", ImportDefinition={"Size": 0})
    reader = shop.reader()
    assert reader.estimate(None, None) == reader.estimate("s", None) == len(PEOPLE)
    assert reader.estimate("list", 1) == 3
    assert reader.estimate("told", 1) == 12_345
    assert reader.estimate("empty", 1) == 0
    assert reader.estimate(shop.grouped(sources("told", Dimensions=[having("1")])), None) == 12_345


def test_an_estimate_counts_no_further_than_500_a_shard(shop):
    names = [name for name in (f"x{at}" for at in range(20_000)) if shard_of(name) == 3][:520]
    shop.imported("large", *names)
    assert shop.reader().estimate("large", 1) == 500


@pytest.mark.parametrize(("most", "expected"), [(1000, 3 * SHARDS), (2 * SHARDS, 2 * SHARDS), (SHARDS + 1, 2 * SHARDS)])
@pytest.mark.parametrize("segment", [None, "members"])
def test_a_sample_is_sixteen_times_what_the_first_shard_has_and_counts_no_further_than_asked(
    shop, segment, most, expected
):
    first, second = ([f"e{n}" for n in range(1000) if shard_of(f"e{n}") == shard][:5] for shard in (0, 1))
    people = [{"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@example.org"} for name in [*first[:3], *second]]
    fresh = EndpointStore(shop.tables, APPLICATION)
    for name in PEOPLE:
        fresh.delete(name)
    assert not [result for result in fresh.upsert(people) if result.error]
    # Of the import, registered or not, all count.
    shop.imported("members", *first[:3], *second)
    assert shop.reader().sample(segment, None, most) == expected


def test_of_a_stream_users_are_read_for_500_at_a_time(shop):
    people = [
        {"Id": f"u{n}", "ChannelType": "EMAIL", "Address": f"u{n}@example.org", "User": {"UserId": f"user-{n}"}}
        for n in range(20_000)
        if shard_of(f"u{n}") == 0
    ][:600]
    EndpointStore(shop.tables, APPLICATION).upsert(people)
    endpoints, _ = shop.reader().stream(None, None, 0, None, 2000)
    shop.client.asked.clear()
    next(endpoints)
    assert len(shop.users_read()) == 500
    assert len(list(endpoints)) >= 599 and len(shop.users_read()) >= 600
