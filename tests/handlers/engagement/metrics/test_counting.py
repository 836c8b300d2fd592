"""Counters are right whatever the order, the repetitions and the batches in which events arrive, and whoever dies meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.engagement.metrics import counting
from handlers.engagement.metrics.cells import day_of
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.metrics.message import observed
from handlers.engagement.metrics.people import distinct
from handlers.shared import claims
from handlers.shared.claims import ContendedError
from handlers.shared.event_stream import Event
from tests.handlers.engagement.metrics.delivery_events import APPLICATION, NOW, campaign, mail, text
from tests.handlers.engagement.metrics.memory_table import MemoryTable

APP = f"KPI#{APPLICATION}"
TODAY, YESTERDAY = "2026-11-29", "2026-11-28"


def counted(*batches: Iterable[Event]) -> MemoryTable:
    table = MemoryTable()
    for batch in batches:
        metrics(table).count(batch)
    return table


def metrics(table: MemoryTable, **given: object) -> Metrics:
    return Metrics(table, clock=NOW.timestamp, **given)  # type: ignore[arg-type]


def test_a_campaigns_email_counts_for_its_run_its_campaign_and_its_recipient():
    run = campaign()
    events = [
        *mail("m1", "Send", **run),
        *mail("m1", "Delivery", **run),
        *mail("m1", "Open", **run),
        *mail("m1", "Click", **run),
    ]
    own = {"e_sent": 1, "e_delivered": 1, "e_opened": 1, "e_clicked": 1, "e_clicks": 1}
    assert counted(events).counters() == {
        (APP, f"{TODAY}#c1"): {**own, "u_0": 1},
        (APP, f"{TODAY}#*"): {"u_0": 1},
        (f"{APP}#C#c1", f"{TODAY}#r1"): own,
        (f"{APP}#C#c1", f"{TODAY}#*"): {"u_0": 1},
    }


def test_each_kind_of_email_event_has_its_counter_and_what_bounced_was_not_delivered():
    kinds = ("Send", "Bounce", "Soft", "Reject", "Rendering Failure", "Complaint", "Unsubscribe")
    events = [event for number, kind in enumerate(kinds) for event in mail(f"m{number}", kind)]
    assert counted(events).counters() == {
        (APP, f"{TODAY}#-"): {
            "e_sent": 6,
            "e_delivered": 3,
            "e_hard": 1,
            "e_soft": 1,
            "e_rejected": 1,
            "e_unrendered": 1,
            "e_complained": 1,
            "e_clicked": 1,
            "e_clicks": 1,
            "e_unsubscribed": 1,
            "e_reason_Permanent/General": 1,
            "e_reason_Transient/MailboxFull": 1,
            "e_reason_Rejected": 1,
            "e_reason_RenderingFailure": 1,
            "uk_0": 1,
        }
    }


def test_a_campaigns_soft_bounce_counts_as_delivered_as_in_pinpoint():
    counters = counted(mail("m1", "Soft", **campaign())).counters()[f"{APP}#C#c1", f"{TODAY}#r1"]
    assert counters == {"e_sent": 1, "e_delivered": 1, "e_soft": 1, "e_reason_Transient/MailboxFull": 1}


def test_a_text_counts_by_country_with_its_parts_price_and_reason():
    events = [
        *text("m1", "TEXT_DELIVERED", parts=2, price=0.0129),
        *text("m2", "TEXT_BLOCKED", country="DE", price=0.000001),
        *text("m3", "TEXT_QUEUED", price=0.00645),
    ]
    assert counted(events).counters() == {
        (APP, f"{TODAY}#-"): {
            "s_sent_US": 2,
            "s_delivered_US": 1,
            "s_parts_US": 3,
            "s_delivered_parts_US": 2,
            "s_price_US": 1_935_000_000,
            "s_sent_DE": 1,
            "s_failed_DE": 1,
            "s_parts_DE": 1,
            "s_price_DE": 100_000,
            "s_reason_BLOCKED": 1,
        }
    }


def test_a_texts_latest_final_event_and_price_count_and_its_first_day():
    run = campaign()
    events = [
        *text("m1", "TEXT_QUEUED", days_ago=1, price=0.01, **run),
        *text("m1", "TEXT_SUCCESSFUL", days_ago=0.9, price=0.01, **run),
        *text("m1", "TEXT_UNREACHABLE", days_ago=0, price=0.02, **run),
    ]
    expected = {"s_sent": 1, "s_failed": 1, "s_parts": 1, "s_price": 2_000_000_000, "s_reason_UNREACHABLE": 1}
    for order in (events, events[::-1]):
        counters = counted(*([event] for event in order)).counters()
        assert counters == {(APP, f"{YESTERDAY}#c1"): expected, (f"{APP}#C#c1", f"{YESTERDAY}#r1"): expected}


def test_a_journeys_email_counts_for_the_journey_alone():
    events = mail("m1", "Open", journey_id="j1", journey_activity_id="a1", journey_run_id="x")
    assert counted(events).counters() == {
        (f"{APP}#J#j1", f"{TODAY}#a1"): {"e_sent": 1, "e_delivered": 1, "e_opened": 1}
    }


def test_an_event_that_tells_nothing_new_writes_nothing():
    events = mail("m1", "Open", **campaign())
    table = counted(events)
    written = table.writes
    assert metrics(table).count([*events, *events, *mail("m1", "Open", after=90, **campaign())]) == 0
    assert table.writes == written == 6  # message, recipient, four rows


def test_a_bounce_that_comes_late_takes_its_recipient_back_where_no_other_message_reached_them():
    first, second = (mail(f"m{number}", "Delivery", **campaign("c1", f"r{number}")) for number in (1, 2))
    table = counted(first, second, mail("m1", "Bounce", **campaign("c1", "r1")))
    assert table.counters()[APP, f"{TODAY}#*"] == {"u_0": 1}
    metrics(table).count(mail("m2", "Bounce", **campaign("c1", "r2")))
    assert (APP, f"{TODAY}#*") not in table.counters()
    assert table.counters()[APP, f"{TODAY}#c1"]["e_hard"] == 2


FORMER = {"kinds": ["send", "unsubscribe"], "clicks": ["u1", "u2"], "unsubscribes": ["u1", "u2"]}
FORMER_COUNTERS = {"e_sent": 1, "e_delivered": 1, "e_clicked": 1, "e_clicks": 2, "e_unsubscribed": 2}
RUN_ROW = (f"{APP}#C#c1", f"{TODAY}#r1")


@pytest.fixture(params=[{}, {"e_opted_out": 1}], ids=["without a counter", "with one of messages"])
def former(request) -> MemoryTable:
    """A message with two clicks on an unsubscribe link, as it was stored before further clicks had a counter."""
    [event] = mail("m1", "Send", **campaign())
    observation = observed(event)
    message = {**json.loads(observation.message.to_json()), **FORMER}
    table = MemoryTable()
    table.items[f"MSG#{observation.key}", "-"] = {"doc": json.dumps(message), "v": 2, "expires": 1}
    for pk, row in (RUN_ROW, (APP, f"{TODAY}#c1")):
        table.items[pk, f"{row}#0"] = {**FORMER_COUNTERS, **request.param, "expires": 1}
    return table


def opted_out(table: MemoryTable, row: tuple[str, str] = RUN_ROW) -> int:
    counters = table.counters().get(row, {})
    assert all(number >= 0 for number in counters.values()), counters
    return counters.get("e_unsubscribed", 0) - counters.get("e_unsubscribed_again", 0)


def test_opt_outs_that_were_counted_by_click_stay_and_the_message_s_next_one_counts_them_once(former):
    assert opted_out(former) == 2
    metrics(former).count(mail("m1", "Open", **campaign()))
    assert opted_out(former) == 2
    for after in (90, 90, 120):
        metrics(former).count(mail("m1", "Unsubscribe", after=after, **campaign()))
        assert opted_out(former) == 1
    assert former.counters()[RUN_ROW]["e_unsubscribed"] == 4


def test_opt_outs_of_a_message_that_was_counted_by_click_move_with_it_to_another_day(former):
    metrics(former).count(mail("m1", "Delivery", days_ago=1, **campaign()))
    assert opted_out(former) == 0
    assert opted_out(former, (RUN_ROW[0], f"{YESTERDAY}#r1")) == 2
    metrics(former).count(mail("m1", "Unsubscribe", **campaign()))
    assert opted_out(former, (RUN_ROW[0], f"{YESTERDAY}#r1")) == 1


def test_a_message_is_one_opt_out_whatever_the_clicks(former):
    for number in range(3):
        metrics(former).count(mail("m2", "Unsubscribe", after=number, **campaign()))
    assert opted_out(former) == 3


@pytest.mark.parametrize(("days_ago", "late"), [(90, 0), (91, 1), (-1, 0), (-2, 1)])
def test_what_no_metric_reaches_is_not_counted(days_ago, late):
    table = MemoryTable()
    assert metrics(table).count(mail("m1", "Open", days_ago=days_ago)) == late
    assert bool(table.items) is not bool(late)


def test_items_outlast_every_event_that_is_still_counted():
    table = counted(mail("m1", "Open", days_ago=30, **campaign()))
    sent_day = 30 * 24 * 3600
    for (pk, _), item in table.items.items():
        left = item["expires"] - NOW.timestamp() + sent_day
        assert 92 * 24 * 3600 <= left <= 93 * 24 * 3600, pk


def test_clicks_of_one_message_count_up_to_250_whatever_their_order():
    clicks = [event for number in range(300) for event in mail("m1", "Click", after=number)]
    forth, back = counted(clicks[:100], clicks[100:]), counted(clicks[:-251:-1], clicks)
    assert forth.counters()[APP, f"{TODAY}#-"]["e_clicks"] == 250
    assert forth.counters() == back.counters()


def test_a_batch_is_written_in_full_transactions():
    events = [event for number in range(100) for event in mail(f"m{number}", "Send", person=f"e{number}", **campaign())]
    table = MemoryTable()
    sizes: list[int] = []
    table.before = lambda: sizes.append(table.writes)
    metrics(table).count(events)
    assert len(sizes) == 3
    assert table.writes == 200 + 3 * 4


def test_transactional_email_takes_one_item_a_message():
    table = MemoryTable()
    sizes: list[int] = []
    table.before = lambda: sizes.append(table.writes)
    metrics(table).count([event for number in range(198) for event in mail(f"m{number}", "Send", person=f"e{number}")])
    assert (sizes, table.writes) == ([0, 100], 200)


def test_an_opened_email_of_which_another_event_names_an_earlier_day_counts_on_that_day():
    table = counted(mail("m1", "Open"), mail("m1", "Delivery", days_ago=1))
    assert table.counters() == {(APP, f"{YESTERDAY}#-"): {"e_sent": 1, "e_delivered": 1, "e_opened": 1, "uo_0": 1}}


def test_many_campaigns_at_once_stay_within_a_transactions_size():
    events = [
        event
        for number in range(60)
        for event in mail(f"m{number}", "Send", person=f"e{number}", **campaign(f"c{number}"))
    ]
    counters = counted(events).counters()
    assert counters[APP, f"{TODAY}#*"] == {"u_0": 60}
    assert len(counters) == 1 + 3 * 60


def test_two_that_count_the_same_message_at_once_count_it_once(monkeypatch):
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    table = MemoryTable()
    opened, clicked = mail("m1", "Open", **campaign()), mail("m1", "Click", **campaign())

    def other() -> None:
        table.before = lambda: None
        metrics(table, shard=lambda: 5).count([*clicked, *opened])

    table.before = other
    metrics(table, shard=lambda: 2).count(opened)
    assert table.counters() == counted(opened, clicked).counters()


def test_a_writer_that_others_are_always_in_the_way_of_says_so(monkeypatch):
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    table = MemoryTable()

    def other() -> None:
        for item in table.items.values():
            if "v" in item:
                item["v"] += 1

    metrics(table).count(mail("m1", "Send"))
    table.before = other
    with pytest.raises(ContendedError):
        metrics(table).count(mail("m1", "Open"))


class KilledError(BaseException):
    """The consumer's process ends."""


