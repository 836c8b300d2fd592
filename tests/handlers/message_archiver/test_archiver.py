from __future__ import annotations

import email
import email.policy
import json

import pytest

from handlers.message_archiver import archiver, records_function
from handlers.message_archiver.contents import FRESH_SECONDS, Recent
from handlers.message_archiver.send_event import parse
from tests.handlers.event_database import events
from tests.handlers.event_database.events import CAMPAIGN
from tests.handlers.message_archiver.conftest import BUCKET
from tests.handlers.shared.fakes import Context, client_error, sqs_event

TEMPLATE = {
    "Subject": "Hi {{Attributes.name}}, grüße 🎉",
    "HtmlPart": "<p>{{Attributes.plan}} {{User.UserId}}</p>\r\n<p>bye</p>",
    "TextPart": "x" * 1500 + "\n{{Attributes.plan}}",
    "DefaultSubstitutions": json.dumps({"Attributes": {"name": "you"}}),
}


def read(content: bytes):
    return email.message_from_bytes(content, policy=email.policy.default)


def pieces(content: bytes) -> dict[str, str]:
    def text(part) -> str:
        found = part.get_content()
        return found if isinstance(found, str) else found.decode()

    return {part["Content-Piece-Type"]: text(part) for part in read(content).iter_parts()}


def archived(world, *sends) -> list[bytes]:
    """The messages of these sends, in the order of their keys."""
    for body in world.queued(*sends):
        assert world.archive(body) == {"batchItemFailures": []}
    assert world.messages(world.dead) == []
    return list(world.objects().values())


def test_an_email_by_template_is_archived_as_it_was_sent(world):
    world.project.campaigns[CAMPAIGN] = {
        "Version": 3,
        "TemplateConfiguration": {"EmailTemplate": {"Name": "welcome", "Version": "2"}},
    }
    world.project.templates["EMAIL", "welcome"] = TEMPLATE
    (content,) = archived(world, events.campaign_send())
    (key,) = world.objects()
    message = read(content)
    assert key.startswith("archive/ep-bo/2030/01/01/00/")
    assert message.get_content_type() == "multipart/mixed"
    assert message.defects == []
    assert {
        name: message[name]
        for name in ("EndpointId", "ApplicationId", "EventTimestamp", "CampaignId", "TreatmentId", "Channel")
    } == {
        "EndpointId": "ep-bo",
        "ApplicationId": events.APPLICATION,
        "EventTimestamp": str(events.TIME),
        "CampaignId": CAMPAIGN,
        "TreatmentId": "0",
        "Channel": "EMAIL",
    }
    assert (message["CampaignVersion"], message["SendStatus"], message["JourneyId"]) == ("3", "SUCCESS", None)
    assert pieces(content) == {
        "TITLE": "Hi you, grüße 🎉",
        "HTML": "<p>gold bo-user</p>\r\n<p>bye</p>",
        "BODY": "x" * 1500 + "\ngold",
    }
    types = {part["Content-Piece-Type"]: part.get_content_type() for part in message.iter_parts()}
    assert types == {"TITLE": "text/plain", "HTML": "text/html", "BODY": "text/plain"}


def test_the_same_send_again_is_the_same_object(world):
    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"EmailMessage": {"Title": "a", "Body": "b"}}}
    first = archived(world, events.campaign_send())
    assert archived(world, events.campaign_send(), events.campaign_send()) == first


def test_the_treatment_of_the_event_is_archived_and_no_other(world):
    world.project.campaigns[CAMPAIGN] = {
        "MessageConfiguration": {"SMSMessage": {"Body": "default"}},
        "AdditionalTreatments": [
            {"Id": identifier, "MessageConfiguration": {"SMSMessage": {"Body": f"of {identifier}"}}}
            for identifier in ("1", "2")
        ],
    }
    sends = [
        events.campaign_send(f"ep-{treatment}", delivery_type="SMS", treatment_id=treatment) for treatment in "012"
    ]
    assert [pieces(content) for content in archived(world, *sends)] == [
        {"BODY": "default"},
        {"BODY": "of 1"},
        {"BODY": "of 2"},
    ]


