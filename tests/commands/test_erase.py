"""`engagement project erase`: one person is deleted place by place, with a receipt that names nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands import functions
from commands.campaigns.project import Project
from commands.command import run
from commands.errors import CommandError
from handlers.shared import project_endpoints
from tests.commands.test_commands import Lambda
from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, pinpoint, world

__all__ = ["one_call_at_a_time", "pinpoint", "world"]

ADA, OTHER = "ada@example.com", "bo@example.com"
NUMBER = "+12065550142"
EVENTS = {"Done": True, "Cursor": None, "Objects": 9, "Rewritten": 2, "Deleted": 0, "Lines": 5}
ARCHIVE = {**EVENTS, "Messages": 3}
OUTPUTS = {"eventErasureFunctionName": "erasure", "archiveRecordsFunctionName": "records"}


class Deleters(Lambda):
    """The two functions; `broken`: the one that fails."""

    def __init__(self, broken: str = "") -> None:
        super().__init__()
        self.broken = broken

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        failed = {"errorType": "E", "errorMessage": "no"}
        self.answers = [failed if FunctionName == self.broken else ARCHIVE if FunctionName == "records" else EVENTS]
        return super().invoke(FunctionName, Payload)


@pytest.fixture
def held(pinpoint, monkeypatch, tmp_path):
    """Ada's email, opted out, and her number, of one user; Bo's email."""
    items = [
        {"Id": "ada-mail", "ChannelType": "EMAIL", "Address": ADA, "OptOut": "ALL", "User": {"UserId": "ada"}},
        {"Id": "ada-text", "ChannelType": "SMS", "Address": NUMBER, "User": {"UserId": "ada"}},
        {"Id": "bo-mail", "ChannelType": "EMAIL", "Address": OTHER, "User": {"UserId": "bo"}},
    ]
    pinpoint.update_endpoints_batch(ApplicationId=APPLICATION, EndpointBatchRequest={"Item": items})
    (tmp_path / "events.json").write_text(json.dumps(OUTPUTS))
    monkeypatch.setenv("ENGAGEMENT_OUTPUTS", str(tmp_path / "events.json"))
    monkeypatch.setenv("APPLICATION_ID", APPLICATION)
    monkeypatch.chdir(tmp_path)
    project_endpoints.forget_clients()
    with served() as found:
        monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", found.endpoint)
        yield pinpoint
    project_endpoints.forget_clients()


@pytest.fixture
def deleters(monkeypatch):
    def install(broken: str = "") -> Deleters:
        made = Deleters(broken)
        monkeypatch.setattr(functions, "client", lambda: made)
        return made

    return install


def left(pinpoint):
    """The ids that still exist."""
    found = []
    for identifier in ("ada-mail", "ada-text", "bo-mail"):
        try:
            pinpoint.get_endpoint(ApplicationId=APPLICATION, EndpointId=identifier)
            found.append(identifier)
        except pinpoint.exceptions.NotFoundException:
            pass
    return found


@pytest.mark.parametrize("who", [["ada"], [NUMBER], ["ada-mail"], [ADA.upper()], ["ada-mail", "ada"]])
def test_any_name_of_a_person_leads_to_all_of_them_and_to_nobody_else(held, deleters, capsys, who):
    made = deleters()
    assert run(["project", "erase", *who, "--yes", "--json", "--reference", "T-1", "--by", "clerk"]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert left(held) == ["bo-mail"]
    assert [(place["Place"], place["Result"]) for place in receipt["Places"]] == [
        ("message archive", "ERASED"), ("event database", "ERASED"), ("endpoints", "ERASED"),
        ("campaigns, journeys and caps", "ERASED"),
    ]  # fmt: skip
    endpoints = receipt["Places"][-2]
    assert (endpoints["Endpoints"], endpoints["Users"], endpoints["OptOutsKept"]) == (2, 1, 1)
    archived = [event for name, event in made.calls if name == "records"]
    assert {event["EndpointId"] for event in archived} == {"ada-mail", "ada-text"}
    (of_events,) = [event for name, event in made.calls if name == "erasure"]
    for event in (*archived, of_events):
        assert {"ada-mail", "ada-text", ADA, NUMBER, "ada"} <= set(event["Identifiers"])
        assert OTHER not in event["Identifiers"]


def test_the_receipt_names_nobody_and_says_what_remains_how_long_and_why(held, deleters, tmp_path):
    deleters()
    assert run(["project", "erase", "ada", "--yes", "--receipt", "r.json", "--reference", "T-1"]) == 0
    text = (tmp_path / "r.json").read_text()
    receipt = json.loads(text)
    assert (receipt["Done"], receipt["Reference"], receipt["Application"]) == (True, "T-1", APPLICATION)
    assert not [name for name in (ADA, NUMBER, "ada-mail", "ada-text") if name in text]
    assert all(each["What"] and each["Until"] and each["Why"] for each in receipt["Remains"])
    assert [place["Messages"] for place in receipt["Places"] if "Messages" in place] == [6]


def test_the_wish_for_no_more_messages_outlives_the_endpoint(held, deleters):
    deleters()
    assert run(["project", "erase", ADA, "--yes"]) == 0
    item = {"Id": "again", "ChannelType": "EMAIL", "Address": ADA, "OptOut": "NONE"}
    held.update_endpoints_batch(ApplicationId=APPLICATION, EndpointBatchRequest={"Item": [item]})
    found = held.get_endpoint(ApplicationId=APPLICATION, EndpointId="again")["EndpointResponse"]
    assert found["OptOut"] == "ALL"


@pytest.mark.parametrize("kind", ["refused", "failed"])
def test_an_endpoint_whose_opt_out_cannot_be_kept_stays(held, deleters, capsys, monkeypatch, kind):
    deleters()
    outs = project_endpoints.OptOuts(**{kind: {ADA: "no"}})
    monkeypatch.setattr(project_endpoints.ProjectEndpoints, "opt_out_addresses", lambda *_: outs)
    assert run(["project", "erase", ADA, "--yes", "--json"]) == 1
    *_, place, traces = json.loads(capsys.readouterr().out)["Places"]
    assert traces["Result"] == "POSTPONED"
    assert (place["Place"], place["Result"]) == ("endpoints", "FAILED")
    assert place["Note"] == "an opt-out was not kept: no"
    assert left(held) == ["ada-mail", "ada-text", "bo-mail"]


@pytest.mark.parametrize("broken", ["records", "erasure"])
def test_where_a_place_fails_the_others_are_done_and_the_endpoints_stay_to_try_again(held, deleters, capsys, broken):
    deleters(broken)
    assert run(["project", "erase", "ada", "--yes", "--json"]) == 1
    receipt = json.loads(capsys.readouterr().out)
    results = [place["Result"] for place in receipt["Places"]]
    assert sorted(results) == ["ERASED", "FAILED", "POSTPONED", "POSTPONED"] and results[2:] == ["POSTPONED"] * 2
    assert not receipt["Done"]
    assert left(held) == ["ada-mail", "ada-text", "bo-mail"]
    deleters()
    assert run(["project", "erase", "ada", "--yes", "--json"]) == 0
    assert left(held) == ["bo-mail"]


def test_again_finds_nothing_and_changes_nothing(held, deleters, capsys):
    deleters()
    assert run(["project", "erase", "ada", "--yes"]) == 0
    capsys.readouterr()
    assert run(["project", "erase", "ada", "--yes", "--json"]) == 0
    assert [place["Result"] for place in json.loads(capsys.readouterr().out)["Places"][2:]] == ["NOTHING_FOUND"] * 2
    assert left(held) == ["bo-mail"]


@pytest.mark.parametrize(
    ("deleted", "stays", "result"),
    [(0, 0, "NOTHING_FOUND"), (2, 0, "ERASED"), (2, 1, "ERASED"), (0, 1, "STAYS_FOR_NOW")],
)
def test_traces_that_have_to_stay_are_not_told_as_nothing(held, deleters, capsys, monkeypatch, deleted, stays, result):
    deleters()
    owners = iter([{"Deleted": deleted, "Left": stays}])
    monkeypatch.setattr(Project, "erase_traces", lambda *_: next(owners, {"Deleted": 0, "Left": 0}))
    assert run(["project", "erase", "ada", "--yes", "--json"]) == 0
    traces = json.loads(capsys.readouterr().out)["Places"][-1]
    assert (traces["Result"], traces["Deleted"], traces["Left"]) == (result, deleted, stays)
    assert ("Remains" in traces.get("Note", "")) == bool(stays)


def test_a_dry_run_shows_who_it_is_and_deletes_nothing(held, deleters, capsys, tmp_path):
    made = deleters()
    assert run(["project", "erase", NUMBER, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("2 endpoints, 1 users: ")
    assert made.calls == [] and len(left(held)) == 3 and not list(tmp_path.glob("*receipt*"))


def test_a_place_that_no_stack_names_is_told_as_not_there(held, deleters, capsys, tmp_path):
    (tmp_path / "events.json").write_text(json.dumps({"applicationId": "x"}))
    deleters()
    assert run(["project", "erase", "ada", "--yes", "--json"]) == 0
    places = json.loads(capsys.readouterr().out)["Places"]
    assert [place["Result"] for place in places] == ["NOT_THERE", "NOT_THERE", "ERASED", "ERASED"]
    assert "archiveRecordsFunctionName" in places[0]["Note"]


def test_without_stacks_or_a_file_for_the_receipt_nothing_is_deleted(held, deleters, monkeypatch, capsys):
    deleters()
    assert run(["project", "erase", "ada", "--yes", "--receipt", "/nowhere/at/all.json"]) == 1
    assert "cannot be written" in capsys.readouterr().err
    monkeypatch.delenv("ENGAGEMENT_OUTPUTS")
    assert run(["project", "erase", "ada", "--yes"]) == 1
    assert "name the stacks" in capsys.readouterr().err
    assert len(left(held)) == 3


def traced(service, capsys, *who):
    """What the command says of campaigns, journeys and caps."""
    assert run(["project", "erase", *who, "--yes", "--json", "--reference", "T-1"]) in (0, 1)
    (found,) = [place for place in json.loads(capsys.readouterr().out)["Places"] if place["Place"].startswith("camp")]
    return found


def test_what_campaigns_and_journeys_hold_is_deleted_and_what_has_to_stay_is_told(held, deleters, capsys, monkeypatch):
    deleters()
    asked = []

    def erase(self, document):
        asked.append(document)
        return {"Deleted": 2, "Left": 1 if "JourneyId" in document else 0}

    monkeypatch.setattr(Project, "campaigns", lambda self: iter([{"Id": "c1"}, {"Id": "c2"}]))
    monkeypatch.setattr(Project, "journeys", lambda self: iter([{"Id": "j1"}]))
    monkeypatch.setattr(Project, "erase_traces", erase)
    found = traced(held, capsys, "ada")
    assert (found["Result"], found["Deleted"], found["Left"]) == ("ERASED", 8, 1)
    assert "some have to stay for now" in found["Note"]
    owners = [{name: each[name] for name in each if name.endswith("nId") or name.endswith("yId")} for each in asked]
    assert owners == [{}, {"CampaignId": "c1"}, {"CampaignId": "c2"}, {"JourneyId": "j1"}]
    addresses = [{"ChannelType": "EMAIL", "Address": ADA}, {"ChannelType": "SMS", "Address": NUMBER}]
    for each in asked:
        assert sorted(each["EndpointIds"]) == ["ada-mail", "ada-text"]
        assert sorted(each["Addresses"], key=str) == sorted(addresses, key=str)


def test_claims_that_cannot_be_deleted_are_told_and_the_ids_alone_lead_to_them_again(
    held, deleters, capsys, monkeypatch
):
    deleters()
    error = CommandError("the service does not answer")

    def refuse(self, document):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(Project, "erase_traces", refuse)
        found = traced(held, capsys, "ada")
    assert found["Result"] == "FAILED"
    assert found["Note"].startswith("the service does not answer; run the command again with the endpoint ids")
    assert left(held) == ["bo-mail"]
    asked = []
    monkeypatch.setattr(
        Project, "erase_traces", lambda self, document: asked.append(document) or {"Deleted": 1, "Left": 0}
    )
    assert traced(held, capsys, "ada-mail", "ada-text")["Result"] == "ERASED"
    assert asked == [{"EndpointIds": ["ada-mail", "ada-text"], "Addresses": []}]