EVENTS = [
    *[
        event
        for message, person, days in (("m1", "e1", 0), ("m2", "e1", 1), ("m3", "e2", 1), ("m4", "e1", 3))
        for kind in ("Send", "Delivery", "Open", "Click", "Unsubscribe", "Bounce", "Complaint")
        for event in mail(message, kind, person=person, days_ago=days, **campaign("c2" if message == "m3" else "c1"))
    ],
    *[event for kind in ("Send", "Soft", "Open") for event in mail("m5", kind, person="e2", days_ago=2)],
    *[
        event
        for kind, days in (("TEXT_QUEUED", 1), ("TEXT_SUCCESSFUL", 0.5), ("TEXT_UNREACHABLE", 0.2))
        for event in text("m6", kind, days_ago=days, person="e2", **campaign("c1", "r2"))
    ],
]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_order_repetition_split_and_death_gives_the_same_counters(data):
    chosen = data.draw(st.lists(st.sampled_from(range(len(EVENTS))), unique=True))
    told = data.draw(
        st.permutations(chosen + data.draw(st.lists(st.sampled_from(chosen or [0])) if chosen else st.just([])))
    )
    table = MemoryTable()
    dies = data.draw(st.integers(0, 3))

    def die() -> None:
        nonlocal dies
        dies -= 1
        if dies == 0:
            raise KilledError

    table.before = die
    while told:
        size = data.draw(st.integers(1, len(told)))
        try:
            metrics(table).count([EVENTS[at] for at in told[:size]])
        except KilledError:
            continue  # the queue gives the whole batch out again
        told = told[size:]
    assert table.counters() == counted([EVENTS[at] for at in chosen]).counters()


