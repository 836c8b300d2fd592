"""`engagement journey` on a journey that people are in, and the drawing of definitions of all kinds."""

from __future__ import annotations

import json

import pytest

from commands.command import run
from commands.journeys.drawing import lines, mermaid
from commands.journeys.graph import node, ordered
from tests.commands.test_report import Page
from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, pinpoint, world
from tests.handlers.engagement.journeys.conftest import HOUR, runner

__all__ = ["one_call_at_a_time", "pinpoint", "runner", "world"]

ACTIVITIES = {
    "half": {
        "RandomSplit": {"Branches": [{"Percentage": 50, "NextActivity": "pause"}, {"Percentage": 50}]},
        "Description": "who gets it",
    },
    "pause": {"Wait": {"WaitTime": {"WaitFor": "PT2H"}, "NextActivity": "text"}},
    "text": {"SMS": {"TemplateName": "one"}},
}


@pytest.fixture
def found(runner, monkeypatch):
    """Twenty people in the journey, of whom those of the first branch wait."""
    with served() as service:
        monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", service.endpoint)
        monkeypatch.setenv("APPLICATION_ID", APPLICATION)
        runner.template("one")
        runner.endpoints(*(f"e{number}" for number in range(20)))
        runner.journey = runner.create(ACTIVITIES, Name="halves")
        runner.work()
        yield runner
    assert service.wrong == []


def asked(capsys, *arguments):
    code = run(["journey", *arguments])
    return code, capsys.readouterr().out


def test_a_journey_is_shown_with_who_waits_and_who_went_which_way(found, capsys):
    code, out = asked(capsys, "show", found.journey, "--json")
    shown = json.loads(out)
    half, pause, _ = shown["Activities"]
    (one, two) = half["edges"]
    assert code == 0 and one["count"] + two["count"] == 20 and one["count"] and two["count"]
    assert (one["target"], one["label"], two["target"]) == ("pause", "Branch 1 (50 %)", "")
    assert (shown["Entered"], shown["Inside"], shown["Left"]) == (20, one["count"], two["count"])
    assert (pause["counts"], pause["edges"][0]["count"]) == ({"WAIT_STARTED": one["count"]}, 0)
    found.clock.turn(3 * HOUR)
    found.work()
    _, out = asked(capsys, "show", found.journey)
    assert out.splitlines() == [
        "halves: COMPLETED, 20 entered, 0 inside, 20 left",
        f"half: RandomSplit  [Branch_1 {one['count']}, Branch_2 {two['count']}]",
        f"  {one['count']:>9} -> Branch 1 (50 %): pause",
        f"  {two['count']:>9} -> Branch 2 (50 %): leaves",
        f"pause: Wait PT2H  [WAIT_FINISHED {one['count']}]",
        f"  {one['count']:>9} -> text",
        f"text: SMS one  [SUCCESS {one['count']}]",
        f"  {one['count']:>9} -> leaves",
    ]
    (told,) = found.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=found.journey)[
        "JourneyRunsResponse"
    ]["Item"]
    assert asked(capsys, "show", found.journey, "--run", told["RunId"])[1] == out
    assert asked(capsys, "show", found.journey, "--mermaid")[1].splitlines() == [
        "flowchart TD",
        '  a0["half<br/>RandomSplit"]',
        '  a1["pause<br/>Wait PT2H"]',
        '  a2["text<br/>SMS one"]',
        "  out([leaves])",
        f'  a0 -->|"Branch 1 (50 %): {one["count"]}"| a1',
        f'  a0 -->|"Branch 2 (50 %): {two["count"]}"| out',
        f'  a1 -->|"{one["count"]}"| a2',
        f'  a2 -->|"{one["count"]}"| out',
    ]


def test_journeys_are_listed_with_who_is_inside(found, capsys):
    found.pinpoint.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest={"Name": "draft"})
    rows = json.loads(asked(capsys, "list", "--json")[1])
    assert [(row["Name"], row["State"], row["Entered"]) for row in rows] == [
        ("draft", "DRAFT", 0),
        ("halves", "CLOSED", 20),
    ]
    assert rows[1]["Inside"] + rows[1]["Left"] == 20
    assert (
        asked(capsys, "list", "--csv", "--limit", "1")[1].splitlines()[0]
        == "Id,Name,State,LastModified,Entered,Inside,Left"
    )
    assert "halves" in asked(capsys, "list")[1]


