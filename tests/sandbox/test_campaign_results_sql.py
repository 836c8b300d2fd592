"""SQL, the results and the metrics count a campaign alike, whatever comes twice, late, out of order, or to one who dies."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.campaigns.figures import results
from commands.report.gathering import Report
from commands.report.page import page
from components.event_database_views import table
from components.event_database_views.view import View
from components.event_database_views.views import VIEWS
from handlers.engagement.metrics.cells import campaign_pk
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.metrics.kpis import CAMPAIGN_KPIS, result
from handlers.engagement.metrics.rows import read_rows
from handlers.engagement.operations import campaign_results
from handlers.event_database.transformation import Rows
from handlers.self_managed_opt_outs.inbound import Inbound
from handlers.self_managed_opt_outs.opt_out_event import opt_out_event
from handlers.shared.event_stream import Event
from handlers.shared.tables import Page, Table
from sandbox.folder import REPOSITORY
from sandbox.repairs import trino
from sandbox.repairs.trino_engine import Relation, opened
from tests.handlers.engagement.metrics.delivery_events import APPLICATION, NOW, campaign, iso, mail, text
from tests.handlers.engagement.metrics.memory_table import MemoryTable
from tests.sandbox import campaign_figures
from tests.sandbox.campaign_figures import Figures, differences

QUERY = (REPOSITORY / "docs" / "examples" / "campaign-results.sql").read_text()
EMAIL_KINDS = (
    "Send", "Delivery", "Open", "Click", "Unsubscribe", "Bounce", "Soft", "Complaint", "Reject", "Rendering Failure",
)  # fmt: skip
TEXT_KINDS = ("TEXT_QUEUED", "TEXT_SUCCESSFUL", "TEXT_DELIVERED", "TEXT_UNREACHABLE", "TEXT_BLOCKED")
FIRST = (NOW - timedelta(days=90)).date().isoformat()


class Counters(MemoryTable):
    """A table in memory that can be read by partition too."""

    def page(self, pk: str, *, after: str | None = None, **_: Any) -> Page:
        rows = sorted((sk, item) for (own, sk), item in self.items.items() if own == pk and sk > (after or ""))
        return Page([{"pk": pk, "sk": sk, **item} for sk, item in rows], None)


class KilledError(BaseException):
    """The process that counts ends."""


def stop(answered: str, person: str = "+12065550100", *, seconds: float = 5) -> Event:
    """The event of a text that opts its sender out. answered: the message that it answers."""
    at = iso(NOW + timedelta(seconds=seconds))
    return opt_out_event(
        Inbound(person, "+16045550101", "STOP", f"in-{answered}-{seconds}", at, answered), APPLICATION, "1"
    )


def told() -> list[Event]:
    """Everything that can be told of eight emails and six texts of two runs, and of two messages of nobody's campaign."""
    events = []
    for number in range(8):
        run = campaign("c1", f"r{number % 2}")
        days = (0, 0, 1, 89, 90, 91)[number % 6]
        for kind in EMAIL_KINDS if number % 2 else [kind for kind in EMAIL_KINDS if kind != "Bounce"]:
            events += mail(f"m{number}", kind, person=f"e{number % 5}", days_ago=days, **run)
        events += mail(f"m{number}", "Click", person=f"e{number % 5}", days_ago=days, after=90, **run)
    for number in range(6):
        run = campaign("c1", f"r{number % 2}")
        for at, kind in enumerate(TEXT_KINDS):
            more = {
                "person": f"e{number}",
                "days_ago": 1 - at / 10 if number % 2 else 1,
                "price": 0.00581 * (1 + at % 2),
            }
            events += text(f"t{number}", kind, parts=1 + at % 3, **more, **run)
        events += [stop(f"t{number}"), stop(f"t{number}", seconds=90)]
    events += [*mail("x1", "Open"), *text("x2", "TEXT_DELIVERED"), stop("x2"), stop("never-heard-of")]
    return events


EVENTS = told()


