"""How each dead-letter queue gets its letters, and how to see what became of them."""

import contextlib
import io
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.command import run
from commands.failures.runs import name_of_the_next
from handlers.shared.state_machines import execution_name
from sandbox import inbound
from sandbox.brought_up import project
from sandbox.command import environment
from sandbox.demos import clients
from tests.sandbox import campaigns, events
from tests.sandbox.conftest import Sandbox
from tests.sandbox.faults import Faults
from tests.sandbox.test_opt_outs import NUMBER, ON, REMOVED

SCHEDULED = {
    "federated-segmentation": "federatedSegmentationStateMachineArn",
    "phone-number-validate": "phoneValidateStateMachineArn",
}
SCHEDULE = {"name": "often", "expression": "rate(1 minute)", "type": "mutate", "query": "SELECT 1 AS Id"}
MARK = secrets.token_hex(3)
PERSON = f"+1415555{secrets.randbelow(9000) + 1000}"
TEXTED = [f"+1206555{secrets.randbelow(900) + 100}{n}" for n in range(3)]
LISTED = "+14255550177"
CALLED = {"connect-channel": "+12065550171", "whatsapp-channel": "+12065550172"}
CHANNELS = {"connect-channel": ("connectChannel", "VOICE"), "whatsapp-channel": ("whatsAppChannel", "WHATSAPP")}
TEXT_HEADER = "sms_number,message,short_code,message_type,external_campaign_id\r\n"


