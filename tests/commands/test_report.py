"""`engagement report`: one file, the figures of `campaign results`, readable by people, printers and screen readers."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from commands.campaigns import figures as campaign_figures
from commands.command import run
from commands.errors import CommandError
from commands.report.gathering import DAILY, first_day, of_all, of_campaign, today
from commands.report.page import MOST_ROWS, OVERVIEW, RATES, figure, page
from tests.commands.test_campaign import ran
from tests.handlers.engagement.campaigns.conftest import CAMPAIGN, campaign
from tests.handlers.engagement.conftest import one_call_at_a_time, world

__all__ = ["campaign", "one_call_at_a_time", "ran", "world"]

VOID = {"meta", "link", "br", "img", "hr", "input", "path", "line", "rect", "circle"}
MEGABYTE = 1_000_000
MADE_AT = "2026-11-29 12:00 UTC"


class Page(HTMLParser):
    """A page as a person finds their way in it: headings, charts' words, tables by id, and whatever would be fetched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[tuple[str, str]] = []
        self.alternatives: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.captions = 0
        self.scopes = 0
        self.language = ""
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self._into: list[str] | None = None
        self.feed(html)
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if given.get("id") else []
        self.fetched += [given[name] for name in ("src", "srcset", "data", "xlink:href") if given.get(name)]
        self.fetched += [given["href"]] if given.get("href") and not given["href"].startswith("#") else []
        self.fetched += ["script"] if tag in ("script", "iframe", "link", "object", "embed") else []
        self.language = given.get("lang") or self.language
        self.captions += tag == "caption"
        self.scopes += "scope" in given
        if given.get("role") == "img":
            self.alternatives.append(given["aria-label"])
        if tag == "table":
            self.tables[given["id"]] = []
        if tag == "tr":
            self._table().append([])
        if tag in ("td", "th"):
            self._table()[-1].append("")
            self._into = self._table()[-1]
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self._open.pop() == tag
        if tag in ("td", "th"):
            self._into = None

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.text += data
        if self._into is not None:
            self._into[-1] += data
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            tag, said = self.headings[-1]
            self.headings[-1] = (tag, said + data)

    def _table(self):
        return self.tables[list(self.tables)[-1]]

    def rows(self, name):
        """A table's rows as values by heading, the first cell's heading as it is."""
        heading, *rows = self.tables[name]
        return [dict(zip(heading, row, strict=True)) for row in rows]

    def figures(self, name, column):
        """A column by the first cell."""
        return {row[0]: row[self.tables[name][0].index(column)] for row in self.tables[name][1:]}


def shown(name, value):
    return figure(value) if name not in RATES else "-" if value is None else f"{value:.2%}"


LONG = "an_activity_with_the_longest_name_that_anybody_would_give_it"
ACTIVITIES = {
    "0": {"RandomSplit": {"Branches": [{"Percentage": 20, "NextActivity": f"{LONG}_{at}"} for at in range(5)]}},
    **{
        f"{LONG}_{at}": {"SMS": {"TemplateName": LONG, "NextActivity": f"{LONG}_{at + 5}" if at < 15 else ""}}
        for at in range(20)
    },
}