@pytest.mark.parametrize(
    ("delivery_type", "campaign", "expected"),
    [
        ("SMS", {"MessageConfiguration": {"SMSMessage": {"MessageType": "PROMOTIONAL"}},
                 "TemplateConfiguration": {"SMSTemplate": {"Name": "t"}}}, {"BODY": "sms gold"}),
        ("VOICE", {"TemplateConfiguration": {"VoiceTemplate": {"Name": "t"}}}, {"BODY": "voice gold"}),
        ("GCM", {"MessageConfiguration": {"DefaultMessage": {"Body": "all"},
                                          "GCMMessage": {"Title": "T", "RawContent": '{"a": 1}'}}},
         {"TITLE": "T", "BODY": "all", "RAWCONTENT": '{"a": 1}'}),
        ("APNS_SANDBOX", {"TemplateConfiguration": {"PushTemplate": {"Name": "t"}}},
         {"TITLE": "apple", "BODY": "all gold"}),
        ("PUSH", {"MessageConfiguration": {"ADMMessage": {"Body": "adm"}}}, {"BODY": "adm"}),
        ("CUSTOM", {"MessageConfiguration": {"CustomMessage": {"Data": '{"x": "{{y}}"}'}}},
         {"RAWCONTENT": '{"x": "{{y}}"}'}),
        ("EMAIL", {"MessageConfiguration": {"EmailMessage": {"Title": "inline"}},
                   "TemplateConfiguration": {"EmailTemplate": {"Name": "t"}}}, {"TITLE": "inline", "HTML": "<b>gold</b>"}),
    ],
)  # fmt: skip
def test_any_channel_is_archived_inline_or_by_template(world, delivery_type, campaign, expected):
    world.project.campaigns[CAMPAIGN] = campaign
    world.project.templates |= {
        ("SMS", "t"): {"Body": "sms {{Attributes.plan}}"},
        ("VOICE", "t"): {"Body": "voice {{Attributes.plan}}"},
        ("PUSH", "t"): {"Default": {"Body": "all {{Attributes.plan}}", "Title": "d"}, "APNS": {"Title": "apple"}},
        ("EMAIL", "t"): {"Subject": "template", "HtmlPart": "<b>{{Attributes.plan}}</b>"},
    }
    (content,) = archived(world, events.campaign_send(delivery_type=delivery_type))
    assert pieces(content) == expected
    assert read(content)["Channel"] == delivery_type


def test_a_journeys_message_is_that_of_its_activity(world):
    world.project.journeys["3d" * 16] = {
        "Activities": {
            "welcome": {"EMAIL": {"TemplateName": "welcome", "NextActivity": "x"}},
            "call": {"ContactCenter": {"NextActivity": "x"}},
        }
    }
    world.project.templates["EMAIL", "welcome"] = TEMPLATE
    call = events.journey_send(journey_activity_id="call", journey_activity_type="CONTACT_CENTER")
    found = {read(content)["JourneyActivityId"]: content for content in archived(world, events.journey_send(), call)}
    assert pieces(found["welcome"])["TITLE"] == "Hi you, grüße 🎉"
    assert read(found["welcome"])["JourneyId"] == "3d" * 16
    assert read(found["welcome"])["CampaignId"] is None
    assert json.loads(pieces(found["call"])["RAWCONTENT"]) == {"ContactCenter": {"NextActivity": "x"}}


def test_the_address_is_looked_up_only_where_the_message_shows_it(world):
    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"EmailMessage": {"Title": "to {{Address}} {{Id}}"}}}
    world.project.endpoints["ep-bo"] = {"Address": "bo@example.org"}
    contents = archived(world, events.campaign_send(), events.campaign_send("ep-gone"))
    assert [pieces(content)["TITLE"] for content in contents] == ["to bo@example.org ep-bo", "to  ep-gone"]
    assert world.project.requests["get_endpoint"] == 2
    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"EmailMessage": {"Title": "plain"}}}
    archiver._contents.cache_clear()
    archived(world, events.campaign_send("ep-new"))
    assert world.project.requests["get_endpoint"] == 2


def test_a_campaign_and_its_template_are_read_once_for_many_messages(world):
    world.project.campaigns[CAMPAIGN] = {"TemplateConfiguration": {"EmailTemplate": {"Name": "welcome"}}}
    world.project.templates["EMAIL", "welcome"] = TEMPLATE
    assert len(archived(world, *(events.campaign_send(f"ep-{at}") for at in range(30)))) == 30
    assert world.project.requests == {"get_campaign": 1, "get_email_template": 1}


