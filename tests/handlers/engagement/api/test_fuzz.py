"""No input makes the service answer 500: requests by the service model, and what is found is said in its errors.

`FUZZ_REQUESTS=5000 pytest tests/handlers/engagement/api/test_fuzz.py` sends so many, other ones in each run.
"""

from __future__ import annotations

import json
import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handlers.engagement.api import router
from handlers.engagement.operations import MODULE_OF
from tests.handlers.engagement.api import fuzz
from tests.handlers.engagement.conftest import APPLICATION as APP

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "0"))
ROUTES = [route for route in router.routes() if route.name in MODULE_OF]
ROLE = "arn:aws:iam::123456789012:role/engagement/x"


def things(client):
    """One of each kind, by the path parameter that names it."""
    segment = client.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]
    client.create_sms_template(TemplateName="welcome", SMSTemplateRequest={"Body": "Hi"})
    schedule = {"StartTime": "2039-01-02T03:04:05Z"}
    campaign = client.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "Name": "c",
            "SegmentId": segment["Id"],
            "Schedule": schedule,
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )["CampaignResponse"]
    journey = client.create_journey(ApplicationId=APP, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
    client.update_endpoint(
        ApplicationId=APP,
        EndpointId="e",
        EndpointRequest={"ChannelType": "SMS", "Address": "+12065550100", "User": {"UserId": "u"}},
    )
    imported = client.create_import_job(
        ApplicationId=APP, ImportJobRequest={"Format": "CSV", "S3Url": "s3://bucket/a.csv", "RoleArn": ROLE}
    )["ImportJobResponse"]
    return {
        "application-id": [APP],
        "segment-id": [segment["Id"]],
        "campaign-id": [campaign["Id"]],
        "journey-id": [journey["Id"]],
        "endpoint-id": ["e", "new"],
        "user-id": ["u"],
        "job-id": [imported["Id"]],
        "template-name": ["welcome"],
        "template-type": ["sms", "EMAIL"],
        "version": ["1", "2"],
        "page-size": ["1", "100"],
        "attribute-type": ["endpoint-custom-attributes"],
        "resource-arn": [segment["Arn"], campaign["Arn"]],
    }


class _Answer:
    status_code = 200


def test_no_request_is_answered_with_500_or_with_something_that_is_no_json(world, pinpoint, send, caplog):
    from handlers.shared.clients import aws_client

    caplog.set_level("CRITICAL")
    aws_client("pinpoint", region_name=world.environment.number_validation_region).meta.events.register(
        "before-call.pinpoint.PhoneNumberValidate", lambda **_: (_Answer, {"NumberValidateResponse": {}})
    )
    maker = fuzz.Maker(ROUTES, things(pinpoint))
    wrong: dict[str, tuple[fuzz.Request, object]] = {}

    @settings(
        max_examples=REQUESTS or 300,
        derandomize=not REQUESTS,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**64))
    def ask(seed):
        request = maker.request(seed)
        status, headers, body = send(request.method, request.url, request.body, request.headers)
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
        if status >= 500:
            wrong.setdefault(request.operation, (request, body))
        elif status >= 400:
            assert headers["x-amzn-errortype"].endswith("Exception") and body["Message"]

    ask()
    assert not wrong
