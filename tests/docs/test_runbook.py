"""The runbook tells of every alarm that any stack has, and of every place where failures are, and of no others."""

import re

import pytest

from docs.generate import FOLDER
from tests.conftest import run_stack, whole_config

PAGE = (FOLDER / "runbook.md").read_text(encoding="utf-8")
QUERY = {"name": "nightly", "expression": "rate(1 day)", "type": "mutate", "query": "SELECT 1"}
ALARM = re.compile(r"`([a-z0-9-]+(?:-alarm|-trouble))`")
PLACE = re.compile(r"`([a-z0-9-]+-(?:dead-letters|runs|errors|refused))`")


@pytest.fixture(scope="module")
def everything():
    config = whole_config("everything")
    config["federatedSegmentation"] = {**config["federatedSegmentation"], "schedules": [QUERY]}
    return run_stack("everything", config)


def test_every_alarm_is_in_the_runbook_and_no_other(everything):
    assert set(ALARM.findall(PAGE)) == {alarm.name for alarm in everything.of("MetricAlarm")}


def test_every_failure_place_is_in_the_runbook_and_no_other(everything):
    assert set(PLACE.findall(PAGE)) == {place["name"] for place in everything.outputs["failurePlaces"]}


def test_what_can_be_redriven_is_told_to_be_and_nothing_else_is(everything):
    told = set(re.findall(r"redrive `([a-z0-9-]+)`(?: or `([a-z0-9-]+)`)?", PAGE))
    names = {name for pair in told for name in pair if name}
    ways = {place["name"]: place["redrive"]["by"] for place in everything.outputs["failurePlaces"]}
    assert names == {name for name, way in ways.items() if way != "none" and not name.endswith("-errors")}
