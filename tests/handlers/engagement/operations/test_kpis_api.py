"""Metrics by Pinpoint's API: names, formulas, groups and ranges, from what was counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.metrics.kpis import APPLICATION_KPIS, CAMPAIGN_KPIS, JOURNEY_KPIS, name_of
from handlers.engagement.operations import kpis
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.metrics.delivery_events import NOW, campaign, mail, text
from tests.handlers.engagement.operations.definitions import segment

TODAY, YESTERDAY = "2026-11-29", "2026-11-28"


@pytest.fixture
def at_noon(monkeypatch):
    monkeypatch.setattr(kpis.time, "time", NOW.timestamp)


@pytest.fixture
def count(world, at_noon):
    """Counts lists of events, in the service's table."""

    def call(*events):
        assert Metrics(world.tables.sends, clock=NOW.timestamp).count(event for part in events for event in part) == 0

    return call


@pytest.fixture
def one(pinpoint):
    """A campaign's id."""
    wanted = segment(pinpoint, Dimensions={"Demographic": {}})["Id"]
    request = {
        "Name": "c",
        "SegmentId": wanted,
        "Schedule": {"StartTime": "2039-01-02T03:04:05"},
        "MessageConfiguration": {"SMSMessage": {"Body": "hi"}},
    }
    return pinpoint.create_campaign(ApplicationId=APPLICATION, WriteCampaignRequest=request)["CampaignResponse"]["Id"]


def rows(answer):
    """Group and value of each row."""
    return [
        (
            tuple((group["Key"], group["Value"]) for group in row["GroupedBys"]),
            [(v["Key"], v["Value"]) for v in row["Values"]],
        )
        for row in answer["KpiResult"]["Rows"]
    ]


def of_application(pinpoint, name, **given):
    answer = pinpoint.get_application_date_range_kpi(ApplicationId=APPLICATION, KpiName=name, **given)
    return rows(answer["ApplicationDateRangeKpiResponse"])


def of_campaign(pinpoint, identifier, name, **given):
    answer = pinpoint.get_campaign_date_range_kpi(
        ApplicationId=APPLICATION, CampaignId=identifier, KpiName=name, **given
    )
    return rows(answer["CampaignDateRangeKpiResponse"])


def test_there_are_pinpoints_48_metrics_of_applications_18_of_campaigns_and_18_of_journeys():
    assert [len(found) for found in (APPLICATION_KPIS, CAMPAIGN_KPIS, JOURNEY_KPIS)] == [48, 18, 18]
    assert all(len({name_of(kpi) for kpi in found}) == len(found) for found in (APPLICATION_KPIS, CAMPAIGN_KPIS))


def test_a_campaigns_metrics_follow_pinpoints_formulas(pinpoint, count, one):
    first, second = campaign(one, "r1"), campaign(one, "r2")
    count(
        mail("m1", "Open", person="e1", days_ago=1, **first),
        mail("m1", "Click", person="e1", days_ago=1, **first),
        mail("m1", "Click", person="e1", days_ago=1, after=99, **first),
        mail("m2", "Bounce", person="e2", days_ago=1, **first),
        mail("m3", "Open", person="e1", **second),
        mail("m4", "Soft", person="e3", **second),
        text("m5", "TEXT_DELIVERED", person="e4", price=0.00645, **second),
        text("m6", "TEXT_BLOCKED", person="e5", price=0.00001, **second),
    )
    run = "CampaignActivityId"
    for name, expected in {
        "successful-delivery-rate": [((), str(4 / 6))],
        "successful-delivery-rate-grouped-by-date": [((("Date", YESTERDAY),), "0.5"), ((("Date", TODAY),), "0.75")],
        "successful-delivery-rate-grouped-by-campaign-activity": [(((run, "r1"),), "0.5"), (((run, "r2"),), "0.75")],
        "email-open-rate": [((), str(2 / 3))],
        "email-open-rate-grouped-by-campaign-activity": [(((run, "r1"),), "1.0"), (((run, "r2"),), "0.5")],
        "unique-deliveries": [((), "3.0")],
        "unique-deliveries-grouped-by-date": [((("Date", YESTERDAY),), "1.0"), ((("Date", TODAY),), "3.0")],
        "unique-deliveries-grouped-by-campaign-activity": [(((run, "r1"),), "1.0"), (((run, "r2"),), "3.0")],
        "hard-bounce-rate": [((), "0.25")],
        "hard-bounce-rate-grouped-by-campaign-activity": [(((run, "r1"),), "0.5"), (((run, "r2"),), "0.0")],
        "attempted-deliveries-grouped-by-campaign-activity": [(((run, "r1"),), "2.0"), (((run, "r2"),), "4.0")],
        "successful-deliveries-grouped-by-campaign-activity": [(((run, "r1"),), "1.0"), (((run, "r2"),), "3.0")],
        "direct-email-opens-grouped-by-campaign-activity": [(((run, "r1"),), "1.0"), (((run, "r2"),), "1.0")],
        "clicks-grouped-by-campaign-activity": [(((run, "r1"),), "2.0"), (((run, "r2"),), "0.0")],
        "sms-spend": [((), "646.0")],
        "push-open-rate": [],
        "push-open-rate-grouped-by-campaign-activity": [],
        "direct-push-opens-grouped-by-campaign-activity": [],
    }.items():
        found = of_campaign(pinpoint, one, name)
        assert [(group, value) for group, ((_, value),) in found] == expected, name
    assert {name_of(kpi) for kpi in CAMPAIGN_KPIS} >= {"sms-spend"}


