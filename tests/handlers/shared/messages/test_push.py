"""Push messages: which share a call, which results retire a token, where the ids of a campaign stand."""

import json
import threading

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError

from handlers.engagement.messages.push_identity import identified, push_context
from handlers.shared.messages.push import ADDRESSES, Push, PushSender, calls
from handlers.shared.messages.result import DeliveryResult
from handlers.shared.messages.retired_tokens import is_retired


class Service:
    """Takes SendMessages and answers each token with SUCCESSFUL; a call that has a refused token with that one's error."""

    def __init__(self, before=lambda: None, **refused):
        self.requests = []
        self.before = before
        self.refused = refused

    def send_messages(self, *, ApplicationId, MessageRequest):
        self.before()
        self.requests.append(MessageRequest)
        for token in self.refused.keys() & MessageRequest["Addresses"].keys():
            raise self.refused[token]
        result = {token: {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200} for token in MessageRequest["Addresses"]}
        return {"MessageResponse": {"ApplicationId": ApplicationId, "Result": result}}


def push(token, channel="GCM", **message):
    return Push(token, channel, message)


def test_a_call_has_a_hundred_tokens_at_the_most_each_once_and_one_message_a_kind():
    assert [len(call) for call in calls([push(f"t{at}", Body=str(at)) for at in range(2 * ADDRESSES + 1)])] == [
        100,
        100,
        1,
    ]
    assert calls([push("a", Url="1"), push("b", Url="2"), push("c", "APNS", Url="3"), push("d", Url="1")]) == [
        [0, 2, 3],
        [1],
    ]
    assert calls([push("a"), push("a "), push("b")]) == [[0, 2], [1]]


def test_what_differs_stands_with_its_address_alone_and_what_is_common_stands_once():
    service = Service()
    PushSender("app", service).send([push("a", Title="T", Body="A", Sound="x"), push("b", Title="T", Sound="x")])
    [request] = service.requests
    assert request == {
        "Addresses": {"a": {"ChannelType": "GCM", "BodyOverride": "A"}, "b": {"ChannelType": "GCM"}},
        "MessageConfiguration": {"GCMMessage": {"Title": "T", "Sound": "x"}},
    }


def test_one_bad_message_stops_no_other():
    results = PushSender("app", Service()).send([push("a", Body="A"), push("  ", Body="A"), push("b", Body="x" * 5000)])
    assert [result.status for result in results] == ["SUCCESSFUL", "PERMANENT_FAILURE", "PERMANENT_FAILURE"]
    assert "is empty" in results[1].status_message


def error(status, code):
    told = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "SendMessages")


BAD = error(400, "BadRequestException")


def test_calls_overlap_so_that_messages_with_a_call_each_take_no_sum_of_their_times():
    together = threading.Barrier(8, timeout=10)
    results = PushSender("app", Service(together.wait)).send([push(f"t{at}", Url=str(at)) for at in range(8)])
    assert [result.status for result in results] == ["SUCCESSFUL"] * 8


@pytest.mark.parametrize(
    "bad", [BAD, error(413, "PayloadTooLargeException"), ParamValidationError(report="no")], ids=["400", "413", "model"]
)
def test_a_call_that_is_refused_for_some_of_its_messages_reaches_all_the_others_once(bad):
    service = Service(t7=bad, t50=bad)
    results = PushSender("app", service).send([push(f"t{at}", Body="A") for at in range(ADDRESSES)])
    assert {at for at, result in enumerate(results) if result.status == "PERMANENT_FAILURE"} == {7, 50}
    sent = [
        token for one in service.requests if not {"t7", "t50"} & one["Addresses"].keys() for token in one["Addresses"]
    ]
    assert sorted(sent) == sorted({f"t{at}" for at in range(ADDRESSES)} - {"t7", "t50"})


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (error(403, "ForbiddenException"), "PERMANENT_FAILURE"),
        (error(404, "NotFoundException"), "PERMANENT_FAILURE"),
        (error(429, "TooManyRequestsException"), "THROTTLED"),
        (error(500, "InternalServerErrorException"), "UNKNOWN_FAILURE"),
        (ReadTimeoutError(endpoint_url="x"), "UNKNOWN_FAILURE"),
    ],
)
def test_what_is_everybody_s_or_may_have_been_sent_is_asked_once(refusal, status):
    service = Service(a=refusal)
    results = PushSender("app", service).send([push("a"), push("b")])
    assert [result.status for result in results] == [status] * 2
    assert len(service.requests) == 1


