"""From a file to text messages, from outside."""

import json

import pytest

from tests.sandbox import campaigns

pytestmark = pytest.mark.sandbox

HEADER = "ChannelType,Address,User.UserId,User.UserAttributes.FirstName\n"


@pytest.mark.parametrize(
    "key", ["with space.csv", "a+b.csv", "über.csv", "a/b/c/d/e/deep.csv", "100%25.csv", "x=y&z.csv"]
)
def test_a_file_of_any_key_gives_one_started_and_one_success(sandbox, key):
    key = sandbox.drop(HEADER + "SMS,+12065550110,one,One\n", key)
    result = sandbox.imported(key)
    assert result["kind"] == "success", result
    notes = [note for note in sandbox.about(key) if note["subject"].startswith("Amazon Pinpoint Import")]
    assert [note["kind"] for note in notes] == ["started", "success"]
    assert notes[0]["content"] == {
        "Message": "Import Started",
        "Input": {"S3URL": f"s3://{sandbox.exports['importBucketName']}/{key}"},
    }
    assert set(notes[1]["content"]) == {"Message", "ImportResult"}
    assert notes[1]["content"]["ImportResult"]["Definition"]["SegmentName"] == key.rsplit("/", 1)[-1]


def test_two_files_in_one_second_both_run(sandbox):
    keys = [sandbox.drop(HEADER + f"SMS,+1206555012{n},two{n},Two\n") for n in range(2)]
    for key in keys:
        assert sandbox.imported(key)["kind"] == "success"


def test_the_same_object_event_three_times_runs_once(sandbox):
    sfn, sqs = sandbox.aws("stepfunctions"), sandbox.aws("sqs")
    key = "elsewhere/again.csv"  # nobody else's event names it
    bucket = sandbox.exports["importBucketName"]
    sandbox.aws("s3").put_object(Bucket=bucket, Key=key, Body=(HEADER + "SMS,+12065550130,again,Again\n").encode())
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": bucket},
            "object": {"key": "import/again.csv", "etag": "e", "size": 1, "sequencer": "00ABCDEF0123456789"},
        },
    }
    [queue] = sqs.list_queues(QueueNamePrefix="s3-triggered-import-files-queue")["QueueUrls"]
    for _ in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event))

    def runs():
        found = sfn.list_executions(stateMachineArn=sandbox.exports["importStateMachineArn"])["executions"]
        return [run for run in found if run["name"].startswith("again-csv")]

    def taken():
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return all(counts[f"ApproximateNumberOfMessages{kind}"] == "0" for kind in ("", "NotVisible"))

    sandbox.wait(lambda: runs() and taken())
    assert len(runs()) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe\x00\x01", "UTF-8"),
        (b"ChannelType,User.UserId\nSMS,x\n", "Address"),
        (b"ChannelType,Address,Colour\nSMS,+12065550111,red\n", "Colour"),
    ],
)
def test_a_file_that_cannot_be_imported_ends_in_a_failure_that_says_why(sandbox, body, said):
    result = sandbox.imported(sandbox.drop(body))
    assert result["kind"] == "failure"
    assert result["content"]["Message"] == "Import Failed"
    assert said.lower() in json.dumps(result["content"], ensure_ascii=False).lower()


def test_good_rows_are_imported_and_broken_ones_reported(sandbox):
    body = HEADER + "SMS,+12065550140,good,Good\nPIGEON,+12065550141,bad,Bad\nSMS,,none,None\n"
    result = sandbox.imported(sandbox.drop(body))
    assert result["kind"] == "success"
    job = result["content"]["ImportResult"]
    assert (job["JobStatus"], job["TotalFailures"], len(job["Failures"])) == ("COMPLETED", 2, 2)
    users = sandbox.pinpoint.get_user_endpoints(ApplicationId=sandbox.application_id, UserId="good")
    assert len(users["EndpointsResponse"]["Item"]) == 1


def test_a_field_of_a_megabyte_is_reported_and_stops_nobody(sandbox):
    body = HEADER + f"SMS,+12065550142,{'x' * 1_000_000},Big\nSMS,+12065550143,small,Small\n"
    job = sandbox.imported(sandbox.drop(body))["content"]["ImportResult"]
    assert job["TotalFailures"] == 1
    assert sandbox.pinpoint.get_user_endpoints(ApplicationId=sandbox.application_id, UserId="small")


