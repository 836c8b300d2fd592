"""Journeys in process: the API, the worker on a clock that the test turns, and a fake of SendTextMessage (moto has none)."""

from __future__ import annotations

import json
import time

import boto3
import pytest

from handlers.engagement.journeys.worker import work
from tests.handlers.engagement.campaigns.conftest import Outbox
from tests.handlers.engagement.conftest import APPLICATION

HOUR = 3600


class Clock:
    """Epoch seconds, from the real ones on."""

    def __init__(self):
        self.passed = 0.0

    def __call__(self):
        return time.time() + self.passed

    def turn(self, seconds):
        self.passed += seconds


class Runner:
    """One application, its API and its journeys' worker. `left`: seconds that a worker has; `answers`: the function's."""

    def __init__(self, world, pinpoint, clients):
        from handlers.engagement.journeys.environment import JourneyEnvironment
        from handlers.engagement.store.registry import Apps
        from handlers.engagement.store.service_tables import Tables

        self.world = world
        self.pinpoint = pinpoint
        self.environment = JourneyEnvironment.read()
        self.tables = Tables(self.environment)
        self.clock = Clock()
        self.outbox = Outbox()
        self.asked = []
        self.answer = lambda event: {}
        stream = {"DestinationStreamArn": self.environment.event_stream_arn, "RoleArn": "r"}
        Apps(self.tables.registry).put_event_stream(APPLICATION, {"ApplicationId": APPLICATION, **stream})
        clients.sending_client("pinpoint-sms-voice-v2").meta.events.register(
            "before-call.pinpoint-sms-voice-v2.SendTextMessage",
            lambda params, **_: self.outbox.answer(json.loads(params["body"])),
        )

    def endpoints(self, *names, start=0, **members):
        items = [
            {"Id": name, "ChannelType": "SMS", "Address": f"+1425679{start + at:04d}", **members}
            for at, name in enumerate(names)
        ]
        for begin in range(0, len(items), 20):
            self.pinpoint.update_endpoints_batch(
                ApplicationId=APPLICATION, EndpointBatchRequest={"Item": items[begin : begin + 20]}
            )
        return {item["Id"]: item["Address"] for item in items}

    def segment(self, **dimensions):
        made = self.pinpoint.create_segment(
            ApplicationId=APPLICATION, WriteSegmentRequest={"Name": "s", "Dimensions": dimensions}
        )
        return made["SegmentResponse"]["Id"]

    def template(self, name):
        self.pinpoint.create_sms_template(TemplateName=name, SMSTemplateRequest={"Body": name})

    def create(self, activities, *, segment=None, start=None, **members):
        made = self.pinpoint.create_journey(
            ApplicationId=APPLICATION,
            WriteJourneyRequest={
                "Name": "j",
                "State": "ACTIVE",
                "StartActivity": start or next(iter(activities)),
                "StartCondition": {"SegmentStartCondition": {"SegmentId": segment or self.segment()}},
                "Activities": activities,
                **members,
            },
        )
        return made["JourneyResponse"]["Id"]

    def put_events(self, application=APPLICATION, **events):
        """Reports events: endpoint id -> (event id, type) or an item of PutEvents. Returns the status of each event by its id."""
        batch = {}
        for endpoint, given in events.items():
            item = given if isinstance(given, dict) else {"Events": {given[0]: {"EventType": given[1]}}}
            found = {name: {"Timestamp": "2027-01-04T09:00:00Z", **event} for name, event in item["Events"].items()}
            batch[endpoint] = {"Endpoint": item.get("Endpoint", {}), "Events": found}
        answer = self.pinpoint.put_events(ApplicationId=application, EventsRequest={"BatchItem": batch})
        results = answer["EventsResponse"]["Results"].values()
        return {
            name: status["StatusCode"] for result in results for name, status in result["EventsItemResponse"].items()
        }

    def state(self, journey):
        return self.pinpoint.get_journey(ApplicationId=APPLICATION, JourneyId=journey)["JourneyResponse"]["State"]

    def set_state(self, journey, state):
        self.pinpoint.update_journey_state(
            ApplicationId=APPLICATION, JourneyId=journey, JourneyStateRequest={"State": state}
        )

    def work(self, left=lambda: 100.0):
        return work(self.tables, self.environment, left, self.clock)

    def sent(self):
        return [(params["DestinationPhoneNumber"], params["MessageBody"]) for params in self.outbox.sent]

    def metrics(self, journey, activity=None):
        asked = {"ApplicationId": APPLICATION, "JourneyId": journey}
        if activity is None:
            answer = self.pinpoint.get_journey_execution_metrics(**asked)["JourneyExecutionMetricsResponse"]
        else:
            answer = self.pinpoint.get_journey_execution_activity_metrics(**asked, JourneyActivityId=activity)[
                "JourneyExecutionActivityMetricsResponse"
            ]
        return {name: int(number) for name, number in answer["Metrics"].items()}

    def journey_events(self):
        return [event for event in self.world.events() if event["event_type"] == "_journey.send"]

    def items(self):
        """Everything of journeys in the sends table."""
        found = boto3.client("dynamodb").scan(TableName=self.tables.sends.name)["Items"]
        return [item for item in found if item["pk"]["S"].startswith("J")]


TWO = {
    "hello": {"SMS": {"TemplateName": "one", "NextActivity": "pause"}},
    "pause": {"Wait": {"WaitTime": {"WaitFor": "P3D"}, "NextActivity": "again"}},
    "again": {"SMS": {"TemplateName": "two"}},
}


def two_messages(runner, **members):
    runner.template("one")
    runner.template("two")
    return runner.create(TWO, **members)


@pytest.fixture
def runner(world, pinpoint, monkeypatch):
    """A journey's runner; batches are sent by one thread, as moto's DynamoDB in process is not made for more."""
    from handlers.engagement.journeys import worker
    from handlers.shared import clients

    monkeypatch.setattr(worker, "SENDS_AT_A_TIME", 1)
    return Runner(world, pinpoint, clients)
