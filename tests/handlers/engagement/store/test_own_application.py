"""The stack's own application: its id is made once and kept, found again, pinned, and never exchanged under its data."""

from types import SimpleNamespace

import pytest

from components.engagement.hosted_grants import SETUP_ENDPOINTS
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.own_application import OWN, ApplicationIdError
from handlers.engagement.store.registry import Apps, Segments
from tests.handlers.engagement.conftest import APPLICATION

OTHER = "0b" * 16


@pytest.fixture
def registry(world):
    """The applications of a service that has none yet."""
    apps = Apps(world.tables.registry)
    apps.delete(APPLICATION)
    return apps


def setup(action: str, *, pinned: str = "", former: str = "", name: str = "shop", function: str = "setup") -> str:
    from handlers.engagement.setup_function import handler

    given = {"ApplicationId": pinned} if pinned else {}
    previous = {"ApplicationId": former} if former else {}
    event = {"tf": {"action": action, "prev_input": previous}, "Name": name, **given}
    return handler(event, SimpleNamespace(function_name=function, get_remaining_time_in_millis=lambda: 100_000))[
        "ApplicationId"
    ]


def test_an_id_is_made_once_and_kept_through_every_later_call(registry):
    made = setup("create")
    assert len(made) == 32 and int(made, 16)
    assert {setup("update", name="store"), setup("create"), setup("update")} == {made}
    assert [(app["Id"], app["Name"]) for app in registry.list().items] == [(made, "shop")]
    assert registry.event_stream(made)["DestinationStreamArn"]


def test_the_application_loses_its_event_stream_with_the_project_and_is_given_the_next_one(registry, monkeypatch):
    made = setup("create")
    monkeypatch.setenv("EVENT_STREAM_ARN", "")
    assert setup("update") == made
    assert registry.event_stream(made) is None
    another = "arn:aws:kinesis:eu-west-1:123456789012:stream/another"
    monkeypatch.setenv("EVENT_STREAM_ARN", another)
    assert setup("update") == made
    assert registry.event_stream(made)["DestinationStreamArn"] == another


def test_the_id_that_an_earlier_version_derived_from_names_is_kept(registry):
    registry.put({"Id": APPLICATION, "Name": "shop"})
    registry.put({"Id": OTHER, "Name": "made by somebody"})
    assert setup("update", former=APPLICATION) == APPLICATION
    assert setup("update", name="store") == APPLICATION
    assert registry.get(APPLICATION)["Name"] == "store"


def test_a_lost_state_finds_the_application_again(registry):
    made = setup("create")
    registry.put({"Id": OTHER, "Name": "made by somebody"})
    setup("delete")
    assert registry.get(made) is None
    assert setup("create", function="setup-anew") == made


def test_a_lost_state_of_an_earlier_version_finds_the_only_application(registry):
    registry.put({"Id": APPLICATION, "Name": "shop"})
    assert setup("create") == APPLICATION


@pytest.mark.parametrize("pinned", ["", "f" * 32])
def test_where_nothing_tells_which_of_several_applications_it_is_they_are_named(registry, pinned):
    for identifier in (APPLICATION, OTHER):
        registry.put({"Id": identifier, "Name": "shop"})
    with pytest.raises(ApplicationIdError, match=rf"applications .*{APPLICATION}.*hosted.applicationId: one of them"):
        setup("create", pinned=pinned)
    assert registry.documents.get(*OWN) is None
    assert setup("create", pinned=OTHER) == OTHER


def test_an_empty_registry_under_a_stack_that_has_an_application_makes_no_second_one(registry):
    with pytest.raises(ApplicationIdError, match="pulumi stack output applicationId"):
        setup("update")
    assert setup("update", pinned=APPLICATION) == APPLICATION


def test_a_pinned_id_is_the_new_applications(registry):
    assert setup("create", pinned=OTHER) == OTHER
    assert setup("update") == OTHER


def test_another_pinned_id_takes_the_place_of_an_application_that_holds_nothing(registry):
    made = setup("create")
    assert setup("update", pinned=OTHER) == OTHER
    assert [app["Id"] for app in registry.list().items] == [OTHER]
    assert made != OTHER


@pytest.mark.parametrize("what", ["endpoints", "segments"])
def test_another_pinned_id_is_refused_where_data_would_be_out_of_sight(registry, world, what):
    made = setup("create")
    if what == "endpoints":
        user = {"UserId": "ada", "UserAttributes": {"Name": ["Ada"]}}
        EndpointStore(world.tables, made).upsert(
            [{"Id": "a", "ChannelType": "SMS", "Address": "+12065550100", "User": user}]
        )
    else:
        Segments(world.tables.registry, made).put({"Id": "s", "Version": 1})
    world.touched.clear()
    with pytest.raises(ApplicationIdError, match=f"application is {made} and holds {what}, .* allowed: {made}"):
        setup("update", pinned=OTHER)
    assert {operation for table, operation in world.touched if table == "endpoints"} <= set(SETUP_ENDPOINTS)
    # The provider takes the refused input for the last one.
    assert setup("update", former=OTHER) == made
    assert setup("update", pinned=made, former=OTHER) == made


def test_a_function_that_was_replaced_takes_no_application_of_its_successor_off(registry):
    made = setup("create", function="setup-1")
    assert setup("create", function="setup-2") == made
    setup("delete", function="setup-1")
    assert registry.get(made)["Name"] == "shop"
    setup("delete", function="setup-2")
    assert registry.get(made) is None
    setup("delete", function="setup-2")


@pytest.mark.parametrize(
    "wrong", [{"tf": {"action": "upset"}}, {"ApplicationId": 5}, {"ApplicationId": ""}, {"Name": ""}]
)
def test_a_wrong_event_is_refused_with_what_is_wrong(registry, wrong):
    from handlers.engagement.setup_function import handler

    with pytest.raises(ValueError, match=rf"{'action' if 'tf' in wrong else next(iter(wrong))} is "):
        handler({"tf": {"action": "create"}, "Name": "shop", **wrong}, None)
    assert not registry.list().items