def test_what_was_read_is_forgotten_after_a_while_and_never_grows():
    now = [0.0]
    recent = Recent(lambda: now[0])
    made = []
    for at in [0.0, FRESH_SECONDS - 1, FRESH_SECONDS + 1]:
        now[0] = at
        recent.get(("k",), lambda: made.append(1))
    assert len(made) == 2
    for at in range(2_000):
        recent.get((str(at),), lambda: None)
    assert len(recent._values) == 500


REJECTED = {
    "not JSON": ("{", "not a send event"),
    "no send": (json.dumps(events.custom()), "not a send event"),
    "no campaign": (None, "Resource not found"),
}


def test_what_can_never_be_archived_is_dead_lettered_with_its_reason(world):
    world.project.campaigns["known"] = {
        "AdditionalTreatments": [],
        "MessageConfiguration": {"SMSMessage": {"Body": "{{unheard of}}"}},
    }
    good = world.queued(
        events.campaign_send("ep-1"),
        events.campaign_send("ep-2", campaign_id="known", treatment_id="7"),
        events.campaign_send("ep-3", campaign_id="known"),
        events.campaign_send("ep-4", campaign_id="known", delivery_type="SMS"),
        events.campaign_send("ep-5", campaign_id="known", record="{not json"),
        {**events.campaign_send("ep-6"), "application": {"app_id": "ff" * 16}},
    )
    moved = json.loads(good[0])
    moved["client_context"]["custom"]["message_archive_location"] = "archive/ep-other/x"
    bodies = ["{", json.dumps(events.custom()), "[]", json.dumps(moved), *good]
    assert world.archive(*bodies) == {"batchItemFailures": []}
    dead = world.messages(world.dead)
    assert len(dead) == len(bodies)
    reasons = sorted(message["MessageAttributes"]["reason"]["StringValue"] for message in dead)
    for part in (
        "not a send event",
        "is not the place that follows",
        "Resource not found",
        "has no treatment 7",
        "has no content for channel EMAIL",
        "cannot be rendered",
        "endpoint is not JSON",
        "is of application",
    ):
        assert any(part in reason for reason in reasons), part
    assert world.objects() == {}


def test_what_may_be_archived_later_stays_in_the_queue_and_the_rest_of_the_batch_does_not(world, monkeypatch):
    world.project.campaigns["good"] = {"MessageConfiguration": {"SMSMessage": {"Body": "hi"}}}
    bodies = world.queued(
        *(events.campaign_send(f"ep-{at}", campaign_id="busy" if at % 3 == 2 else "good", delivery_type="SMS")
          for at in range(9))
    )  # fmt: skip
    bodies.sort()
    real = archiver._contents()
    good = real._client.get_campaign

    class Busy:
        def get_campaign(self, **arguments):
            if arguments["CampaignId"] == "busy":
                raise client_error("TooManyRequestsException", 429)
            return good(**arguments)

    monkeypatch.setattr(real, "_client", Busy())
    failed = world.archive(*bodies)["batchItemFailures"]
    assert (len(failed), len(world.objects()), world.messages(world.dead)) == (3, 6, [])