def test_what_is_not_there_is_one_line(found, capsys):
    assert run(["journey", "show", "gone"]) == 1
    assert "Journey 'gone' does not exist" in capsys.readouterr().err
    assert run(["journey", "show", found.journey, "--run", "gone"]) == 1
    assert "has no run 'gone'" in capsys.readouterr().err
    assert run(["journey", "show", found.journey, "--mermaid", "--json"]) == 1


def test_a_draft_without_activities_is_drawn_as_nothing(found, capsys):
    made = found.pinpoint.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest={"Name": "draft"})
    code, out = asked(capsys, "show", made["JourneyResponse"]["Id"])
    assert (code, out.strip()) == (0, "draft: DRAFT, 0 entered, 0 inside, 0 left")


def drawn(activities, start, counts=None):
    journey = {"StartActivity": start, "Activities": activities}
    return [node(name, activities[name], (counts or {}).get(name, {})) for name in ordered(journey)]


def test_ways_that_meet_again_are_drawn_once_and_what_nothing_leads_to_is_left_out():
    activities = {
        "ask": {"ConditionalSplit": {"TrueActivity": "yes", "FalseActivity": "end"}},
        "yes": {"EMAIL": {"TemplateName": "t", "NextActivity": "end"}},
        "end": {"CUSTOM": {"DeliveryUri": "arn:f"}},
        "island": {"Wait": {"WaitTime": {"WaitUntil": "2030-01-02T00:00:00Z"}}},
    }
    counts = {
        "ask": {"Branch_TRUE": 3, "Branch_FALSE": 1_234},
        "yes": {"SUCCESS": 2, "FAILURE_PERMANENT": 1, "WAIT_FOR_QUIET_HOURS": 7},
    }
    assert list(lines(drawn(activities, "ask", counts))) == [
        "ask: ConditionalSplit  [Branch_FALSE 1,234, Branch_TRUE 3]",
        "          3 -> TRUE: yes",
        "      1,234 -> FALSE: end",
        "yes: EMAIL t  [FAILURE_PERMANENT 1, SUCCESS 2, WAIT_FOR_QUIET_HOURS 7]",
        "          3 -> end",
        "end: CUSTOM arn:f",
        "          0 -> leaves",
    ]


def test_a_circle_and_ways_to_nowhere_in_a_draft_do_not_keep_it_from_being_drawn():
    activities = {
        "a": {"Holdout": {"Percentage": 10, "NextActivity": "b"}},
        "b": {
            "MultiCondition": {"Branches": [{"NextActivity": "a"}, {"NextActivity": "gone"}], "DefaultActivity": "c"}
        },
        "c": {"Description": "no kind"},
    }
    text = list(lines(drawn(activities, "a")))
    assert [line for line in text if "gone" in line] == ["          0 -> Branch 2: gone"]
    assert text[0] == "a: Holdout" and "c: nothing" in text
    assert list(mermaid(drawn(activities, "a")))[-1].endswith("| a2")


def test_labels_of_a_flowchart_hold_no_character_that_would_end_them():
    activities = {'a"b<br>#1\n': {"SMS": {"TemplateName": 'x"]'}}}
    (head, *rest) = mermaid(drawn(activities, 'a"b<br>#1\n'))
    assert head == "flowchart TD"
    assert rest[0] == '  a0["a#quot;b#lt;br#gt;#35;1 <br/>SMS x#quot;]"]'


def test_the_report_has_the_journey_with_its_ways_and_the_figures_of_the_execution_metrics(found, tmp_path):
    file = tmp_path / "report.html"
    assert run(["report", "--since", "1d", "--output", str(file)]) == 0
    page = Page(file.read_text())
    assert page.fetched == []
    entered = found.metrics(found.journey)["ENDPOINT_ENTERED"]
    waiting = found.metrics(found.journey, "pause")["WAIT_STARTED"]
    (row,) = page.rows("journeys")
    assert (row["Journey"], row["State"]) == ("halves", "CLOSED")
    assert (row["Entered"], row["Inside"], row["Left"]) == (f"{entered}", f"{waiting}", f"{entered - waiting}")
    ways = {(way["Activity"], way["Leads to"]): way["Participants"] for way in page.rows("journey-0")}
    assert ways == {
        ("half", "pause"): f"{waiting}", ("half", "leaves"): f"{entered - waiting}",
        ("pause", "text"): "0", ("text", "leaves"): "0",
    }  # fmt: skip
    assert f"half to pause: {waiting}" in " ".join(page.alternatives)
    assert page.rows("journey-0")[2]["What became of them"] == f"WAIT_STARTED {waiting}"