class World:
    """A sandbox with all that it can have, whose queues fill up."""

    def __init__(self, home: Path) -> None:
        self.sandbox, self.began = Sandbox(home), datetime.now(UTC)
        schedules = f"federatedSegmentation.schedules={json.dumps([SCHEDULE])}"
        full_run = f"phoneNumberValidate.fullRun={json.dumps({'expression': SCHEDULE['expression']})}"
        self.sandbox.run("up", "-c", f"selfManagedOptOuts={json.dumps(ON)}", "-c", schedules, "-c", full_run)
        self.sandbox.connect()
        self.aws, self.exports = self.sandbox.aws, self.sandbox.exports
        self.faults = Faults(self.aws)
        self.alerts = clients.subscribe_queue(self.aws, [self.exports["alertTopicArn"]])
        os.environ.update(environment(self.sandbox.folder, project(self.sandbox.folder)))
        self.places = {place["name"]: place for place in self.exports["failurePlaces"]}
        self.letters = {name: place for name, place in self.places.items() if name.endswith("-dead-letters")}

    def engagement(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        """What a command of `engagement failures` prints as JSON."""
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            ended = run(["failures", *arguments, "--json"])
        assert ended in codes, (arguments, told.getvalue())
        return json.loads(told.getvalue() or "null")

    def counts(self) -> dict[str, int]:
        return {found["name"]: found["count"] for found in self.engagement("list")}

    def waiting(self, name: str) -> int:
        """How many letters a place has, whoever looks at them."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.places[name]["queueUrl"]
        found = self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[each]) for each in names)

    def function(self, part: str) -> str:
        pages = self.aws("lambda").get_paginator("list_functions").paginate()
        names = [found["FunctionName"] for page in pages for found in page["Functions"]]
        [name] = [name for name in names if name.startswith(part)]
        return name

    def reached(self, channel: str, to: str) -> list[dict[str, Any]]:
        return [found for found in self.sandbox.outbox() if (found["channel"], found["to"]) == (channel, to)]

    def executions(self, machine: str, prefix: str) -> int:
        pages = self.aws("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=machine)
        return sum(run["name"].startswith(prefix) for page in pages for run in page["executions"])

    def streamed(self) -> list[dict[str, Any]]:
        return list(events.told(self.sandbox, self.began))


@dataclass(frozen=True)
class Case:
    """How a dead-letter queue gets its letters, and how often what they asked for was done: wanted 1 each.

    left: letters that are there again after the redrive, refused once more.
    """

    inject: Callable[[World], None]
    done: Callable[[World], list[int]]
    left: int = 0


def drop_people(world):
    world.sandbox.drop("ChannelType,Address\nSMS,+14255550199\n", f"people-{MARK}.csv")
    garbage = {"reason": {"DataType": "String", "StringValue": "not an S3 event, of ana@example.org"}}
    url = world.letters["s3-triggered-import-files-dead-letters"]["queueUrl"]
    world.aws("sqs").send_message(QueueUrl=url, MessageBody="garbage", MessageAttributes=garbage)


def dropped_texts(world, name, number):
    body = TEXT_HEADER + f"{number},hello,555104,PROMOTIONAL,{MARK}\r\n"
    key = f"{world.exports['smsDropPrefix']}{name}-{MARK}.csv"
    world.aws("s3").put_object(Bucket=world.exports["smsDropBucketName"], Key=key, Body=body.encode())


def sent_or_reported(world):
    """The texts that are sent, and the rows that their run's report says were not: the letters' own function is quick."""
    key = f"errors/started-{MARK}.csv"
    try:
        report = world.aws("s3").get_object(Bucket=world.exports["smsDropBucketName"], Key=key)["Body"].read()
    except world.aws("s3").exceptions.NoSuchKey:
        report = b"header"
    return [len(world.reached("SMS", TEXTED[0])) + len(report.splitlines()) - 1]


def put_events(world):
    events.people(world.sandbox, [f"open-{MARK}-{n}" for n in range(2)])
    opens = [events.event(world.sandbox, "_email.open", f"open-{MARK}-{n}", MARK) for n in range(2)]
    events.put(world.sandbox, [opens[0], b"no event", opens[1]])


def call_people(name):
    def inject(world):
        key, _ = CHANNELS[name]
        endpoint = {"ChannelType": "SMS", "Address": CALLED[name], "Attributes": {}}
        world.sandbox.pinpoint.update_endpoint(
            ApplicationId=world.sandbox.application_id, EndpointId=f"{name}-{MARK}", EndpointRequest=endpoint
        )
        event = {
            "ApplicationId": world.sandbox.application_id,
            "CampaignId": f"c-{MARK}",
            "ActivityId": f"a-{MARK}",
            "Data": json.dumps({"Message": f"hello {MARK}"}),
            "Endpoints": {f"{name}-{MARK}": endpoint},
        }
        function = world.exports[f"{key}FunctionArn"]
        answer = world.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        assert json.loads(answer["Payload"].read()) == {"Queued": 1, "PassedOver": 0}

    return inject


def give_up_refusals(name):
    """A reader takes what the channel told, and dies."""

    def inject(world):
        sqs, url = world.aws("sqs"), world.exports[f"{CHANNELS[name][0]}RefusedQueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"EndpointId": MARK, "Status": "REFUSED"}))
        deadline = time.monotonic() + 30
        while not world.waiting(f"{name}-refused-dead-letters"):
            assert time.monotonic() < deadline
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)

    return inject


def refusals_of(name):
    """Counted, not received: the queue gives up what was received five times."""
    return lambda world: [world.waiting(f"{name}-refused")]


def bounce(world):
    address = f"bounced-{MARK}@example.org"
    detail = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}], "feedbackId": "f"}
    message = json.dumps({"notificationType": "Bounce", "bounce": detail, "mail": {"messageId": "m"}})
    world.aws("sns").publish(TopicArn=world.exports["sesNotificationTopicArn"], Message=message)
    world.aws("sns").publish(TopicArn=world.exports["sesNotificationTopicArn"], Message='{"notificationType": "Odd"}')


def put_object(world):
    facets = events.bounce(f"object-{MARK}@example.org")
    line = events.event(world.sandbox, "_email.hardbounce", "nobody", MARK, facets=facets)
    key = f"events/2026/11/28/00/{MARK}"
    world.aws("s3").put_object(Bucket=world.exports["suppressionBucketName"], Key=key, Body=line + b"\nno event\n")


def suppressed(name):
    def done(world):
        summaries = world.aws("sesv2").list_suppressed_destinations()["SuppressedDestinationSummaries"]
        return [sum(found["EmailAddress"] == f"{name}-{MARK}@example.org" for found in summaries)]

    return done


def campaign(world):
    """One text by a campaign: what became of it is an event, and the message is archived."""
    pinpoint, application = world.sandbox.pinpoint, world.sandbox.application_id
    endpoint = {"ChannelType": "SMS", "Address": TEXTED[2], "Attributes": {"Crowd": [MARK]}}
    pinpoint.update_endpoint(ApplicationId=application, EndpointId=f"sent-{MARK}", EndpointRequest=endpoint)
    message = {"SMSMessage": {"Body": "hello", "MessageType": "TRANSACTIONAL"}}
    campaigns.start(world.sandbox, campaigns.segment_of(world.sandbox, "Crowd", MARK), MessageConfiguration=message)


def archived(world):
    prefix = f"{world.exports['archivePrefix']}sent-{MARK}/"
    found = world.aws("s3").list_objects_v2(Bucket=world.exports["archiveBucketName"], Prefix=prefix)
    return [found.get("KeyCount", 0)]


def delivered(world):
    """How often the stream tells of each thing that became of the campaign's text."""
    mine = [found for found in world.streamed() if found["attributes"].get("destination_phone_number") == TEXTED[2]]
    return list(Counter(found["attributes"].get("record_status") for found in mine).values()) or [0]


def notify(world):
    job = {"ApplicationId": MARK, "Id": MARK, "Definition": {"SegmentId": MARK, "SegmentName": MARK}}
    world.aws("sns").publish(
        TopicArn=world.exports["importStatusTopicArn"],
        Subject="Amazon Pinpoint Import Successful",
        Message=json.dumps({"ImportResult": job}),
        MessageAttributes={"notification_type": {"DataType": "String", "StringValue": "success"}},
    )


def mail(name):
    def inject(world):
        raw = f"From: {name}-{MARK}@example.org\r\nTo: no-answer@shop.example\r\nSubject: Hi\r\n\r\nHi\r\n".encode()
        inbound.mail(world.sandbox.servers, raw)

    return inject


def replied(name):
    return lambda world: [len(world.reached("EMAIL", f"{name}-{MARK}@example.org"))]


def opted_out(world):
    name = world.exports["optOutRecordsFunctionName"]
    answer = world.aws("lambda").invoke(FunctionName=name, Payload=json.dumps({"operation": "get", "Address": PERSON}))
    number = json.loads(answer["Payload"].read())["Number"]
    replies = [found for found in world.reached("SMS", PERSON) if found["body"] == REMOVED]
    return [int(number is not None and number["Status"] == "OUT"), len(replies)]


def nothing(_world):
    """The schedule is there from the beginning."""


def scheduled(name, machine):
    """world.scheduled: by architecture, the letter that is to start a run."""
    return lambda world: [world.executions(world.exports[machine], name_of_the_next(world.scheduled[name]))]


def drop_a_list(world):
    body = f"listed-{MARK}@example.org\n{LISTED}\n"
    key = f"{world.exports['suppressPrefix']}list-{MARK}.txt"
    world.aws("s3").put_object(Bucket=world.exports["importBucketName"], Key=key, Body=body.encode())


def listed(world):
    answer = world.aws("pinpoint-sms-voice-v2").describe_opted_out_numbers(OptOutListName="Default")
    numbers = [found["OptedOutNumber"] for found in answer["OptedOutNumbers"]]
    return [*suppressed("listed")(world), numbers.count(LISTED)]


CASES = {
    "s3-triggered-import-suppress-files": Case(drop_a_list, listed),
    "s3-triggered-import-files": Case(
        drop_people, lambda w: [w.executions(w.exports["importStateMachineArn"], f"people-{MARK}")], left=1
    ),
    "sms-s3-drop-files": Case(
        lambda world: dropped_texts(world, "dropped", TEXTED[1]), lambda w: [len(w.reached("SMS", TEXTED[1]))]
    ),
    "sms-s3-drop-texts": Case(lambda world: dropped_texts(world, "started", TEXTED[0]), sent_or_reported),
    "event-based-segmentation-later": Case(
        put_events,
        lambda w: [len(events.attributes(w.sandbox, f"open-{MARK}-{n}").get("opened_email", ())) for n in (0, 1)],
    ),
    "event-based-segmentation-unread": Case(nothing, lambda w: [w.counts()["event-based-segmentation-errors"]]),
    "connect-channel-calls": Case(
        call_people("connect-channel"), lambda w: [len(w.reached("VOICE", CALLED["connect-channel"]))]
    ),
    "whatsapp-channel-calls": Case(
        call_people("whatsapp-channel"), lambda w: [len(w.reached("WHATSAPP", CALLED["whatsapp-channel"]))]
    ),
    "connect-channel-refused": Case(give_up_refusals("connect-channel"), refusals_of("connect-channel")),
    "whatsapp-channel-refused": Case(give_up_refusals("whatsapp-channel"), refusals_of("whatsapp-channel")),
    "ses-event-processing-notifications": Case(bounce, suppressed("bounced"), left=1),
    "pinpoint-event-processing-objects": Case(put_object, suppressed("object")),
    "message-archiver": Case(campaign, archived),
    "engagement-delivery-events": Case(nothing, delivered),
    "self-managed-opt-outs-inbound": Case(lambda w: inbound.text(w.sandbox.servers, PERSON, NUMBER, "STOP"), opted_out),
    "import-validate-campaign-notifications": Case(
        notify,
        lambda w: [w.executions(w.exports["phoneValidateStateMachineArn"], execution_name("import", MARK, MARK))],
    ),
    "ses-auto-reply-failures": Case(mail("failed"), replied("failed")),
    "ses-auto-reply-unanswered": Case(mail("unanswered"), replied("unanswered")),
    **{f"{name}-schedules": Case(nothing, scheduled(name, machine)) for name, machine in SCHEDULED.items()},
}