def test_a_file_deleted_before_it_is_read_ends_in_a_failure(sandbox):
    bucket, key = sandbox.exports["importBucketName"], f"{sandbox.exports['importPrefix']}never.csv"
    sandbox.aws("stepfunctions").start_execution(
        stateMachineArn=sandbox.exports["importStateMachineArn"], input=json.dumps({"S3URL": f"s3://{bucket}/{key}"})
    )
    result = sandbox.imported(key)
    assert result["kind"] == "failure"
    assert "never.csv" in json.dumps(result["content"])


def test_a_file_becomes_texts_with_validated_numbers(sandbox):
    body = HEADER + "SMS,(415) 555-0171,pnv,Pia\nSMS,123,wrong,Wim\nSMS,+12065550172,other,Oda\n"
    note = sandbox.campaigned(sandbox.drop(body))
    assert note["kind"] == "success", note
    assert sandbox.texts_to("+14155550171") == ["Hello Pia, thank you for joining us!"]
    assert sandbox.texts_to("+12065550172") == ["Hello Oda, thank you for joining us!"]
    assert not sandbox.texts_to("123") and not sandbox.texts_to("+123")
    [good] = sandbox.pinpoint.get_user_endpoints(ApplicationId=sandbox.application_id, UserId="pnv")[
        "EndpointsResponse"
    ]["Item"]
    assert good["Address"] == "+14155550171"
    assert good["Attributes"]["PNV_PhoneNumberValidated"] == ["Yes"]
    assert good["Attributes"]["PNV_CountryCodeIso2"] == ["US"]
    assert good["Attributes"]["PNV_ZipCode"] == ["Unknown"]
    [bad] = sandbox.pinpoint.get_user_endpoints(ApplicationId=sandbox.application_id, UserId="wrong")[
        "EndpointsResponse"
    ]["Item"]
    assert bad["Address"] == "123"
    assert bad["Attributes"]["PNV_PhoneType"] == ["INVALID"]


def test_who_opted_out_or_is_inactive_gets_nothing(sandbox):
    for identifier, change in (("out", {"OptOut": "ALL"}), ("off", {"EndpointStatus": "INACTIVE"})):
        number = {"out": "+12065550181", "off": "+12065550182"}[identifier]
        sandbox.pinpoint.update_endpoint(
            ApplicationId=sandbox.application_id,
            EndpointId=f"quiet-{identifier}",
            EndpointRequest={
                "ChannelType": "SMS",
                "Address": number,
                "User": {"UserId": f"quiet-{identifier}"},
                "Attributes": {"PNV_PhoneNumberValidated": ["Yes"], "group": ["quiet"]},
                **change,
            },
        )
    sandbox.pinpoint.update_endpoint(
        ApplicationId=sandbox.application_id,
        EndpointId="quiet-on",
        EndpointRequest={
            "ChannelType": "SMS",
            "Address": "+12065550183",
            "Attributes": {"PNV_PhoneNumberValidated": ["Yes"], "group": ["quiet"]},
        },
    )
    segment = campaigns.segment_of(sandbox, "group", "quiet")
    sandbox.aws("stepfunctions").start_execution(
        stateMachineArn=sandbox.exports["campaignCreateStateMachineArn"],
        input=json.dumps({"SegmentId": segment, "SegmentName": "quiet", "SmsTemplateName": "welcome"}),
    )

    def ended():
        return [
            note
            for note in sandbox.seen
            if note["content"].get("CampaignCreateResult", {}).get("CampaignCreateInput", {}).get("SegmentId")
            == segment
        ]

    [note] = sandbox.wait(ended)
    assert note["kind"] == "success", note
    assert sandbox.texts_to("+12065550183") == ["Hello there, thank you for joining us!"]
    assert not sandbox.texts_to("+12065550181")
    assert not sandbox.texts_to("+12065550182")


def test_the_outbox_as_json_is_what_reached_the_outside_world(sandbox):
    """Last: other tests here have sent. Who is late follows behind."""
    printed = json.loads(sandbox.run("outbox", "--json").stdout)
    assert printed and printed == sandbox.outbox()[: len(printed)]
