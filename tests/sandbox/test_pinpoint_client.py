"""An ordinary Pinpoint client from outside, with `sandbox env` only."""

import itertools
import json
import secrets
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from handlers.engagement.store.shards import shard_of
from sandbox.loopback import post
from tests.sandbox import campaigns
from tests.sandbox.events import told

pytestmark = pytest.mark.sandbox


def test_typed_exceptions_fire(sandbox):
    client = sandbox.pinpoint
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_endpoint(ApplicationId=sandbox.application_id, EndpointId="nobody")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_app(ApplicationId="0" * 32)


def test_101_endpoints_in_a_batch_are_refused(sandbox):
    client = sandbox.pinpoint
    items = [{"Id": str(n), "ChannelType": "SMS", "Address": f"+1206555{n:04d}"} for n in range(101)]
    with pytest.raises(client.exceptions.BadRequestException):
        client.update_endpoints_batch(ApplicationId=sandbox.application_id, EndpointBatchRequest={"Item": items})


def test_an_operation_that_is_not_offered_says_so(sandbox):
    with pytest.raises(ClientError) as refused:
        sandbox.pinpoint.get_recommender_configurations()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404, 405)


def test_paging_walks_all_segments(sandbox):
    client, names = sandbox.pinpoint, {f"page-{n}" for n in range(5)}
    for name in names:
        client.create_segment(
            ApplicationId=sandbox.application_id, WriteSegmentRequest={"Name": name, "Dimensions": {}}
        )
    found, token = set(), {}
    while True:
        page = client.get_segments(ApplicationId=sandbox.application_id, PageSize="2", **token)["SegmentsResponse"]
        assert len(page["Item"]) <= 2
        found |= {segment.get("Name") for segment in page["Item"]}
        if not page.get("NextToken"):
            break
        token = {"Token": page["NextToken"]}
    assert names <= found


def test_endpoint_ids_with_special_characters_travel(sandbox):
    client, identifier = sandbox.pinpoint, "e 1/2ü+3%"
    client.update_endpoint(
        ApplicationId=sandbox.application_id,
        EndpointId=identifier,
        EndpointRequest={"ChannelType": "EMAIL", "Address": "someone@example.com"},
    )
    found = client.get_endpoint(ApplicationId=sandbox.application_id, EndpointId=identifier)["EndpointResponse"]
    assert found["Id"] == identifier


def test_env_is_all_that_a_client_needs(sandbox):
    lines = sandbox.run("env").stdout.splitlines()
    variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert set(variables) >= {
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_PINPOINT",
        "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "APPLICATION_ID",
    }
    assert variables["AWS_ENDPOINT_URL_PINPOINT"] == sandbox.exports["endpointUrl"]


def test_a_client_that_signs_for_pinpoint_is_refused_as_by_a_function_url_on_aws(sandbox):
    client = boto3.session.Session("test", "test", None, "us-east-1").client(
        "pinpoint", endpoint_url=sandbox.exports["endpointUrl"]
    )
    with pytest.raises(ClientError, match="Credential should be scoped to correct service: 'lambda'"):
        client.get_app(ApplicationId=sandbox.application_id)


def test_a_caller_without_the_right_is_refused(sandbox):
    iam, sts = sandbox.aws("iam"), sandbox.aws("sts")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    try:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="stranger")["Credentials"]
        session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
        client = session.client("pinpoint", endpoint_url=sandbox.exports["endpointUrl"])
        client.meta.events.register(
            "choose-signer.pinpoint.*",
            lambda context, **_: context.setdefault("signing", {}).update(signing_name="lambda"),
        )
        with pytest.raises(ClientError, match="AccessDenied"):
            client.get_app(ApplicationId=sandbox.application_id)
    finally:
        iam.delete_role(RoleName="stranger")


def test_a_campaign_s_emails_go_in_bulk_and_each_arrives_as_it_was_written_and_is_told_of(sandbox):
    batch, client, since = secrets.token_hex(4), sandbox.pinpoint, datetime.now(UTC)
    ids = list(itertools.islice((f"b{n}" for n in itertools.count() if shard_of(f"b{n}-{batch}") == 0), 8))
    names = {f"{name}-{batch}": ("O'Brien & <Co>" if n == 3 else f"J\u00fcrgen {n}") for n, name in enumerate(ids)}
    items = [
        {
            "Id": identifier,
            "ChannelType": "EMAIL",
            "Address": f"{identifier}@example.org",
            "Attributes": {"Batch": [batch], "Name": [name]},
        }
        for identifier, name in names.items()
    ]
    client.update_endpoints_batch(ApplicationId=sandbox.application_id, EndpointBatchRequest={"Item": items})
    message = {
        "Title": "News for {{Attributes.Name}}",
        "HtmlBody": "<style>@media (x) {a {b: c}}</style><p>Hi {{Attributes.Name}} &amp; all</p>",
        "Headers": [{"Name": "X-Person", "Value": "{{Id}}"}],
    }
    segment = campaigns.segment_of(sandbox, "Batch", batch)
    activity = campaigns.run(sandbox, segment, MessageConfiguration={"EmailMessage": message})
    campaign = activity["CampaignId"]
    assert (activity["Result"], activity["SuccessfulEndpointCount"]) == ("SUCCESS", len(ids))
    sent = post(f"{sandbox.servers.endpoint}/_sandbox/mails", {})["Mails"]
    mails = {mail["To"][0].partition("@")[0]: mail for mail in sent if any(batch in to for to in mail["To"])}
    assert mails.keys() == names.keys()
    for identifier, name in names.items():
        mail = mails[identifier]
        assert mail["Subject"] == f"News for {name}"
        assert mail["BodyHtml"] == f"<style>@media (x) {{a {{b: c}}}}</style><p>Hi {name} &amp; all</p>"
        assert f"X-Person: {identifier}" in mail["Raw"]
        assert mail["Type"] == ("v2.SendEmail" if "O'Brien" in name else "v2.SendBulkEmail")

    def heard_of():
        delivered = [event for event in told(sandbox, since) if event.get("event_type") == "_email.delivered"]
        mine = [event for event in delivered if event["attributes"].get("campaign_id") == campaign]
        return {event["client"]["client_id"] for event in mine}

    sandbox.wait(lambda: heard_of() == names.keys())