def rows_of_sql(folder: Path, hours: Sequence[Sequence[Event]]) -> dict[str, Mapping[str, Any]]:
    """The query's rows by campaign."""
    names, found = asked(folder, hours, QUERY.replace("current_timestamp", f"TIMESTAMP '{NOW:%Y-%m-%d %H:%M:%S} UTC'"))
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}


def asked(
    folder: Path, hours: Sequence[Sequence[Event]], query: str, views: Sequence[View] = ()
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a query, on events as the event database has them, by the hour in which they arrived."""
    rows, files = Rows(table.EVENT_COLUMNS), []
    for ago, events in enumerate(hours):
        file = folder / f"{NOW - timedelta(hours=ago):%Y/%m/%d/%H}" / "part"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(rows.outcome(json.dumps(event), event).data for event in events))
        files.append(str(file))
    catalog = {
        "StorageDescriptor": {
            "Location": "s3://bucket/events/",
            "Columns": [{"Name": name, "Type": kind} for name, kind in table.COLUMNS.items()],
            "SerdeInfo": {"SerializationLibrary": table.FORMAT["serde"]},
        },
        "PartitionKeys": [{"Name": table.PARTITION, "Type": "string"}],
        "Parameters": {"storage.location.template": f"s3://bucket/events/${{{table.PARTITION}}}/"},
    }
    relations = {("db", table.TABLE): Relation(trino.json_relation(catalog, files, str(folder)))}
    relations |= {("db", view.name): Relation(statement=trino.parsed(view.sql()), database="db") for view in views}
    with opened(relations) as engine:
        return engine.values(trino.parsed(query), "db")


def results_of(counters: Counters, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `campaign results` tells."""
    tables: Any = SimpleNamespace(tables=SimpleNamespace(sends=counters))
    call: Any = SimpleNamespace(service=tables, application_id=APPLICATION)
    monkeypatch.setattr(campaign_results, "get_campaign", lambda _: {"Id": "c1"})
    monkeypatch.setattr(campaign_results.time, "time", NOW.timestamp)
    counted = campaign_results.get_campaign_results(call)
    activities = [{"Id": f"r{at}", "State": "COMPLETED", "ExecutionMetrics": {}} for at in range(2)]
    return results({"Id": "c1", "State": {"CampaignStatus": "COMPLETED"}}, activities, counted)


def kpis_of(counters: Any) -> Figures:
    """What the metrics tell, over all days that they reach."""
    rows = read_rows(counters, campaign_pk(APPLICATION, "c1"), FIRST, "2026-12-01")
    return campaign_figures.of_kpis(lambda name: (result(CAMPAIGN_KPIS, name, rows, FIRST) or {})["Rows"])


def plainly_counted(events: Sequence[Event]) -> dict[str, int]:
    """Some of the figures as a child would count them: by looking at every event of every message."""
    of: dict[str, set[str]] = {}
    earliest = int((NOW - timedelta(days=90)).replace(hour=0).timestamp() * 1000)
    for event in events:
        email = event.get("facets", {}).get("email_channel", {}).get("mail_event", {}).get("mail", {})
        if event["event_timestamp"] >= earliest:
            name = email.get("message_id") or event["attributes"]["message_id"]
            of.setdefault(name, set()).add(event["event_type"])
    emails = [kinds for name, kinds in of.items() if name.startswith("m")]
    texts = [kinds - {"_SMS.OPTOUT"} for name, kinds in of.items() if name.startswith("t")]
    return {
        "emails_sent": sum(bool(kinds - {"_email.rendering_failure"}) for kinds in emails),
        "opened": sum("_email.open" in kinds for kinds in emails),
        "clicked": sum("_email.click" in kinds for kinds in emails),
        "opted_out_by_email": sum("_email.unsubscribe" in kinds for kinds in emails),
        "texts_sent": sum(bool(kinds) for kinds in texts),
        "opted_out_by_text": sum(
            "_SMS.OPTOUT" in kinds and kinds != {"_SMS.OPTOUT"} for name, kinds in of.items() if name.startswith("t")
        ),
    }


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_sql_results_and_metrics_are_the_same_to_the_unit_in_any_order_with_repetitions_and_a_death(data):
    chosen = data.draw(st.lists(st.sampled_from(range(len(EVENTS))), unique=True, min_size=1))
    again = data.draw(st.lists(st.sampled_from(chosen)))
    arrived = [EVENTS[at] for at in data.draw(st.permutations(chosen + again))]
    counters, dies = Counters(), data.draw(st.integers(0, 3))

    def die() -> None:
        nonlocal dies
        dies -= 1
        if dies == 0:
            raise KilledError

    counters.before = die
    left, hours = arrived, []
    while left:
        size = data.draw(st.integers(1, len(left)))
        hours.append(left[:size])  # whoever dies has written to the stream already, and writes again
        try:
            Metrics(as_table(counters), clock=NOW.timestamp).count(left[:size])
        except KilledError:
            continue
        left = left[size:]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        found = rows_of_sql(Path(folder), hours)
        shown = results_of(counters, patch)
    plain = plainly_counted([EVENTS[at] for at in chosen])
    if "c1" not in found:
        assert not any(number for name, number in plain.items() if name != "opted_out_by_text"), found
        assert not counters.counters().keys() & {campaign_pk(APPLICATION, "c1")}
        return
    assert found.keys() == {"c1"}
    sql = campaign_figures.of_sql(found["c1"])
    assert differences(sql, campaign_figures.of_results(shown)) == {}
    assert differences(sql, kpis_of(counters)) == {}
    assert differences(sql, {name: float(number) for name, number in plain.items()}) == {}
    html = page(Report("c1", shown, {}, []), "now")
    assert differences(sql, {**campaign_figures.of_report(html), "sent": sql["sent"]}) == {}


@pytest.mark.parametrize("order", [1, -1])
def test_all_that_can_be_told_is_counted_alike_forth_and_back(order, tmp_path, monkeypatch):
    counters, arrived = Counters(), EVENTS[::order]
    Metrics(as_table(counters), clock=NOW.timestamp).count(arrived)
    (row,) = rows_of_sql(tmp_path, [arrived, arrived[:50]]).values()
    sql = campaign_figures.of_sql(row)
    shown = campaign_figures.of_results(results_of(counters, monkeypatch))
    assert differences(sql, shown) == {} and differences(sql, kpis_of(counters)) == {}
    assert shown["opted_out"] == 7 + 6 and shown["texts_sent"] == 6 and shown["clicked"] == 7


def test_who_opted_out_is_told_with_the_campaign_also_where_a_text_was_answered(tmp_path):
    [query] = re.findall(r"```sql\n(.*?)```", (REPOSITORY / "docs" / "results.md").read_text(), re.DOTALL)
    _, found = asked(tmp_path, [EVENTS, EVENTS], query, VIEWS)
    assert {row for row in found if row[2] == "SMS"} == {("c1", f"e{number}", "SMS") for number in range(6)}
    assert len(found) == len(set(found)) == 5 + 6


def as_table(counters: Counters) -> Table:
    """In the place of a table."""
    made: Any = counters
    return made


def test_a_stop_counts_for_the_campaign_whose_text_it_answers_once_and_for_no_other_message():
    counters = Counters()
    mine = text("t1", "TEXT_DELIVERED", **campaign())
    Metrics(as_table(counters), clock=NOW.timestamp).count([stop("t1"), *mine, stop("t1", seconds=60), stop("t9")])
    assert counters.counters()[f"KPI#{APPLICATION}#C#c1", f"{NOW.date()}#r1"]["s_opted_out"] == 1
    assert not [key for key in counters.counters() if key[1].endswith("#-")]


def test_a_difference_is_seen():
    row = {
        "emails_sent": 2,
        "emails_delivered": 1,
        "opened": 1,
        "clicked": 0,
        "hard_bounced": 1,
        "rejected": 0,
        "not_rendered": 0,
    }
    row |= {"texts_sent": 0, "texts_delivered": 0, "texts_failed": 0, "opted_out_by_email": 0, "opted_out_by_text": 0}
    sql = campaign_figures.of_sql(row)
    assert differences(sql, {"opened": 2, "open_rate": 0.9999, "sent": 2}) == {
        "opened": (1, 2),
        "open_rate": (1, 0.9999),
    }
