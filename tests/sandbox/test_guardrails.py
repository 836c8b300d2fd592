"""A company's guardrails, on the embedded AWS: boundary and keys as they are told, and a file still becomes text messages."""

import json
import re

import pytest

from sandbox import servers
from sandbox.folder import Folder
from tests.sandbox.conftest import Sandbox
from tests.stacks.guarded import GROUPS, SUBNETS

pytestmark = pytest.mark.sandbox

STACKS = ("foundation", "audience", "campaigns", "pipeline")
PREFIX, PATH = "acme-", "/marketing/"
CHANGE = re.compile(r"\b(created|changed|deleted|replaced|kept)\b")
PUBLISHERS = ("cloudwatch.amazonaws.com", "ses.amazonaws.com", "sms-voice.amazonaws.com")


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A sandbox that runs, before the guardrails."""
    made = Sandbox(tmp_path_factory.mktemp("guarded"))
    made.run("up", "content")
    yield made
    servers.stop(Folder(made.home))


@pytest.fixture(scope="module")
def asked(started):
    """The guardrails as overrides, with a boundary and a key that are there."""
    aws = servers.running(Folder(started.home)).clients()
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


def test_a_file_becomes_text_messages_under_every_guardrail(started, asked):
    overrides, boundary, key = asked
    started.run("up", *STACKS, *overrides)
    again = started.run("up", *STACKS, *overrides).stderr
    assert not CHANGE.search(again), again
    exports = {}
    for stack in STACKS:
        exports |= json.loads(started.run("outputs", stack).stdout)

    started.connect(exports)
    dropped = started.drop("ChannelType,Address,User.UserAttributes.FirstName\nSMS,4155550161,Finn\n")
    assert started.campaigned(dropped)["kind"] == "success"
    assert started.texts_to("+14155550161") == ["Hello Finn, thank you for joining us!"]

    aws = started.aws
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


def test_a_role_with_a_path_is_found_and_held_to_its_boundary(started):
    """By what the world asks where a function calls a service that MiniStack has not."""
    iam = servers.running(Folder(started.home)).clients()("iam")

    def document(*actions: str) -> str:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def decision(action: str) -> str:
        answer = iam.simulate_principal_policy(PolicySourceArn=role["Arn"], ActionNames=[action], ResourceArns=["*"])
        return answer["EvaluationResults"][0]["EvalDecision"]

    boundary = iam.create_policy(PolicyName="only-sqs", PolicyDocument=document("sqs:*"))["Policy"]["Arn"]
    trust = document("sts:AssumeRole")
    role = iam.create_role(RoleName="pathed", Path="/elsewhere/", AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(
        RoleName="pathed", PolicyName="all", PolicyDocument=document("sqs:SendMessage", "ses:SendEmail")
    )
    assert [decision(action) for action in ("sqs:SendMessage", "ses:SendEmail")] == ["allowed", "allowed"]
    iam.put_role_permissions_boundary(RoleName="pathed", PermissionsBoundary=boundary)
    assert [decision(action) for action in ("sqs:SendMessage", "ses:SendEmail")] == ["allowed", "implicitDeny"]
    assert decision("sqs:ReceiveMessage") == "implicitDeny"
