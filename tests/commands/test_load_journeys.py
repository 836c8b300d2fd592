"""Journeys that were exported from Pinpoint are loaded as drafts."""

import json

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