def test_an_applications_campaigns_are_counted_apart_from_its_other_messages(pinpoint, count):
    count(
        mail("m1", "Open", person="e1", days_ago=1, **campaign("c1")),
        mail("m2", "Send", person="e1", **campaign("c2")),
        mail("m3", "Bounce", person="e2", **campaign("c2")),
        mail("m4", "Open", person="e9"),
        text("m5", "TEXT_DELIVERED", person="e8", **campaign("c2")),
    )
    by = "CampaignId"
    for name, expected in {
        "successful-delivery-rate": [((), "0.75")],
        "successful-delivery-rate-grouped-by-date": [((("Date", YESTERDAY),), "1.0"), ((("Date", TODAY),), str(2 / 3))],
        "email-open-rate": [((), "0.5")],
        "email-open-rate-grouped-by-campaign": [(((by, "c1"),), "1.0"), (((by, "c2"),), "0.0")],
        "unique-deliveries": [((), "2.0")],
        "unique-deliveries-grouped-by-campaign": [(((by, "c1"),), "1.0"), (((by, "c2"),), "2.0")],
        "unique-deliveries-grouped-by-date": [((("Date", YESTERDAY),), "1.0"), ((("Date", TODAY),), "2.0")],
        "successful-deliveries-grouped-by-campaign": [(((by, "c1"),), "1.0"), (((by, "c2"),), "2.0")],
        "push-open-rate": [],
        "push-open-rate-grouped-by-campaign": [],
    }.items():
        assert [(group, value) for group, ((_, value),) in of_application(pinpoint, name)] == expected, name


def test_transactional_email_has_its_metrics_over_the_range_and_by_day(pinpoint, count):
    count(
        mail("m1", "Open", person="e1", days_ago=1),
        mail("m1", "Click", person="e1", days_ago=1),
        mail("m1", "Click", person="e1", days_ago=1, after=99),
        mail("m2", "Open", person="e1"),
        mail("m2", "Click", person="e1"),
        mail("m3", "Complaint", person="e2"),
        mail("m4", "Bounce", person="e3"),
        mail("m5", "Soft", person="e4"),
        mail("m6", "Rendering Failure", person="e5"),
        mail("m7", "Open", person="e5", **campaign()),
    )
    for name, (whole, yesterday, today) in {
        "sent": ("5.0", "1.0", "4.0"),
        "delivered": ("3.0", "1.0", "2.0"),
        "opened": ("2.0", "1.0", "1.0"),
        "clicked": ("3.0", "2.0", "1.0"),
        "unique-opens": ("1.0", "1.0", "1.0"),
        "unique-clicks": ("1.0", "1.0", "1.0"),
        "with-complaints": ("1.0", "0.0", "1.0"),
        "hard-bounced": ("1.0", "0.0", "1.0"),
        "soft-bounced": ("1.0", "0.0", "1.0"),
        "delivery-rate": ("0.6", "1.0", "0.5"),
        "complaint-rate": ("0.2", "0.0", "0.25"),
    }.items():
        shown = "TxnEmails" + "".join(part.capitalize() for part in name.split("-"))
        assert of_application(pinpoint, f"txn-emails-{name}") == [((), [(shown, whole)])]
        assert of_application(pinpoint, f"txn-emails-{name}-grouped-by-date") == [
            ((("Date", YESTERDAY),), [(shown, yesterday)]),
            ((("Date", TODAY),), [(shown, today)]),
        ]