class Told:
    """A project of one campaign of a million people or fewer, by what its API would answer.

    runs: how many it had. journeys: how many of the same people there are.
    """

    def __init__(
        self, people: int, runs: int = 1, name: str = "Autumn", began: date | None = None, journeys: int = 0
    ) -> None:
        each, self.name = people // runs, name
        self._people, self._journeys = people, journeys
        self.began = began or today()
        odd = min(each, 7)
        statuses = {"SUCCESS": each - odd, "OPT_OUT": odd - 3, "HOLDOUT": 3} if odd > 3 else {"SUCCESS": each}
        sent = statuses["SUCCESS"]
        hard, complained = sent // 50, sent // 900
        mails = {
            "Sent": sent, "Delivered": sent - hard, "Opened": sent // 3, "Clicked": sent // 9, "Clicks": sent // 8,
            "Unsubscribed": sent // 700, "Complained": complained, "HardBounced": hard, "SoftBounced": sent // 400,
            "Rejected": 0, "NotRendered": 0,
        }  # fmt: skip
        texts = {"Sent": 0, "Delivered": 0, "Failed": 0, "Parts": 0}
        day = {name: mails[name] for name in ("Sent", "Delivered", "HardBounced", "SoftBounced", "Complained")}
        reasons = {"Permanent/General": hard, "Transient/MailboxFull": sent // 400} if hard else {}
        self._activities = [
            {
                "Id": f"a{at}", "State": "COMPLETED", "Start": f"{self.began - timedelta(days=at % 60)}T09:00:00.000Z",
                "ExecutionMetrics": {status: str(number) for status, number in statuses.items()},
            }
            for at in range(runs)
        ]  # fmt: skip
        self._items = [
            {
                "ActivityId": f"a{at}", "Email": mails, "Sms": {**texts, "PriceInMillicents": 0.0},
                "Reasons": {"EMAIL": reasons, "SMS": {}},
                "Days": [{"Day": str(self.began - timedelta(days=at % 60)), "Email": day, "Sms": texts}],
            }
            for at in range(runs)
            if sent
        ]  # fmt: skip

    def campaigns(self):
        return iter([self.campaign("c")])

    def campaign(self, identifier):
        return {"Id": identifier, "Name": self.name, "State": {"CampaignStatus": "COMPLETED"}, "SegmentId": "s"}

    def activities(self, identifier):
        return self._activities

    def counted(self, identifier):
        return {"Item": self._items, "UniqueDeliveries": sum(item["Email"]["Delivered"] for item in self._items)}

    def segment(self, identifier):
        return {"Name": "All", "SegmentType": "IMPORT", "ImportDefinition": {"Size": 1_000_000}}

    def journeys(self):
        for at in range(self._journeys):
            yield {
                "Id": f"j{at}", "Name": f"{self.name} {at}", "State": "ACTIVE", "StartActivity": "0",
                "LastModifiedDate": f"{self.began}T09:00:00.000Z", "Activities": ACTIVITIES,
            }  # fmt: skip

    def journey_counts(self, identifier, activity="", run=""):
        if not activity:
            return {"ENDPOINT_ENTERED": self._people, "ENDPOINT_ACTIVE": self._people // 3}
        if "RandomSplit" in ACTIVITIES[activity]:
            return {f"Branch_{at}": self._people // 5 for at in range(1, 6)}
        return {"SUCCESS": self._people // 5, "ENDPOINT_PRODUCED_TOO_MANY": 0, "OPT_OUT": self._people // 500}

    def results(self):
        return campaign_figures.results(self.campaign("c"), self.activities("c"), self.counted("c"))


@pytest.mark.parametrize("people", [0, 1, 5_000, 1_000_000])
def test_the_figures_are_those_of_campaign_results_at_any_size_and_the_file_stays_small(people):
    told = Told(people)
    html = page(of_campaign(told, "c"), MADE_AT)
    found, expected = Page(html), told.results()
    funnel = found.figures("funnel", "Count")
    assert funnel == {
        label: f"{expected[name]:,}"
        for name, label in (("Audience", "Targeted"), ("Sent", "Sent"), ("Delivered", "Delivered"), ("Opened", "Opened"), ("Clicked", "Clicked"))
    }  # fmt: skip
    fallen = found.figures("fallen", "Figure")
    for name, label in (("LeftOut", "Left out"), ("Failed", "Failed"), ("OptedOut", "Opted out"), ("Complained", "Complained")):  # fmt: skip
        assert fallen[label] == f"{expected[name]:,}"
    for name, label in RATES.items():
        assert fallen[label] == shown(name, expected[name])
    assert fallen["People who got at least one"] == f"{expected['UniqueDeliveries']:,}"
    mailed = sum(item["Email"]["Sent"] for item in told.counted("c")["Item"])
    assert expected["EmailSpendDollars"] == round(mailed / 10_000, 6)
    assert fallen["Spent on emails by SES's list price, US dollars"] == figure(expected["EmailSpendDollars"])
    assert (
        {row["Reason"]: row["Count"] for row in found.rows("reasons")}
        == {each["Reason"]: f"{each['Count']:,}" for each in expected["Reasons"]}
        if expected["Reasons"]
        else "No message is known to have failed." in found.text
    )
    assert len(html.encode()) < MEGABYTE / 5
    assert f"{people:,} targeted" in found.text


def test_the_days_add_up_to_what_was_sent():
    told = Told(1_000_000, runs=40)
    rows = Page(page(of_campaign(told, "c"), MADE_AT)).rows("over-time")
    assert len(rows) == 40
    assert [row["Day"] for row in rows] == sorted(row["Day"] for row in rows)
    sent = sum(int(row["Sent"].replace(",", "")) for row in rows)
    assert sent == sum(item["Email"]["Sent"] for item in told.counted("c")["Item"])
    assert len(DAILY) == len(rows[0]) - 1


def test_a_campaign_of_thousands_of_runs_is_a_small_page_that_says_where_the_others_are():
    told = Told(1_000_000, runs=2_160)
    html = page(of_campaign(told, "c"), MADE_AT)
    assert len(html.encode()) < MEGABYTE
    found = Page(html)
    assert len(found.rows("runs")) == MOST_ROWS
    assert f"The first {MOST_ROWS} of 2,160" in found.text


@pytest.mark.parametrize("people", [0, 1_000_000])
def test_the_page_needs_nothing_from_anywhere_and_is_read_aloud_in_order(people):
    html = page(of_campaign(Told(people), "c"), MADE_AT)
    found = Page(html)
    assert found.fetched == []
    addresses = set(re.findall(r"https?://[^\s\"'<>)]*", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in html and "url(" not in html
    assert found.language == "en"
    assert [tag for tag, _ in found.headings].count("h1") == 1 and found.headings[0] == ("h1", "Autumn")
    assert all(tag == "h2" and said for tag, said in found.headings[1:])
    assert len(found.ids) == len(set(found.ids))
    assert len(found.alternatives) == html.count("<svg") and all(found.alternatives)
    assert found.captions == len(found.tables)
    assert found.scopes >= sum(len(rows[0]) + len(rows) - 1 for rows in found.tables.values())
    assert "@media print" in html and "viewport" in html


def test_a_charts_words_have_its_figures():
    told = Told(1_000_000)
    found, expected = Page(page(of_campaign(told, "c"), MADE_AT)), told.results()
    assert f"Targeted: {expected['Audience']:,}; Sent: {expected['Sent']:,}" in found.alternatives[0]


def test_without_anything_sent_there_is_no_empty_chart():
    found = Page(page(of_campaign(Told(0), "c"), MADE_AT))
    assert [words for words in found.alternatives if "1,000,000" not in words] == []
    assert "Nothing was counted on any day." in found.text


@pytest.mark.parametrize(
    ("hard", "verdict"),
    [(49, "below"), (50, "above what SES recommends"), (100, "above what SES"), (101, "above the limit at which SES")],
)
def test_bounces_are_judged_by_ses_limits(hard, verdict):
    told = Told(1_007)
    for item in told.counted("c")["Item"]:
        item["Email"] = {**item["Email"], "Sent": 1_000, "HardBounced": hard}
    (row, _, _) = Page(page(of_campaign(told, "c"), MADE_AT)).rows("limits")
    assert (row["Rate"], row["Count"], row["Here"]) == ("Hard bounces", str(hard), f"{hard / 1000:.2%}")
    assert row["Verdict"].startswith(verdict)


def test_names_are_text_and_never_markup():
    name = "<script>alert('x')</script>&\"é"
    html = page(of_campaign(Told(100, name=name), "c"), MADE_AT)
    assert Page(html).headings[0] == ("h1", name)
    assert "<script" not in html


def test_a_report_of_all_is_of_the_runs_since_that_day_alone():
    told = Told(1_000_000, runs=40)
    since = today() - timedelta(days=9)
    report = of_all(told, since)
    found = Page(page(report, MADE_AT))
    items = told.counted("c")["Item"][:10]
    assert report.figures["Sent"] == sum(item["Email"]["Sent"] for item in items)
    assert [row["Day"] for row in found.rows("over-time")] == [str(since + timedelta(days=at)) for at in range(10)]
    (row,) = found.rows("campaigns")
    assert row["Name"] == "Autumn" and row["Sent"] == f"{report.figures['Sent']:,}"
    assert "People who got at least one" not in found.text
    nothing = Page(page(of_all(Told(10, began=today() - timedelta(days=30)), today()), MADE_AT))
    assert "0 targeted, 0 sent" in nothing.text and "No segment was written to." in nothing.text


def test_a_ways_label_has_both_of_its_ends():
    found = Page(page(of_all(Told(1000, journeys=1), today()), MADE_AT))
    (ways,) = [words for words in found.alternatives if "0 to an_activi\N{HORIZONTAL ELLIPSIS}" in words]
    assert "an_activi\N{HORIZONTAL ELLIPSIS} to an_activi\N{HORIZONTAL ELLIPSIS}: 202" in ways


def test_a_service_that_tells_no_days_makes_a_report_without_them():
    told = Told(500)
    for item in told.counted("c")["Item"]:
        del item["Days"]
    assert "Nothing was counted on any day." in Page(page(of_campaign(told, "c"), MADE_AT)).text


@pytest.mark.parametrize(("given", "back"), [("30d", 30), ("0d", 0), ("90d", 90)])
def test_days_back_are_counted_from_today(given, back):
    assert first_day(given, date(2026, 11, 29)) == date(2026, 11, 29) - timedelta(days=back)
    assert first_day("2026-11-01", date(2026, 11, 29)) == date(2026, 11, 1)


@pytest.mark.parametrize("given", ["91d", "-1d", "d", "yesterday", "2026-11-30", "2026-02-30", "20d ", "9" * 30 + "d"])
def test_a_day_that_is_none_or_out_of_reach_says_what_is_allowed(given):
    with pytest.raises(CommandError, match=r"--since is .*allowed: "):
        first_day(given, date(2026, 11, 29))


def test_the_command_writes_what_the_service_counted(ran, capsys, tmp_path):
    file = tmp_path / "r.html"
    assert run(["report", CAMPAIGN, "--output", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: Autumn\n"
    assert run(["campaign", "results", CAMPAIGN, "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    found = Page(file.read_text(encoding="utf-8"))
    (row,) = found.rows("runs")
    for name, label in OVERVIEW.items():
        if name not in ("When", "State"):
            assert row[label] == shown(name, expected[name]), name
    (day,) = found.rows("over-time")
    assert (day["Sent"], day["Delivered"], day["Failed texts"]) == ("8", "7", "1")
    assert found.rows("left-out") == [{"Reason": "FAILURE_PERMANENT", "Count": "1"}]
    assert run(["report", "--since", "7d", "--output", str(file)]) == 0
    (row,) = Page(file.read_text(encoding="utf-8")).rows("campaigns")
    assert (row["Name"], row["Sent"], row["Delivered"]) == ("Autumn", "10", "7")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([CAMPAIGN, "--since", "7d"], "give a campaign or --since, not both"),
        (["nothing"], "NotFoundException"),
        (["--since", "100d"], "--since is '100d'; allowed"),
        (["--output", "/nowhere/at/all.html"], "cannot be written: No such file"),
    ],
)
def test_what_is_wrong_is_one_line_of_error(ran, capsys, arguments, said):
    assert run(["report", *arguments]) == 1
    assert said in capsys.readouterr().err
