"""What keeps a journey from being published, all in one message."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from handlers.engagement.errors import BadRequestError
from handlers.engagement.journeys.validation import Surroundings, check_publishable, publishing_problems
from tests.handlers.engagement.journeys import examples

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
SEGMENTS = ("S-new", "S-shoppers", "S-quiet", "S-due")
TEMPLATES = {
    **dict.fromkeys(("welcome1", "welcome1b", "welcome2", "cart", "miss-you", "coupon10", "coupon20"), "EMAIL"),
    "reminder": "SMS",
}


IMPORTED = {
    "S-list": {"Id": "S-list", "SegmentType": "IMPORT"},
    "S-on-list": {"Id": "S-on-list", "SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "S-list"}]}]}},
}


def around(**settings):
    return Surroundings(
        segment=lambda identifier: {"Id": identifier} if identifier in SEGMENTS else IMPORTED.get(identifier),
        template=lambda name, kind, version: {"Body": "Hi"} if TEMPLATES.get(name) == kind and not version else None,
        settings=settings,
        now=NOW,
    )


def problems(journey=examples.WELCOME, **changes):
    return publishing_problems({**journey, **changes}, around())


def changed(journey, path, value):
    """The journey with another value at a path; a value None takes the member off."""
    journey = copy.deepcopy(journey)
    holder = journey
    *way, last = path.split(".")
    for name in way:
        holder = holder[int(name)] if name.isdigit() else holder[name]
    key = int(last) if last.isdigit() else last
    if value is None:
        del holder[key]
    else:
        holder[key] = value
    return journey


@pytest.mark.parametrize("journey", examples.ALL, ids=lambda journey: journey["Name"])
def test_journeys_as_users_built_them_are_published(journey):
    assert publishing_problems(journey, around()) == []


HOURS = {"StartTime": "09:00", "EndTime": "17:00"}
HOLIDAY = {"Name": "x", "StartDateTime": "2027-12-24T00:00", "EndDateTime": "2027-12-27T00:00"}
BOUGHT = {"EventFilter": {"FilterType": "ENDPOINT", "Dimensions": {"EventType": {"Values": ["bought"]}}}}
OPENED = "Activities.opened.ConditionalSplit"
BAD = [
    ("StartActivity", None, "StartActivity is missing"),
    ("StartActivity", "nowhere", "StartActivity is 'nowhere', which is none of Activities"),
    ("Activities", {}, "Activities is missing"),
    ("StartCondition", {}, "SegmentId is missing"),
    ("StartCondition.SegmentStartCondition.SegmentId", "gone", "segment 'gone' does not exist"),
    (
        "StartCondition",
        {"EventStartCondition": {"EventFilter": {}}},
        "EventFilter.Dimensions.EventType.Values is missing",
    ),
    ("StartCondition", {"EventStartCondition": BOUGHT | {"SegmentId": "gone"}}, "segment 'gone' does not exist"),
    (
        "StartCondition",
        {"EventStartCondition": BOUGHT | {"SegmentId": "S-list"}},
        "segment 'S-list' is imported, or based",
    ),
    (
        "StartCondition",
        {"EventStartCondition": BOUGHT | {"SegmentId": "S-on-list"}},
        "'S-on-list' is imported, or based",
    ),
    (
        "StartCondition",
        {"EventStartCondition": BOUGHT, "SegmentStartCondition": {"SegmentId": "S"}},
        "SegmentStartCondition and EventStartCondition; allowed is one of them",
    ),
    ("Activities.hello.EMAIL.NextActivity", "nowhere", "Activities.hello.EMAIL.NextActivity is 'nowhere'"),
    ("Activities.hello.EMAIL.TemplateName", "reminder", "there is no EMAIL template named 'reminder'"),
    ("Activities.hello.EMAIL.TemplateVersion", "7", "there is no EMAIL template named 'welcome1' version 7"),
    ("Activities.hello.EMAIL.TemplateName", None, "Activities.hello.EMAIL.TemplateName is missing"),
    ("Activities.hello", {"Description": "nothing"}, "Activities.hello has none; needed is exactly one of"),
    ("Activities.hello.SMS", {"TemplateName": "reminder"}, "Activities.hello has EMAIL, SMS; needed is exactly one of"),
    (
        "Activities.tips",
        {"PUSH": {"TemplateName": "p"}},
        "Activities.tips.PUSH is a push message: needed is a push app",
    ),
    (
        "Activities.tips",
        {"PUSH": {"TemplateName": "p"}},
        "Activities.tips.PUSH.TemplateName: there is no PUSH template",
    ),
    (
        "Activities.tips",
        {"PUSH": {"TemplateName": "p", "MessageConfig": {"TimeToLive": "1h"}}},
        "MessageConfig.TimeToLive is '1h'; needed are whole seconds from 0 to 2419200",
    ),
    ("Activities.tips", {"ContactCenter": {}}, "Activities.tips.ContactCenter: contact center activities are not"),
    ("Activities.pause.Wait.WaitTime.WaitFor", "-P3D", "WaitFor is '-P3D' is no ISO 8601 duration"),
    ("Activities.pause.Wait.WaitTime.WaitFor", "P1M", "WaitFor is 'P1M' is no ISO 8601 duration"),
    ("Activities.pause.Wait.WaitTime.WaitFor", "PT0S", "WaitFor is 'PT0S'; allowed are PT1S to P365D"),
    ("Activities.pause.Wait.WaitTime.WaitFor", "P366D", "WaitFor is 'P366D'; allowed are PT1S to P365D"),
    ("Activities.pause.Wait.WaitTime", {}, "WaitTime is missing"),
    (
        "Activities.pause.Wait.WaitTime",
        {"WaitFor": "P1D", "WaitUntil": "2027-02-01T00:00:00Z"},
        "has WaitFor and WaitUntil",
    ),
    ("Activities.pause.Wait.WaitTime", {"WaitUntil": "tomorrow"}, "WaitUntil is 'tomorrow'; needed is an ISO 8601"),
    ("Activities.pause.Wait.WaitTime", {"WaitUntil": "2029-01-01"}, "needed is a time before the journey's end"),
    (f"{OPENED}.EvaluationWaitTime.WaitFor", "soon", "EvaluationWaitTime.WaitFor is 'soon'"),
    (f"{OPENED}.Condition.Conditions.0", {}, "Conditions[0] needs exactly one of EventCondition"),
    (f"{OPENED}.Condition.Conditions.0", {"SegmentCondition": {"SegmentId": "gone"}}, "segment 'gone' does not exist"),
    (
        f"{OPENED}.Condition.Conditions.0",
        {"segmentDimensions": {"Attributes": {"a": {"Values": []}}}},
        "segmentDimensions: Dimensions.Attributes.a.Values is empty",
    ),
    (f"{OPENED}.Condition.Conditions.0", examples.event("tips", "_email.open"), "a message activity before this one"),
    (f"{OPENED}.Condition.Conditions.0", examples.event("pause", "_email.open"), "a message activity before this one"),
    (f"{OPENED}.Condition.Conditions.0", examples.event("hello"), "Dimensions.EventType.Values is missing"),
    (
        f"{OPENED}.Condition.Conditions.0.EventCondition.Dimensions.Attributes",
        {"feedback": {"Values": ["x"]}},
        "Attributes is not offered for messages of type EMAIL",
    ),
    ("Activities.again.EMAIL.NextActivity", "pause", "lead in a circle: pause -> opened -> again -> pause"),
    ("Activities.again.EMAIL.NextActivity", "again", "lead in a circle: again -> again"),
    ("RefreshFrequency", "PT30S", "RefreshFrequency is 'PT30S'; needed is PT1M or longer"),
    ("RefreshFrequency", "hourly", "RefreshFrequency is 'hourly' is no ISO 8601 duration"),
    ("Limits.EndpointReentryCap", 101, "EndpointReentryCap is 101; allowed are 0 to 100"),
    ("Limits.EndpointReentryInterval", "day", "EndpointReentryInterval is 'day' is no ISO 8601"),
    ("Limits.DailyCap", 101, "Limits.DailyCap is 101; allowed are 0 to 100"),
    ("Limits.TotalCap", -1, "Limits.TotalCap is -1; allowed are 0 to 100"),
    ("Limits.TimeframeCap", {"Cap": 1, "Days": 31}, "Limits.TimeframeCap.Days is 31; allowed are 0 to 30"),
    ("Limits.TimeframeCap", {"Cap": 5}, "Limits.TimeframeCap has Cap 5 alone; needed are Cap and Days"),
    ("Limits.MessagesPerSecond", 0, "MessagesPerSecond is 0"),
    ("Schedule", {"StartTime": "monday"}, "Schedule.StartTime is 'monday'"),
    ("Schedule", {"EndTime": "2027-01-04T08:00:00Z"}, "needed is a time after the journey's start"),
    ("Schedule", {"EndTime": "2029-01-04T08:00:00Z"}, "540 days at the most"),
    ("QuietTime", {"Start": "22:00"}, "needed are Start and End"),
    ("QuietTime", {"Start": "24:00", "End": "08:00"}, "QuietTime.Start is '24:00'"),
    ("Schedule", {"Timezone": "Europe/Berlin"}, "Schedule.Timezone is 'Europe/Berlin'; needed is UTC"),
    ("TimezoneEstimationMethods", ["PHONE_NUMBER", "POSTAL_CODE"], "TimezoneEstimationMethods has POSTAL_CODE"),
    ("OpenHours", {"EMAIL": {"MONDAY": [HOURS]}}, "OpenHours is given without SendingSchedule"),
    ("ClosedDays", {"EMAIL": [HOLIDAY]}, "ClosedDays is given without SendingSchedule"),
    ("SendingSchedule", True, "SendingSchedule is true without QuietTime"),
]


@pytest.mark.parametrize(("path", "value", "problem"), BAD, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_named_with_its_path(path, value, problem):
    found = publishing_problems(changed(examples.WELCOME, path, value), around())
    assert any(problem in text for text in found), found


@pytest.mark.parametrize(
    ("sizes", "problem"),
    [
        ([50, 51], "add up to 101; needed is 100"),
        ([-1, 101], "Percentage is -1; allowed are 0 to 100"),
        ([100], "Branches has 1 branches; allowed are 2 to 5"),
        ([20, 20, 20, 20, 10, 10], "Branches has 6 branches; allowed are 2 to 5"),
        ([None, 100], "Percentage is None; allowed are 0 to 100"),
    ],
)
def test_percentages_of_a_random_split_are_checked(sizes, problem):
    branches = [{} if size is None else {"Percentage": size} for size in sizes]
    found = publishing_problems(
        changed(examples.WINBACK, "Activities.variant.RandomSplit.Branches", branches), around()
    )
    assert any(problem in text for text in found), found


def test_a_holdout_of_101_percent_and_five_conditions_are_refused():
    journey = changed(examples.WINBACK, "Activities.control.Holdout.Percentage", 101)
    branches = [{"Condition": examples.event("mail", "_email.open")}] * 5
    journey = changed(journey, "Activities.look.MultiCondition.Branches", branches)
    found = publishing_problems(journey, around())
    assert len(found) == 2
    assert "Percentage is 101" in found[1 if "Branches" in found[0] else 0] and any(
        "has 5 branches" in t for t in found
    )


def test_forty_activities_are_published_and_forty_one_are_not():
    def line(count):
        return {
            f"w{at}": {
                "Wait": {
                    "WaitTime": {"WaitFor": "P1D"},
                    **({"NextActivity": f"w{at + 1}"} if at + 1 < count else {}),
                }
            }
            for at in range(count)
        }

    assert problems(StartActivity="w0", Activities=line(40)) == []
    assert problems(StartActivity="w0", Activities=line(41)) == ["Activities has 41 activities; at most 40 are allowed"]


def test_a_long_line_of_activities_is_refused_and_does_not_break_the_check():
    line = {f"h{at}": {"Holdout": {"Percentage": 1, "NextActivity": f"h{at + 1}"}} for at in range(5000)}
    assert problems(StartActivity="h0", Activities=line)[0] == (
        "Activities has 5000 activities; at most 40 are allowed"
    )


def test_custom_activities_take_functions_and_conditions_on_their_answers():
    journey = changed(examples.APPOINTMENT, "Activities.ask.CUSTOM.DeliveryUri", "https://example.org/hook")
    journey = changed(journey, "Activities.call.CUSTOM.DeliveryUri", None)
    condition = "Activities.state.ConditionalSplit.Condition.Conditions.0.EventCondition.Dimensions"
    journey = changed(journey, condition, {"Attributes": {"slot": {"AttributeType": "BETWEEN", "Values": ["1"]}}})
    found = publishing_problems(journey, around())
    assert [text.split(" ")[0] for text in found] == [
        "Activities.ask.CUSTOM.DeliveryUri",
        "Activities.state.ConditionalSplit.Condition.Conditions[0].EventCondition.Dimensions.Attributes.slot.AttributeType",
        "Activities.call.CUSTOM.DeliveryUri",
    ]


def scheduled(**members):
    """The problems of a journey with a sending schedule."""
    return problems(SendingSchedule=True, QuietTime={"Start": "20:00", "End": "08:00"}, **members)


def test_times_as_users_set_them_are_published():
    hours = {"EMAIL": {"MONDAY": [HOURS, {"StartTime": "T18:00:00", "EndTime": "20:00"}], "SUNDAY": []}, "SMS": {}}
    assert scheduled(OpenHours=hours, ClosedDays={"EMAIL": [HOLIDAY]}, WaitForQuietTime=True) == []
    assert problems(LocalTime=True, Schedule={"StartTime": "2027-02-01T09:00:00", "Timezone": "UTC+05:45"}) == []
    assert (
        problems(TimezoneEstimationMethods=["PHONE_NUMBER"], JourneyChannelSettings={"ConnectCampaignArn": "a"}) == []
    )
    assert problems(OpenHours={"EMAIL": {"MONDAY": []}}, ClosedDays={"SMS": []}, SendingSchedule=False) == []


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({"MONDAY": [HOURS] * 5}, "OpenHours.EMAIL.MONDAY has 5 rules; at most 4 are allowed"),
        ({"FUNDAY": [HOURS]}, "OpenHours.EMAIL.FUNDAY is no day"),
        ({"MONDAY": [{"StartTime": "9", "EndTime": "17:00"}]}, "MONDAY[0].StartTime is '9'; needed is a time of day"),
        ({"MONDAY": [{"StartTime": "09:00"}]}, "MONDAY[0].EndTime is None; needed is a time of day"),
        ({"MONDAY": [{"StartTime": "09:00", "EndTime": "24:30"}]}, "MONDAY[0].EndTime is '24:30'"),
        ({"MONDAY": [{"StartTime": "17:00", "EndTime": "09:00"}]}, "hours over midnight are two rules"),
        ({"MONDAY": [{"StartTime": "07:30", "EndTime": "09:00"}]}, "which reaches into QuietTime"),
        ({"MONDAY": [{"StartTime": "09:00", "EndTime": "00:00"}]}, "which reaches into QuietTime"),
    ],
)
def test_open_hours_that_are_wrong_are_named(hours, problem):
    (found,) = scheduled(OpenHours={"EMAIL": hours})
    assert problem in found


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({**HOLIDAY, "Name": "n" * 151}, "ClosedDays.SMS[0].Name has 151 characters; at most 150"),
        ({**HOLIDAY, "EndDateTime": "Christmas"}, "ClosedDays.SMS[0].EndDateTime is 'Christmas'"),
        ({**HOLIDAY, "EndDateTime": "2027-12-24T00:00"}, "needed is a time after StartDateTime"),
        ({**HOLIDAY, "EndDateTime": "2027-12-31T00:01"}, "is closed for longer than 7 days"),
        ({**HOLIDAY, "EndDateTime": "2027-12-27T00:00Z"}, "one time with an offset and one without"),
    ],
)
def test_closed_days_that_are_wrong_are_named(rule, problem):
    (found,) = scheduled(ClosedDays={"SMS": [rule]})
    assert problem in found
    assert scheduled(ClosedDays={"SMS": [HOLIDAY] * 21}) == ["ClosedDays.SMS has 21 rules; at most 20 are allowed"]


def test_local_time_is_not_for_entry_by_an_event():
    found = problems(LocalTime=True, StartCondition={"EventStartCondition": {"EventFilter": {}}})
    assert any(text.startswith("LocalTime is true with an EventStartCondition") for text in found)


def test_caps_are_published():
    limits = {"DailyCap": 100, "TotalCap": 0, "TimeframeCap": {"Cap": 3, "Days": 30}, "EndpointReentryCap": 1}
    assert problems(Limits=limits) == []
    assert problems(Limits={"TimeframeCap": {"Cap": 0, "Days": 0}}) == []


def test_all_problems_are_in_one_message():
    journey = changed(examples.WELCOME, "StartActivity", "x")
    journey = changed(journey, "Activities.hello.EMAIL.TemplateName", "y")
    with pytest.raises(BadRequestError) as refused:
        check_publishable(journey, around())
    assert "StartActivity is 'x'" in refused.value.message
    assert "template named 'y'" in refused.value.message
