from __future__ import annotations

import json

import pytest

from handlers.import_validate_campaign import forwarder
from handlers.shared import queues, state_machines
from tests.handlers.shared.fakes import Context, FakeClient, sns_envelope, sqs_event

JOB = {
    "Id": "j" * 32,
    "ApplicationId": "a" * 32,
    "JobStatus": "COMPLETED",
    "Definition": {"SegmentId": "s" * 32, "SegmentName": "people.csv"},
}
IMPORTED = {"Message": "Import Successful", "ImportResult": JOB}
ENVIRONMENT = {
    "PHONE_VALIDATE_STATE_MACHINE_ARN": "arn:validate",
    "CAMPAIGN_CREATE_STATE_MACHINE_ARN": "arn:campaign",
    "ALERT_TOPIC_ARN": "arn:alert",
    "DEAD_LETTER_QUEUE_URL": "https://dead",
    "SMS_TEMPLATE_NAME": "welcome",
    "EMAIL_TEMPLATE_NAME": "",
}


def validated(validate_input, total=4):
    return {
        "Message": "Phone Validate Successful",
        "ValidatePhoneResult": {
            "ValidateOutput": {"TotalPhoneNumbersValidated": total},
            "ValidateInput": validate_input,
        },
    }


@pytest.fixture
def aws(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    forwarder._environment.cache_clear()
    client = FakeClient({"start_execution": {}, "publish": {}, "send_message": {}})
    for module in (forwarder, queues, state_machines):
        monkeypatch.setattr(module, "aws_client", lambda service: client)
    yield client
    forwarder._environment.cache_clear()


def forward(*bodies):
    return forwarder.handler(sqs_event(*bodies), Context())


def test_a_successful_import_starts_phone_validation_with_its_result(aws):
    assert forward(sns_envelope(IMPORTED)) == {"batchItemFailures": []}
    (call,) = aws.calls["start_execution"]
    assert call["stateMachineArn"] == "arn:validate"
    assert json.loads(call["input"]) == JOB


def test_a_successful_validation_starts_a_campaign_on_the_imports_segment(aws):
    forward(sns_envelope(validated(JOB)))
    (call,) = aws.calls["start_execution"]
    assert call["stateMachineArn"] == "arn:campaign"
    assert json.loads(call["input"]) == {
        "SegmentId": "s" * 32,
        "SegmentName": "people.csv",
        "SmsTemplateName": "welcome",
    }


def test_an_email_template_goes_along_where_the_config_has_one(aws, monkeypatch):
    monkeypatch.setenv("EMAIL_TEMPLATE_NAME", "hello")
    forward(sns_envelope(validated(JOB)))
    assert json.loads(aws.calls["start_execution"][0]["input"])["EmailTemplateName"] == "hello"


def test_one_import_is_one_run_of_each_kind_however_often_its_notifications_come(aws):
    forward(
        sns_envelope(IMPORTED), sns_envelope(IMPORTED), sns_envelope(validated(JOB)), sns_envelope(validated(JOB, 0))
    )
    calls = aws.calls["start_execution"]
    assert len({(call["stateMachineArn"], call["name"]) for call in calls}) == 2
    forward(sns_envelope({**IMPORTED, "ImportResult": {**JOB, "Id": "k" * 32}}))
    assert len({(call["stateMachineArn"], call["name"]) for call in calls}) == 3


def test_a_failure_goes_to_the_alert_topic_as_it_is(aws):
    forward(sns_envelope({"Message": "Import Failed"}, "failure", "Amazon Pinpoint Import Failed"))
    assert aws.calls["publish"] == [
        {
            "TopicArn": "arn:alert",
            "Subject": "Amazon Pinpoint Import Failed",
            "Message": '{"Message": "Import Failed"}',
            "MessageAttributes": {"notification_type": {"DataType": "String", "StringValue": "failure"}},
        }
    ]
    assert not aws.calls["start_execution"]


@pytest.mark.parametrize("validate_input", [{}, "by hand", None, {"Reason": "nightly"}])
def test_a_validation_that_no_import_started_is_followed_by_nothing(aws, validate_input):
    assert forward(sns_envelope(validated(validate_input))) == {"batchItemFailures": []}
    assert not aws.calls


@pytest.mark.parametrize(
    "body",
    [
        "what?",
        "[]",
        "{}",
        json.dumps({"Message": "x", "MessageAttributes": {}}),
        sns_envelope("no json"),
        sns_envelope({"Message": "Import Successful"}),
        sns_envelope(IMPORTED, "started"),
        sns_envelope({"ImportResult": {**JOB, "Definition": {"SegmentName": "x"}}}),
        sns_envelope(validated({**JOB, "Definition": {}})),
    ],
)
def test_what_cannot_be_forwarded_is_dead_lettered_with_a_reason(aws, body):
    assert forward(body) == {"batchItemFailures": []}
    (letter,) = aws.calls["send_message"]
    assert letter["MessageBody"] == body
    assert letter["MessageAttributes"]["reason"]["StringValue"]
    assert not aws.calls["start_execution"]


def imported_from(key):
    return {**JOB, "Definition": {**JOB["Definition"], "S3Url": f"s3://files/{key}"}}


@pytest.fixture
def prefixes(aws, monkeypatch):
    monkeypatch.setenv("CAMPAIGN_PREFIXES", json.dumps(["import/campaigns/", "import/sale, spring/"]))
    return aws


@pytest.mark.parametrize("key", ["import/campaigns/people.csv", "import/sale, spring/people.csv"])
def test_a_file_under_a_campaign_prefix_starts_validation_and_then_a_campaign(prefixes, key):
    job = imported_from(key)
    forward(sns_envelope({**IMPORTED, "ImportResult": job}), sns_envelope(validated(job)))
    assert sorted(call["stateMachineArn"] for call in prefixes.calls["start_execution"]) == [
        "arn:campaign",
        "arn:validate",
    ]


@pytest.mark.parametrize("key", ["import/people.csv", "import/test.csv", "import/campaigns", "campaigns/people.csv"])
def test_a_file_under_no_campaign_prefix_is_imported_and_nothing_follows(prefixes, key):
    job = imported_from(key)
    done = forward(sns_envelope({**IMPORTED, "ImportResult": job}), sns_envelope(validated(job)))
    assert done == {"batchItemFailures": []}
    assert not prefixes.calls["start_execution"]
    assert not prefixes.calls["send_message"]


def test_a_failed_import_under_no_campaign_prefix_alerts_all_the_same(prefixes):
    forward(sns_envelope({"Message": "Import Failed"}, "failure", "Import Failed"))
    assert len(prefixes.calls["publish"]) == 1


def test_an_import_that_names_no_file_is_dead_lettered_where_prefixes_decide(prefixes):
    forward(sns_envelope(IMPORTED))
    (letter,) = prefixes.calls["send_message"]
    assert "S3Url" in letter["MessageAttributes"]["reason"]["StringValue"]
