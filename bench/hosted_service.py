"""What the rows of the hosted service share: its tables in memory, its variables, a job or a campaign in its registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.row import Context

APPLICATION = "0" * 32
JOB = "1" * 32
SEGMENT = "2" * 32
CAMPAIGN = "3" * 32
IMPORTED = "5" * 32
BUCKET = "data"
ROLE = "arn:aws:iam::123456789012:role/engagement/job"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
SHARDS = 16
"""Of what the service keeps, a query each."""
CLAIMS = 48
"""Of two items each, and a counter, in a transaction of 100 at the most."""
_MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine"

ENVIRONMENT: Mapping[str, str] = {
    "ENDPOINTS_TABLE": "endpoints",
    "REGISTRY_TABLE": "registry",
    "MEMBERS_TABLE": "members",
    "SENDS_TABLE": "sends",
    "JOURNEY_START_DELAY_SECONDS": "300",
    "EVENT_STREAM_NAME": "events",
    "EVENT_STREAM_ARN": STREAM,
    "IMPORT_STATE_MACHINE_ARN": f"{_MACHINES}:import",
    "EXPORT_STATE_MACHINE_ARN": f"{_MACHINES}:export",
    "CAMPAIGN_STATE_MACHINE_ARN": f"{_MACHINES}:campaign",
    "DELETION_STATE_MACHINE_ARN": f"{_MACHINES}:deletion",
    "ACCOUNT_ID": "123456789012",
    "DEFAULT_APPLICATION_ID": APPLICATION,
    "NUMBER_VALIDATION_REGION": "us-east-1",
    "SMS_ORIGINATION_IDENTITY": "+18005550100",
    "SMS_CONFIGURATION_SET": "",
    "SMS_RATES": '{"types": {}, "numbers": {"+18005550100": 1000000}}',  # no number holds a benchmark up
    "EMAIL_FROM_ADDRESS": "",
    "EMAIL_CONFIGURATION_SET": "",
}


class Seed:
    """Puts what a row starts from into the fake tables, in the store's own layout, without a call."""

    def __init__(self, tables: FakeDynamoDb) -> None:
        self.tables = tables

    def document(self, pk: str, sk: str, document: Mapping[str, Any]) -> None:
        """A document of the registry table."""
        from handlers.engagement.store.documents import encode

        self._put("registry", {"pk": pk, "sk": sk, "revision": 1, **encode(document)})

    def application(self) -> None:
        """The application, with an event stream."""
        self.document("APPS", APPLICATION, {"Id": APPLICATION, "Name": "bench", "Arn": f"arn:app/{APPLICATION}"})
        stream = {"ApplicationId": APPLICATION, "DestinationStreamArn": STREAM, "RoleArn": ROLE}
        self.document(f"APP#{APPLICATION}", "EVENTSTREAM", stream)

    def segment(self, segment_type: str, segment_id: str = SEGMENT, **more: Any) -> None:
        """A segment in its first version."""
        document = {
            "Id": segment_id,
            "ApplicationId": APPLICATION,
            "Name": "bench",
            "SegmentType": segment_type,
            "Version": 1,
            "CreationDate": "2026-11-01T00:00:00.000Z",
            "LastModifiedDate": "2026-11-01T00:00:00.000Z",
            **more,
        }
        self.document(f"SEGMENTS#{APPLICATION}", segment_id, document)
        self.document(f"SEGMENT#{APPLICATION}#{segment_id}", f"{1:010d}", document)

    def imported(self, numbers: Sequence[int], segment_id: str = IMPORTED) -> None:
        """The segment of an import, in its first version, with the endpoints of these numbers for members."""
        from handlers.engagement.segments.members import partition
        from handlers.engagement.store.shards import shard_of

        self.segment("IMPORT", segment_id, ImportDefinition={"Format": "CSV", "Size": len(numbers)})
        for name in map(endpoint_id, numbers):
            self._put("members", {"pk": partition(segment_id, 1, shard_of(name)), "sk": name})

    def job(self, kind: str, **definition: Any) -> dict[str, Any]:
        """An import or export job, as its creation leaves it. Returns its document."""
        document = {
            "Id": JOB,
            "ApplicationId": APPLICATION,
            "JobStatus": "CREATED",
            "Type": kind,
            "CreationDate": "2026-11-01T00:00:00.000Z",
            "Definition": {"RoleArn": ROLE, **definition},
        }
        self.document(f"JOBS#{APPLICATION}#{kind}", JOB, document)
        return document

    def import_job(self, key: str) -> None:
        """A job that imports an object of the bucket, registers endpoints and makes the segment of them, and that segment."""
        url = f"s3://{BUCKET}/{key}"
        self.segment("IMPORT", ImportDefinition={"Format": "CSV", "S3Url": url})
        self.job(
            "IMPORT",
            Format="CSV",
            S3Url=url,
            RegisterEndpoints=True,
            DefineSegment=True,
            SegmentId=SEGMENT,
            SegmentName=key.rpartition("/")[2],
        )

    def campaign(self, message: Mapping[str, Any]) -> None:
        """A campaign on the segment, in its first version, that starts at once."""
        document = {
            "Id": CAMPAIGN,
            "ApplicationId": APPLICATION,
            "Arn": f"arn:campaign/{CAMPAIGN}",
            "Name": "bench",
            "SegmentId": SEGMENT,
            "SegmentVersion": 1,
            "Version": 1,
            "CreationDate": "2026-11-01T00:00:00.000Z",
            "LastModifiedDate": "2026-11-01T00:00:00.000Z",
            "MessageConfiguration": dict(message),
            "Schedule": {"StartTime": "IMMEDIATE", "Frequency": "ONCE", "Timezone": "UTC"},
            "State": {"CampaignStatus": "SCHEDULED"},
        }
        self.document(f"CAMPAIGNS#{APPLICATION}", CAMPAIGN, document)
        self.document(f"CAMPAIGN#{APPLICATION}#{CAMPAIGN}", f"{1:010d}", document)

    def endpoints(
        self, count: int, channel: str = "SMS", *, users: bool = False, first: int = 0, validated: bool = True
    ) -> None:
        """Endpoints of a channel (SMS, EMAIL), active and opted in, each with an address and attributes, and with a user of its own if
        there are to be `users`. first: the number that the first of them has."""
        from handlers.engagement.store.working_set import address_key, address_name, item_key

        for number in range(first, first + count):
            address = phone_number(number) if channel == "SMS" else f"person-{number}@example.com"
            name = endpoint_id(number)
            document = {
                "Id": name,
                "Address": address,
                "ChannelType": channel,
                "EndpointStatus": "ACTIVE",
                "OptOut": "NONE",
                "EffectiveDate": "2026-11-01T00:00:00.000Z",
                "CreationDate": "2026-11-01T00:00:00.000Z",
                "Attributes": {
                    "FirstName": [f"Name{number}"],
                    **({"PNV_PhoneNumberValidated": ["Yes"]} if validated else {}),
                },
            }
            if users:
                document["User"] = {"UserId": f"user-{number}"}
                pk, sk = item_key(APPLICATION, "U", f"user-{number}")
                user = {"UserAttributes": {"City": [f"City{number % 50}"]}, "Endpoints": [name]}
                self._put("endpoints", {"pk": pk, "sk": sk, "revision": 1, "doc": _json(user)})
            owned = address_name(channel, address)
            pk, sk = item_key(APPLICATION, "E", name)
            found_by = address_key(APPLICATION, channel, address)
            document_and_names = {"doc": _json(document), "owned": owned, "address_key": found_by}
            self._put("endpoints", {"pk": pk, "sk": sk, "revision": 1, **document_and_names})
            pk, sk = item_key(APPLICATION, "A", owned)
            self._put("endpoints", {"pk": pk, "sk": sk, "owner": name})

    def _put(self, table: str, item: Mapping[str, Any]) -> None:
        from handlers.shared.attribute_values import to_wire

        self.tables.store(table, to_wire(item))


