"""Campaign runs in process: a fake of SendTextMessage (moto has none), DynamoDB and Kinesis by moto, and faults on demand."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from handlers.engagement.campaigns import chunk as sending_step
from handlers.engagement.campaigns import dispatch, waiting
from handlers.engagement.campaigns.chunk import process
from handlers.engagement.campaigns.completion import complete
from handlers.engagement.identifiers import now
from handlers.engagement.store.endpoints import EndpointStore
from handlers.shared import claims
from handlers.shared.event_stream import stream_client
from handlers.shared.tables import table_client
from tests.handlers.engagement.campaigns.ledger_world import Sends
from tests.handlers.engagement.conftest import ACCOUNT, APPLICATION

CAMPAIGN = "c1" * 16


@pytest.fixture
def sends(monkeypatch):
    """A table of sends in memory; nobody pauses before another attempt."""
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    return Sends()


class Kill(BaseException):
    """A function that dies on the spot: nothing may catch it."""


class _Answer:
    status_code = 200


class Outbox:
    """What the SMS channel was asked to send.

    `throttle` answers every n-th call with a throttling error, `broken` so many calls with an error 500, `before` is called first.
    """

    def __init__(self):
        self.sent = []
        self.throttle = 0
        self.broken = 0
        self.calls = 0
        self.before = lambda: None

    def answer(self, params, **_):
        self.calls += 1
        self.before()
        if self.throttle and self.calls % self.throttle == 0:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "SendTextMessage")
        if self.calls <= self.broken:
            metadata = {"HTTPStatusCode": 500}
            raise ClientError(
                {"Error": {"Code": "InternalServerException", "Message": ""}, "ResponseMetadata": metadata},
                "SendTextMessage",
            )
        self.sent.append(params)
        return _Answer(), {"MessageId": f"m{len(self.sent)}"}


class CampaignRunner:
    """Runs a campaign on endpoints, step by step as the state machine does. number: of the run."""

    number = 0

    def __init__(self, world, clients):
        from handlers.engagement.campaigns.environment import CampaignEnvironment
        from handlers.engagement.store.registry import Apps, Campaigns, Segments
        from handlers.engagement.store.service_tables import Tables

        self.world = world
        self.clients = clients
        self.environment = CampaignEnvironment.read()
        self.tables = Tables(self.environment)
        self.campaigns = Campaigns(self.tables.registry, APPLICATION)
        self.segments = Segments(self.tables.registry, APPLICATION)
        self.segments.put(
            {"Id": "seg", "Version": 1, "SegmentType": "DIMENSIONAL", "Dimensions": {}, "ApplicationId": APPLICATION}
        )
        stream = {
            "ApplicationId": APPLICATION,
            "DestinationStreamArn": self.environment.event_stream_arn,
            "RoleArn": "r",
        }
        Apps(self.tables.registry).put_event_stream(APPLICATION, stream)
        self.outbox = Outbox()
        clients.sending_client("pinpoint-sms-voice-v2").meta.events.register(
            "before-call.pinpoint-sms-voice-v2.SendTextMessage", self._sms
        )
        self.waited = []

    def _sms(self, params, **_):
        import json

        return self.outbox.answer(json.loads(params["body"]))

    def endpoints(self, count, **members):
        self.store(
            [{"Id": f"e{at}", "ChannelType": "SMS", "Address": f"+1425679{at:04d}", **members} for at in range(count)]
        )

    def store(self, items):
        results = [
            result
            for start in range(0, len(items), 20)  # moto's transactions do not bear other threads
            for result in EndpointStore(self.tables, APPLICATION).upsert(items[start : start + 20])
        ]
        assert not [result for result in results if result.error]

    def create(self, **members):
        self.campaigns.put(
            {
                "Id": CAMPAIGN,
                "ApplicationId": APPLICATION,
                "Version": 1,
                "SegmentId": "seg",
                "SegmentVersion": 1,
                "State": {"CampaignStatus": "SCHEDULED"},
                "Schedule": {"StartTime": "IMMEDIATE", "Frequency": "ONCE"},
                "MessageConfiguration": {
                    "SMSMessage": {"Body": "Hi {{Location.City}}", "MessageType": "TRANSACTIONAL"}
                },
                **members,
            }
        )

    def forget_sends(self):
        """Empties the ledger's table, at once: moto copies every table for a transaction."""
        backends = dynamodb_backends[ACCOUNT][boto3.session.Session().region_name]
        backends.tables[self.tables.sends.name].items.clear()

    def step(self):
        from handlers.engagement.campaigns.run import CampaignRun

        return CampaignRun(self.tables, self.environment, APPLICATION, CAMPAIGN, version=1, number=self.number)

    def process(self, chunk, cursor=None, remaining=lambda: 100.0):
        return process(self.step(), chunk, cursor, remaining)

    def run(self, start="now", remaining=lambda: 100.0, **execution):
        """Plan, chunks and completion; a step that is killed four times is given up, and its chunk is lost."""
        execution = {"StartTime": start, **execution}
        plan = self._retried(lambda: self.step().plan(execution))
        if plan["Action"] != "RUN":
            return plan
        for chunk in plan["Chunks"]:
            cursor = None
            while True:
                try:
                    step = self._retried(lambda at=cursor, chunk=chunk: self.process(chunk, at, remaining))
                except Kill:
                    self.step().lose(chunk, "killed")
                    break
                if step["Done"]:
                    break
                cursor = step["Cursor"]
                self.waited.append(step["Wait"])
        return self.complete(execution, remaining)

    def complete(self, execution, remaining=lambda: 100.0):
        """Completes the run, call by call."""
        cursor = None
        while True:
            answer = self._retried(lambda at=cursor: complete(self.step(), execution, at, remaining))
            if answer["Action"] != "AGAIN":
                return answer
            cursor = answer["Cursor"]

    def resume(self):
        """Takes the run up again, as ResumeCampaign does."""
        return self.run(Resume=now())

    def activities(self):
        from handlers.engagement.store.registry import Activities

        return Activities(self.tables.registry, APPLICATION, CAMPAIGN).list().items

    def statuses(self):
        """Endpoint id -> statuses that the event stream told."""
        found = {}
        for event in self.world.events():
            found.setdefault(event["client"]["client_id"], []).append(event["attributes"]["campaign_send_status"])
        return found

    def texted(self):
        return Counter(message["DestinationPhoneNumber"] for message in self.outbox.sent)

    def kill_at(self, number, *, after):
        """Dies at the n-th call that changes something, before or after it is made.

        Dying at a read is the same as dying after the change before it.
        """
        counter = itertools.count(1)

        def strike(model, **_):
            if model.name not in ("GetItem", "BatchGetItem", "Query") and next(counter) == number:
                raise Kill

        moment = "after-call" if after else "before-call"
        sms = self.clients.sending_client("pinpoint-sms-voice-v2")
        for client in (table_client(), stream_client(), sms):
            client.meta.events.register_first(moment, strike)
        return counter

    @staticmethod
    def _retried(step):
        for _ in range(3):
            try:
                return step()
            except Kill:
                continue
        return step()


@pytest.fixture
def campaign(world, monkeypatch):
    from handlers.shared import clients

    monkeypatch.setattr(dispatch, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(sending_step, "LONGEST_PAUSE_SECONDS", 0)
    boto3.setup_default_session()
    return CampaignRunner(world, clients)


@pytest.fixture
def time_is_over(campaign, monkeypatch):
    """Runs a campaign that ends while some of its people wait, for whom `resume` has time again; returns the run's answer."""

    def run(people, broken):
        monkeypatch.setattr(dispatch, "TRIES", 1)
        campaign.endpoints(people)
        campaign.create()
        campaign.outbox.broken = broken
        with monkeypatch.context() as short:
            short.setattr(sending_step, "LONGEST_TRYING", timedelta(0))
            return campaign.run()

    return run