def test_transactional_texts_have_their_metrics_by_country_and_their_errors_by_code(pinpoint, count):
    count(
        text("m1", "TEXT_DELIVERED", parts=2, price=0.02),
        text("m2", "TEXT_BLOCKED", price=0.01, days_ago=1),
        text("m3", "TEXT_UNREACHABLE", country="DE", price=0.07),
        text("m4", "TEXT_DELIVERED", country="DE", parts=3, price=0.09),
        text("m5", "TEXT_BLOCKED", **campaign()),
    )
    us, de = (("Country", "US"),), (("Country", "DE"),)
    for name, expected in {
        "sent": [((), "4.0")],
        "sent-grouped-by-country": [(de, "2.0"), (us, "2.0")],
        "sent-grouped-by-date": [((("Date", YESTERDAY),), "1.0"), ((("Date", TODAY),), "3.0")],
        "delivered": [((), "2.0")],
        "delivered-grouped-by-country": [(de, "1.0"), (us, "1.0")],
        "delivered-grouped-by-date": [((("Date", YESTERDAY),), "0.0"), ((("Date", TODAY),), "2.0")],
        "sent-by-parts": [((), "7.0")],
        "sent-by-parts-grouped-by-country": [(de, "4.0"), (us, "3.0")],
        "delivered-by-parts": [((), "5.0")],
        "delivered-by-parts-grouped-by-country": [(de, "3.0"), (us, "2.0")],
        "delivery-rate": [((), "0.5")],
        "delivery-rate-grouped-by-date": [((("Date", YESTERDAY),), "0.0"), ((("Date", TODAY),), str(2 / 3))],
        "average-price-grouped-by-country": [(de, "8000.0"), (us, "1500.0")],
        "average-price-by-parts-grouped-by-country": [(de, "4000.0"), (us, "1000.0")],
        "total-price-grouped-by-country": [(de, "16000.0"), (us, "3000.0")],
        "error-distribution": [((("ErrorCode", "BLOCKED"),), "1.0"), ((("ErrorCode", "UNREACHABLE"),), "1.0")],
    }.items():
        found = of_application(pinpoint, f"txn-sms-{name}")
        assert [(group, value) for group, ((_, value),) in found] == expected, name


def test_a_journeys_metrics_over_all_and_by_activity(pinpoint, count):
    made = pinpoint.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
    run = {"journey_id": made["Id"], "journey_run_id": "x"}
    first, second = run | {"journey_activity_id": "a1"}, run | {"journey_activity_id": "a2"}
    count(
        mail("m1", "Open", **first),
        mail("m1", "Click", after=70, **first),
        mail("m1", "Click", after=80, **first),
        mail("m2", "Soft", **first),
        mail("m3", "Unsubscribe", **second),
        mail("m4", "Reject", **second),
        mail("m5", "Bounce", **second),
        mail("m6", "Complaint", **second),
        mail("m7", "Open", **run | {"journey_id": "another"}),
        mail("m8", "Open", **(campaign() | {"campaign_id": "c"})),
    )

    def of(name: str) -> list[tuple[tuple[tuple[str, str], ...], str]]:
        answer = pinpoint.get_journey_date_range_kpi(ApplicationId=APPLICATION, JourneyId=made["Id"], KpiName=name)
        answer = answer["JourneyDateRangeKpiResponse"]
        assert (answer["JourneyId"], answer["KpiName"]) == (made["Id"], name)
        return [(groups, value) for groups, ((_, value),) in rows(answer)]

    expected = {
        "sent": (6, 2, 4), "delivered": (3, 1, 2), "opened": (1, 1, 0), "clicked": (3, 2, 1), "complained": (1, 0, 1),
        "hardbounced": (1, 0, 1), "softbounced": (1, 1, 0), "rejected": (1, 0, 1), "unsubscribed": (1, 0, 1),
    }  # fmt: skip
    for name, (total, *activities) in expected.items():
        assert of(f"journey-emails-{name}") == [((), str(float(total)))], name
        assert of(f"emails-{name}-grouped-by-journey-activity") == [
            ((("JourneyActivityId", activity),), str(float(number)))
            for activity, number in zip(("a1", "a2"), activities, strict=True)
        ], name