def endpoint_id(number: int) -> str:
    """The id of an endpoint of the seed."""
    return f"endpoint-{number}"


def phone_number(number: int) -> str:
    """A number of its own for each, in E.164."""
    return f"+1425{2_000_000 + number:07d}"


def until_done(handler: Any, event: Mapping[str, Any], context: Any) -> None:
    """Calls a job's step for a chunk until it is done, as its state machine does."""
    cursor = None
    while True:
        answer = handler({**event, "operation": "process", "Cursor": cursor}, context)
        if answer["Done"]:
            return
        cursor = answer["Cursor"]


def run_import() -> None:
    """An import job's run, as its state machine has it: planned, each chunk, completed."""
    from handlers.engagement.jobs.import_function import handler

    event = {"ApplicationId": APPLICATION, "JobId": JOB}
    plan = handler({**event, "operation": "plan"}, Context())
    for chunk in plan["Chunks"]:
        until_done(handler, {**event, "Chunk": chunk}, Context())
    handler({**event, "operation": "complete"}, Context())


def run_export(job: Mapping[str, Any]) -> None:
    """An export job's run, as its state machine has it: planned, each chunk, completed."""
    from handlers.engagement.jobs.export_function import handler

    event = {"ApplicationId": APPLICATION, "JobId": JOB}
    plan = handler({**event, "operation": "plan", "Execution": {**event, "Job": job}}, Context())
    for chunk in plan["Chunks"]:
        until_done(handler, {**event, "Chunk": chunk}, Context())
    handler({**event, "operation": "complete"}, Context())


def run_campaign() -> None:
    """A campaign's run, as its state machine has it: planned, each chunk, completed."""
    from handlers.engagement.campaigns.function import handler

    event = {"ApplicationId": APPLICATION, "CampaignId": CAMPAIGN, "Version": 1, "Run": 0}
    execution = {**event, "StartTime": "now"}
    plan = handler({**event, "operation": "plan", "Execution": execution}, Context())
    for chunk in plan["Chunks"]:
        until_done(handler, {**event, "Chunk": chunk}, Context())
    handler({**event, "operation": "complete", "Execution": execution}, Context())


def api_call(method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A call of the API below the application, as the function's URL hands it on."""
    path = f"/v1/apps/{APPLICATION}{path}"
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "bench"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
