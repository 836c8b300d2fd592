"""The hook as a whole: it answers for all, whatever fails; and what it counts."""

from __future__ import annotations

import json

import pytest

from handlers.campaign_hook import function
from handlers.campaign_hook.filters import MISSING, Fallbacks
from tests.handlers.campaign_hook.conftest import APPLICATION


class Sets:
    def __init__(self, architecture, attribute, error=None):
        self.architecture, self.attribute, self.error = architecture, attribute, error

    def edit(self, event, endpoints):
        fallbacks = Fallbacks()
        for at, (name, endpoint) in enumerate(endpoints.items()):
            if self.error and at == 1:
                raise self.error
            endpoint["Attributes"][self.attribute] = ["edited"]
            if name == "missing":
                fallbacks.add(name, MISSING)
        return fallbacks

    def fall_back(self, endpoints):
        for endpoint in endpoints.values():
            endpoint["Attributes"][self.attribute] = ["default"]


@pytest.fixture
def call(aws, monkeypatch):
    monkeypatch.setenv("FILTERS", "none")
    function._environment.cache_clear()

    def run(*filters, endpoints):
        monkeypatch.setattr(function, "_filters", lambda: filters)
        return function.handler({"CampaignId": "c1", "Endpoints": endpoints}, None)

    yield run
    function._environment.cache_clear()


def metrics(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    names = ("service", "application", "Endpoints", "Fallbacks", "FallbacksMissing", "FallbacksFailed", "Trouble")
    return [{name: line[name] for name in names if name in line} for line in lines]


def test_filters_edit_one_after_the_other_and_attributes_may_be_absent(call, capsys):
    answer = call(
        Sets("one", "A"), Sets("two", "B"), endpoints={"e1": {"Address": "x"}, "missing": {"Attributes": None}}
    )
    assert answer == {
        "e1": {"Address": "x", "Attributes": {"A": ["edited"], "B": ["edited"]}},
        "missing": {"Attributes": {"A": ["edited"], "B": ["edited"]}},
    }
    counted = {"application": APPLICATION, "Endpoints": [2], "Fallbacks": [1], "FallbacksMissing": [1], "Trouble": [0]}
    assert metrics(capsys) == [{"service": "one", **counted}, {"service": "two", **counted}]


def test_a_filter_that_raises_leaves_its_default_with_all_and_the_others_go_on(call, capsys):
    answer = call(
        Sets("one", "A", error=RuntimeError("bug")), Sets("two", "B"), endpoints={f"e{at}": {} for at in range(3)}
    )
    assert answer == {f"e{at}": {"Attributes": {"A": ["default"], "B": ["edited"]}} for at in range(3)}
    first = metrics(capsys)[0]
    assert (first["FallbacksFailed"], first["Trouble"]) == ([3], [3])


def test_no_endpoints_are_no_error(call):
    assert call(Sets("one", "A"), endpoints={}) == {}


def test_the_filters_are_those_of_the_environment_in_its_order(aws, monkeypatch):
    for name, value in {
        "FILTERS": "send_time_attributes,external_templates",
        "ATTRIBUTES_LOOKUP_KEY": "Id",
        "ATTRIBUTES": '[["Offer","offer","none today"]]',
        "ATTRIBUTES_TABLE": "offers",
        "ATTRIBUTES_KEY_COLUMN": "key",
        "ATTRIBUTES_SECONDS": "3",
        "TEMPLATES_BUCKET": "templates",
        "TEMPLATES_PREFIX": "",
        "TEMPLATES_FOLDER": "news",
        "TEMPLATES_ATTRIBUTE": "ExternalTemplate",
        "TEMPLATES_LANGUAGE_FIELD": "Demographic.Locale",
        "TEMPLATES_DEFAULT_LANGUAGE": "en",
        "TEMPLATES_DEFAULT_SUBJECT": "s",
        "TEMPLATES_DEFAULT_HTML": "h",
        "TEMPLATES_SECONDS": "3",
        "TEMPLATES_FRESH_SECONDS": "60",
    }.items():
        monkeypatch.setenv(name, value)
    function._environment.cache_clear()
    function._filters.cache_clear()
    try:
        for part, text in (("subject.txt", "News"), ("body.html", "<b>{{Attributes.Offer}}</b>")):
            aws.client("s3").put_object(Bucket="templates", Key=f"news/en/{part}", Body=text.encode())
        aws.resource("dynamodb").Table("offers").put_item(Item={"key": "e1", "offer": "tea"})
        endpoints = {name: {"ChannelType": "EMAIL"} for name in ("e1", "e2")}
        answer = function.handler({"CampaignId": "c1", "Endpoints": endpoints}, None)
    finally:
        function._environment.cache_clear()
        function._filters.cache_clear()
    assert [answer[name]["Attributes"]["html"] for name in ("e1", "e2")] == [["<b>tea</b>"], ["<b>none today</b>"]]