def told(reason, message="Unregistered or expired token"):
    return json.dumps({"errorMessage": message, "channelType": "APNS", "pushProviderError": reason})


@pytest.mark.parametrize(
    ("status", "code", "message", "retired"),
    [
        ("PERMANENT_FAILURE", 410, told("Unregistered"), True),
        ("PERMANENT_FAILURE", 410, told("BadDeviceToken"), False),
        ("PERMANENT_FAILURE", 400, told("BadDeviceToken"), False),
        ("PERMANENT_FAILURE", 410, told("ExpiredToken"), True),
        ("PERMANENT_FAILURE", 410, "Unregistered", True),
        ("PERMANENT_FAILURE", 400, told("UNREGISTERED"), True),
        ("PERMANENT_FAILURE", 400, told("The registration token is not a valid FCM registration token", "x"), True),
        ("PERMANENT_FAILURE", 410, told("DeviceTokenNotForTopic"), False),
        ("PERMANENT_FAILURE", 400, told("SENDER_ID_MISMATCH"), False),
        ("PERMANENT_FAILURE", 400, "No channel of type GCM is enabled for the application b31c", False),
        ("PERMANENT_FAILURE", 400, told("Invalid value at message.notification.title"), False),
        ("PERMANENT_FAILURE", 403, "[]", False),
        ("TEMPORARY_FAILURE", 410, told("Unregistered"), False),
        ("SUCCESSFUL", 200, "", False),
    ],
)
def test_a_token_is_retired_where_it_never_works_again_and_by_no_wrong_setting(status, code, message, retired):
    assert is_retired(DeliveryResult(status, code, message)) is retired


CAMPAIGN = {"application_id": "a", "campaign_id": "c", "campaign_activity_id": "i", "treatment_id": "0"}
JOURNEY = {"application_id": "a", "journey_id": "j", "journey_run_id": "r", "journey_activity_id": "i"}
FLAT = {
    "pinpoint.campaign.campaign_id": "c",
    "pinpoint.campaign.campaign_activity_id": "i",
    "pinpoint.campaign.treatment_id": "0",
}
WALK = {"journey_id": "j", "journey_run_id": "r", "journey_activity_id": "i"}


@pytest.mark.parametrize(
    ("channel", "raw", "identity", "found"),
    [
        (
            "APNS",
            {"aps": {}},
            CAMPAIGN,
            {
                "aps": {},
                "data": {
                    "pinpoint": {"campaign": {"campaign_id": "c", "campaign_activity_id": "i", "treatment_id": "0"}}
                },
            },
        ),
        (
            "APNS_VOIP",
            {"data": {"pinpoint": {"deeplink": "x"}}},
            JOURNEY,
            {"data": {"pinpoint": {"deeplink": "x", "journey": WALK}}},
        ),
        ("GCM", {"data": {"x": "y"}}, CAMPAIGN, {"data": {"x": "y", **FLAT}}),
        ("GCM", {"fcmV1Message": {"message": {}}}, CAMPAIGN, {"fcmV1Message": {"message": {"data": FLAT}}}),
        ("ADM", {}, JOURNEY, {"data": {"pinpoint": json.dumps({"journey": WALK}, separators=(",", ":"))}}),
        ("GCM", {"data": {"pinpoint": "mine"}}, JOURNEY, {"data": {"pinpoint": "mine"}}),
        ("GCM", {"data": "text"}, CAMPAIGN, {"data": "text"}),
        ("APNS", {"data": []}, CAMPAIGN, {"data": []}),
        ("BAIDU", {"title": "x"}, CAMPAIGN, {"title": "x"}),
        ("GCM", {"data": {}}, {"application_id": "a"}, {"data": {}}),
    ],
)
def test_raw_content_has_the_ids_where_apps_look_for_them(channel, raw, identity, found):
    assert json.loads(identified(channel, json.dumps(raw), identity, 4096)) == found


def test_ids_for_which_there_is_no_room_are_left_out():
    assert identified("GCM", '{"data": {}}', CAMPAIGN, 30) == '{"data": {}}'
    assert push_context(JOURNEY)["journey.journey_run_id"] == "r"