def test_a_journeys_metric_that_is_not_known_and_a_journey_that_is_not_there_are_refused(pinpoint):
    made = pinpoint.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
    with pytest.raises(ClientError, match="'journey-texts-sent' is not known; allowed are emails-clicked-grouped-by"):
        pinpoint.get_journey_date_range_kpi(
            ApplicationId=APPLICATION, JourneyId=made["Id"], KpiName="journey-texts-sent"
        )
    with pytest.raises(ClientError, match="Journey 'gone' does not exist"):
        pinpoint.get_journey_date_range_kpi(ApplicationId=APPLICATION, JourneyId="gone", KpiName="journey-emails-sent")


def test_the_answer_echoes_the_range_and_has_no_rows_where_nothing_was_sent(pinpoint, count, one):
    answer = pinpoint.get_campaign_date_range_kpi(
        ApplicationId=APPLICATION,
        CampaignId=one,
        KpiName="unique-deliveries",
        StartTime=datetime(2026, 11, 1, tzinfo=UTC),
        EndTime=datetime(2026, 11, 20, 12, tzinfo=UTC),
        PageSize="1",
        NextToken="x",
    )["CampaignDateRangeKpiResponse"]
    assert answer == {
        "ApplicationId": APPLICATION,
        "CampaignId": one,
        "KpiName": "unique-deliveries",
        "StartTime": datetime(2026, 11, 1, tzinfo=UTC),
        "EndTime": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "KpiResult": {"Rows": []},
    }


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, 3),  # the last 31 days, both ends' days included
        (31, None, 3),
        (60, None, 3),  # 31 days from the start
        (None, 60, 1),  # 31 days up to the end
        (90, 60, 1),
        (0, 0, 1),
        (30, 1, 1),
    ],
)
def test_a_range_holds_the_whole_days_of_both_its_times(pinpoint, count, start, end, expected):
    count(*(mail(f"m{days}", "Send", days_ago=days) for days in (0, 30, 31, 60)))
    given = {}
    if start is not None:
        given["StartTime"] = NOW - timedelta(days=start)
    if end is not None:
        given["EndTime"] = NOW - timedelta(days=end)
    assert of_application(pinpoint, "txn-emails-sent", **given) == [((), [("TxnEmailsSent", f"{expected}.0")])]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"start-time": "yesterday"}, "start-time is 'yesterday'; needed is an ISO 8601 time"),
        ({"start-time": "2026-11-29T00:00:00Z", "end-time": "2026-11-28T23:59:59Z"}, "is after end-time"),
        ({"start-time": "2026-08-30T23:59:59Z", "end-time": "2026-09-02"}, "more than 90 days ago"),
        ({"start-time": "2026-10-01T00:00:00Z", "end-time": "2026-11-01T00:00:01Z"}, "more than 31 days"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_the_reason(send, at_noon, given, told):
    query = "&".join(f"{name}={value}" for name, value in given.items())
    status, _, answer = send("GET", f"https://x/v1/apps/{APPLICATION}/kpis/daterange/txn-emails-sent?{query}")
    assert (status, told in answer["Message"]) == (400, True), answer


def test_an_unknown_metric_and_an_unknown_campaign_say_so(pinpoint, at_noon, one):
    with pytest.raises(
        ClientError, match=r"'sms-spend' is not known; allowed are email-open-rate, .*unique-deliveries-"
    ):
        of_application(pinpoint, "sms-spend")
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="does not exist"):
        of_campaign(pinpoint, "0" * 32, "sms-spend")