@settings(deadline=None, max_examples=60)
@given(
    sends=st.lists(st.tuples(st.sampled_from(["e1", "e2", "e3"]), st.integers(0, 6)), max_size=12),
    low=st.integers(0, 6),
    high=st.integers(0, 6),
)
def test_distinct_recipients_of_any_days_are_exact(sends, low, high):
    table = MemoryTable()
    for number, (person, days) in enumerate(sends):
        metrics(table).count(mail(f"m{number}", "Send", person=person, days_ago=days, **campaign()))
    days = [day_of(int((NOW.timestamp() - ago * 86400) * 1000)) for ago in range(7)]
    first, last = days[max(low, high)], days[min(low, high)]
    rows = [
        (row[:10], counters)
        for (pk, row), counters in table.counters().items()
        if pk == APP and row.endswith("#*") and first <= row[:10] <= last
    ]
    assert distinct(rows, first) == len({person for person, ago in sends if first <= days[ago] <= last})


def test_shards_spread_the_rows_and_not_the_messages():
    table = MemoryTable()
    for number in range(counting.SHARDS):
        metrics(table, shard=lambda number=number: number).count(mail(f"m{number}", "Send"))
    keys = [key for key in table.items if key[0].startswith("KPI")]
    assert sorted(sk for _, sk in keys) == [f"{TODAY}#-#{number}" for number in range(counting.SHARDS)]
    assert table.counters() == {(APP, f"{TODAY}#-"): {"e_sent": counting.SHARDS, "e_delivered": counting.SHARDS}}
