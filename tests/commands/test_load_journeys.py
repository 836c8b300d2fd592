"""Journeys that were exported from Pinpoint are loaded as drafts."""

import json

import pytest

from commands.service_models import pinpoint_model
from tests.commands.loading import EXPORT
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world  # noqa: F401
from tests.handlers.engagement.journeys.test_copies import EXPORTED


def test_journeys_are_loaded_as_drafts_with_the_segments_ids_here_and_a_second_time_nothing_is_changed(loading):
    start = {"SegmentStartCondition": {"SegmentId": "1" * 32}}
    answer = {"JourneyResponse": {**EXPORTED, "StartCondition": start}}
    assert loading.load(str(EXPORT), "--ids", "ids.json")[0] == 0
    file = loading.file("journey.json", json.dumps(answer))
    code, said = loading.load(file, "--ids", "ids.json")
    assert (code, said["journeys"]) == (0, {"created": 1})
    [made] = loading.client.list_journeys(ApplicationId=APPLICATION)["JourneysResponse"]["Item"]
    assert made["StartCondition"]["SegmentStartCondition"]["SegmentId"] == loading.segments()["Gold"]["Id"]
    assert (made["State"], made["Name"], made["Limits"]) == ("DRAFT", "exported", EXPORTED["Limits"])
    asked = made["Activities"]["tier"]["ConditionalSplit"]["Condition"]["Conditions"][0]
    assert asked["SegmentDimensions"]["Attributes"]["tier"]["Values"] == ["gold"]
    assert loading.load(file, "--ids", "ids.json")[1]["journeys"] == {"unchanged": 1}
    changed = loading.file("changed.json", json.dumps(answer).replace("PT1H", "PT2H"))
    assert loading.load(changed, "--ids", "ids.json")[1]["journeys"] == {"updated": 1}
    for name in ("one", "two"):
        loading.client.create_sms_template(TemplateName=name, SMSTemplateRequest={"Body": name})
    state = {"ApplicationId": APPLICATION, "JourneyId": made["Id"], "JourneyStateRequest": {"State": "ACTIVE"}}
    assert loading.client.update_journey_state(**state)["JourneyResponse"]["State"] == "ACTIVE"
    code, said = loading.load(file, "--ids", "ids.json")
    assert (code, said["journeys"]) == (1, {"not loaded": 1})
    assert "is ACTIVE, and differs; only a DRAFT is changed" in (loading.folder / "load-errors.csv").read_text()
    code, said = loading.load(loading.file("nameless.json", json.dumps({"Activities": {}, "StartActivity": "a"})))
    assert (code, said["journeys"]) == (1, {"not loaded": 1})


QUIET, OTHER = {"Start": "21:00", "End": "08:00"}, {"Start": "22:00", "End": "07:00"}


def outcome(loading, **changed):
    """How a journey is told to be loaded. changed: members of the exported one; None: it lacks them."""
    journey = {name: value for name, value in {**EXPORTED, **changed}.items() if value is not None}
    code, said = loading.load(loading.file("journey.json", json.dumps(journey)))
    [(told, count)] = said["journeys"].items()
    assert (code, count) == (0, 1)
    return told


def made(loading):
    [found] = loading.client.list_journeys(ApplicationId=APPLICATION)["JourneysResponse"]["Item"]
    return found


def test_a_quiet_time_that_changed_is_loaded(loading):
    assert outcome(loading, QuietTime=QUIET) == "created"
    assert outcome(loading, QuietTime=QUIET) == "unchanged"
    assert outcome(loading, QuietTime=OTHER) == "updated"
    assert made(loading)["QuietTime"] == OTHER
    assert outcome(loading) == "updated"
    assert not made(loading).get("QuietTime")


def test_a_journey_without_a_quiet_time_keeps_the_application_s_when_it_is_loaded_again(loading):
    loading.client.update_application_settings(
        ApplicationId=APPLICATION, WriteApplicationSettingsRequest={"QuietTime": QUIET}
    )
    assert outcome(loading) == "created"
    assert made(loading)["QuietTime"] == QUIET
    assert outcome(loading) == "unchanged"
    assert outcome(loading, Limits={"DailyCap": 1}) == "updated"
    assert made(loading)["QuietTime"] == QUIET
    assert outcome(loading, Limits={"DailyCap": 1}, QuietTime=OTHER) == "updated"
    assert made(loading)["QuietTime"] == OTHER


CHANGED = {
    "Limits": {"DailyCap": 2},
    "LocalTime": True,
    "OpenHours": {"SMS": {"MONDAY": [{"StartTime": "08:00", "EndTime": "18:00"}]}},
    "ClosedDays": {"SMS": [{"StartDateTime": "2030-12-24T00:00:00", "EndDateTime": "2030-12-26T00:00:00"}]},
    "QuietTime": QUIET,
    "RefreshFrequency": "PT2H",
    "RefreshOnSegmentUpdate": True,
    "Schedule": {**EXPORTED["Schedule"], "StartTime": "2026-03-03T11:00:00Z"},
    "SendingSchedule": True,
    "StartActivity": "again",
    "StartCondition": {"SegmentStartCondition": {"SegmentId": "2" * 32}},
    "TimezoneEstimationMethods": ["PHONE_NUMBER"],
    "WaitForQuietTime": True,
    "Activities": {**EXPORTED["Activities"], "again": {"SMS": {"TemplateName": "three"}}},
    "JourneyChannelSettings": {"ConnectCampaignArn": "arn"},
}


def test_every_member_of_a_journey_is_compared(loading):
    members = pinpoint_model().shape_for("WriteJourneyRequest").members
    assert members.keys() == {*CHANGED, "Name", "State", "CreationDate", "LastModifiedDate"}
    assert outcome(loading) == "created"
    for name, value in CHANGED.items():
        assert (name, outcome(loading, **{name: value})) == (name, "updated")
        assert outcome(loading, **{name: value}) == "unchanged"
        assert outcome(loading) == "updated"


@pytest.mark.parametrize("form", ["2026-03-03T10:00:00Z", "2026-03-03T10:00:00.000Z", "2026-03-03T12:00:00+02:00"])
def test_a_moment_is_the_same_in_every_form(loading, form):
    assert outcome(loading) == "created"
    assert outcome(loading, Schedule={"StartTime": form, "Timezone": "UTC"}) == "unchanged"


def test_an_attribute_may_be_called_tags_and_is_compared(loading):
    def asking(value):
        text = json.dumps(EXPORTED["Activities"]).replace('"tier": {"AttributeType"', '"tags": {"AttributeType"')
        return json.loads(text.replace('"gold"', f'"{value}"'))

    assert outcome(loading, Activities=asking("gold")) == "created"
    assert outcome(loading, Activities=asking("blue")) == "updated"
    assert outcome(loading, Activities=asking("blue"), tags={"team": "other"}) == "unchanged"
