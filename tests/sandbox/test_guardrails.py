"""A company's guardrails, on the embedded AWS: boundary and keys as they are told, and a file still becomes text messages."""

import json

import pytest

from sandbox import servers
from sandbox.folder import Folder
from tests.stacks.guarded import GROUPS, SUBNETS

pytestmark = pytest.mark.sandbox

STACKS = ("foundation", "audience", "campaigns", "pipeline")
PREFIX, PATH = "acme-", "/marketing/"
PUBLISHERS = ("cloudwatch.amazonaws.com", "ses.amazonaws.com", "sms-voice.amazonaws.com")


@pytest.fixture
def asked(empty_sandbox):
    """The guardrails as overrides, with a boundary and a key that are there."""
    empty_sandbox.run("up", "content")
    aws = servers.running(Folder(empty_sandbox.home)).clients()
    account = aws("sts").get_caller_identity()["Account"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundary = aws("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    )["Policy"]["Arn"]
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": list(PUBLISHERS)},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
    ]
    key = aws("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))["KeyMetadata"]
    guardrails = {
        "roles": {"boundaryArn": boundary, "path": PATH},
        "keys": dict.fromkeys(("topics", "queues", "tables", "stream", "logs", "buckets"), key["Arn"]),
        "logRetentionDays": 90,
        "namePrefix": PREFIX,
        "vpc": {"subnetIds": SUBNETS, "securityGroupIds": GROUPS},
        "tags": {"CostCenter": "4711"},
    }
    return ["-c", f"guardrails={json.dumps(guardrails)}"], boundary, key["Arn"]


def test_a_file_becomes_text_messages_under_every_guardrail(empty_sandbox, asked):
    overrides, boundary, key = asked
    empty_sandbox.run("up", *STACKS, *overrides)
    again = empty_sandbox.run("up", *STACKS, *overrides).stderr
    changed = [line for line in again.splitlines() if any(word in line for word in ("created", "changed", "replaced"))]
    assert changed == []
    exports = {}
    for stack in STACKS:
        exports |= json.loads(empty_sandbox.run("outputs", stack).stdout)

    empty_sandbox.connect(exports)
    dropped = empty_sandbox.drop("ChannelType,Address,User.UserAttributes.FirstName\nSMS,4155550161,Finn\n")
    assert empty_sandbox.campaigned(dropped)["kind"] == "success"
    assert empty_sandbox.texts_to("+14155550161") == ["Hello Finn, thank you for joining us!"]

    aws = empty_sandbox.aws
    roles = [
        role for page in aws("iam").get_paginator("list_roles").paginate(PathPrefix=PATH) for role in page["Roles"]
    ]
    assert len(roles) > 10
    for role in roles:
        found = aws("iam").get_role(RoleName=role["RoleName"])["Role"]
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
        assert role["RoleName"].startswith(PREFIX)
    bucket = exports["importBucketName"]
    assert bucket.startswith(PREFIX)
    head = aws("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert head["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    function = next(
        each
        for page in aws("lambda").get_paginator("list_functions").paginate()
        for each in page["Functions"]
        if each["FunctionName"].startswith(f"{PREFIX}engagement-api")
    )
    assert function["VpcConfig"]["SubnetIds"] == SUBNETS
    queues = aws("sqs").list_queues(QueueNamePrefix=f"{PREFIX}s3-triggered-import")["QueueUrls"]
    assert queues
    for url in queues:
        found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["KmsMasterKeyId"] == key
