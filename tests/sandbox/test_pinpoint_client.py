"""An ordinary Pinpoint client from outside, with `sandbox env` only."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

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