def test_everything_that_goes_in_is_archived_or_an_error_or_a_dead_letter(world, monkeypatch):
    """Throttled on every third call and killed half way, with a copy of everything: in = done + errors + dead letters."""
    from tests.handlers.message_archiver.test_queueing import BROKEN

    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"SMSMessage": {"Body": "hi {{Attributes.plan}}"}}}
    sends = [events.campaign_send(f"ep-{at}", delivery_type="SMS") for at in range(60)]
    hopeless = [events.campaign_send(f"bad-{at}", campaign_id="gone", delivery_type="SMS") for at in range(5)]
    bodies = world.queued(*sends, *BROKEN, *hopeless)
    bodies += world.queued(*sends)
    calls = [0]
    real = archiver.aws_client("s3")

    class Moody:
        def put_object(self, **arguments):
            calls[0] += 1
            if calls[0] % 3 == 0:
                raise client_error("SlowDown", 503)
            return real.put_object(**arguments)

    monkeypatch.setattr(archiver, "aws_client", lambda service: Moody())
    receives: dict[str, int] = {}
    dead: list[str] = []
    while bodies:
        taken, bodies = bodies[:10], bodies[10:]
        failed = {entry["itemIdentifier"] for entry in world.archive(*taken)["batchItemFailures"]}
        killed = {f"m{place}" for place in range(3)} if calls[0] % 7 == 0 else set()
        for place, body in enumerate(taken):
            if f"m{place}" in failed | killed:
                receives[body] = receives.get(body, 0) + 1
                (dead if receives[body] >= 20 else bodies).append(body)
    done = world.objects()
    rejected = {message["Body"] for message in world.messages(world.dead)}
    assert dead == []
    assert (len(done), len(rejected), len(world.errors())) == (60, 5, 7)
    assert len(sends) + len(hopeless) + len(BROKEN) == len(done) + len(rejected) + len(world.errors())


def test_all_that_is_archived_for_an_endpoint_is_listed_and_deleted(world):
    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"SMSMessage": {"Body": "hi"}}}
    sends = [
        {**events.campaign_send("ep-bo", delivery_type="SMS"), "event_timestamp": events.TIME + at} for at in range(3)
    ]
    other = events.campaign_send("ep-bo-2", delivery_type="SMS")
    archived(world, *sends, other)
    archived(world, *sends)
    lines = world.queued(sends[0], other)
    world.s3.put_object(
        Bucket=BUCKET, Key="sends/2030/01/01/00/a", Body="".join(f"{line}\n" for line in lines).encode()
    )
    listed = records_function.handler({"operation": "list", "EndpointId": "ep-bo"}, Context())
    assert (len(listed["Messages"]), listed["Cursor"]) == (3, None)
    answer = records_function.handler({"operation": "delete", "EndpointId": "ep-bo"}, Context())
    assert (answer["Done"], answer["Messages"], answer["Lines"]) == (True, 6, 1)
    assert [key.split("/")[1] for key in world.objects()] == ["ep-bo-2"]
    versions = world.s3.list_object_versions(Bucket=BUCKET, Prefix="archive/ep-bo/")
    assert "Versions" not in versions
    assert "DeleteMarkers" not in versions
    assert b'"ep-bo"' not in b"".join(world.objects("sends/").values())
    assert records_function.handler({"operation": "delete", "EndpointId": "ep-bo"}, Context())["Messages"] == 0


def test_a_long_list_comes_in_pages(world):
    from handlers.message_archiver.records import ArchivedRecords

    for at in range(5):
        world.s3.put_object(Bucket=BUCKET, Key=f"archive/ep-bo/2030/01/01/00/{at}", Body=b"x")
    records, cursor, found = ArchivedRecords(world.s3, BUCKET, "archive/"), None, []
    for _ in range(3):
        page = records.list("ep-bo", cursor, 2)
        found += [message["Key"][-1] for message in page.messages]
        cursor = page.cursor
    assert (found, cursor) == (list("01234"), None)


def test_another_operation_is_refused(world):
    with pytest.raises(ValueError, match="allowed are list and delete"):
        records_function.handler({"operation": "read", "EndpointId": "ep-bo"}, Context())
    with pytest.raises(ValueError, match="EndpointId"):
        records_function.handler({"operation": "list"}, Context())


def test_no_log_names_a_person(world, caplog):
    world.project.campaigns[CAMPAIGN] = {"MessageConfiguration": {"SMSMessage": {"Body": "secret text {{Address}}"}}}
    world.project.endpoints["ep-bo"] = {"Address": "+15555550111"}
    archived(world, events.campaign_send(delivery_type="SMS"))
    world.archive("{secret")
    logged = str([record.__dict__ for record in caplog.records])
    assert "message archived" in logged
    assert not any(word in logged for word in ("secret", "+15555550111", "bo-user"))


def test_an_event_says_its_channel_or_its_endpoint_does(world):
    event = events.campaign_send()
    del event["attributes"]["delivery_type"]
    (body,) = world.queued(event)
    assert parse(body, "archive/").channel == "EMAIL"
    assert sqs_event(body)["Records"]
