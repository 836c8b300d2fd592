"""What a company asks of every resource of every stack holds for every one."""

import inspect
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi_aws as aws
import pytest

from tests.checks.validators import iam_problems
from tests.conftest import PROGRAMS
from tests.recorder import ACCOUNT, REGION, Recorder, Resource
from tests.stacks.guarded import (
    BOUNDARY,
    GROUPS,
    KEYS,
    ON_PINPOINT,
    PATH,
    PREFIX,
    RETENTION,
    SUBNETS,
    TAGS,
    guarded_stacks,
)

stacks = pytest.mark.parametrize("stack", [*PROGRAMS, ON_PINPOINT])

ACCESS_LOGS = "simple-cms-logs-bucket"
"""S3 writes access logs into buckets with keys of its own (SSE-S3) only."""
INSIDE = {
    "aws:cloudwatch/logStream:LogStream": "its log group",
    "aws:glue/catalogTable:CatalogTable": "its database",
    "aws:iam/rolePolicy:RolePolicy": "its role",
    "aws:pinpoint/app:App": "nothing: it is the name of the application, which has an id",
}
"""Types whose name is one within another resource alone, or names nothing of the account."""
NAMES = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:lambda/layerVersion:LayerVersion": "layerName",
    "aws:ses/receiptRuleSet:ReceiptRuleSet": "ruleSetName",
    "aws:sesv2/configurationSet:ConfigurationSet": "configurationSetName",
}
"""Types that an account has by another property than `name`."""
READS: Mapping[str, set[str]] = {
    "sqs": {"ReceiveMessage"},
    "kinesis": {"GetRecords", "SubscribeToShard"},
    "s3": {"GetObject", "GetObjectVersion"},
    "dynamodb": {"GetItem", "BatchGetItem", "Query", "Scan"},
}
WRITES: Mapping[str, set[str]] = {
    "sqs": {"SendMessage"},
    "kinesis": {"PutRecord", "PutRecords"},
    "s3": {"PutObject"},
    "dynamodb": {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"},
}
OF_READERS = {"dynamodb": {"kms:Decrypt", "kms:DescribeKey"}}
OF_WRITERS = {
    "kinesis": {"kms:GenerateDataKey"},
    "dynamodb": {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    },
}


@pytest.fixture(scope="module")
def guarded() -> dict[str, Recorder]:
    return guarded_stacks()


def kind(resource: Resource) -> type:
    _, module, name = resource.type.split(":")
    package = module.partition("/")[0]
    return getattr(getattr(aws, "lambda_" if package == "lambda" else package), name)


def policies(recorder: Recorder) -> Iterator[tuple[Resource, list[dict[str, Any]]]]:
    for resource in recorder.of("RolePolicy"):
        yield resource, json.loads(resource.inputs["policy"])["Statement"]


@stacks
def test_every_role_has_the_boundary_and_the_path(guarded, stack):
    for role in guarded[stack].of("Role"):
        assert role.inputs["permissionsBoundary"] == BOUNDARY, role.name
        assert role.inputs["path"] in (PATH, f"{PATH}engagement/"), role.name


def test_the_roles_of_jobs_are_where_the_service_may_act_as_them(guarded):
    jobs = [role for role in guarded["audience"].of("Role") if role.inputs["path"] == f"{PATH}engagement/"]
    assert len(jobs) == 3
    granted = [
        statement["Resource"]
        for _, statements in policies(guarded["foundation"])
        for statement in statements
        if statement["Action"] == ["sts:AssumeRole"]
    ]
    assert granted == [[f"arn:aws:iam::{ACCOUNT}:role{PATH}engagement/*"]] * 2


@stacks
def test_everything_is_encrypted_with_the_key_of_its_kind(guarded, stack):
    recorder = guarded[stack]
    assert not recorder.of("Key")
    for topic in recorder.of("Topic"):
        assert topic.inputs["kmsMasterKeyId"] == KEYS["topics"], topic.name
    for queue in recorder.of("Queue"):
        assert queue.inputs["kmsMasterKeyId"] == KEYS["queues"], queue.name
        assert "sqsManagedSseEnabled" not in queue.inputs, queue.name
    for table in recorder.of("Table"):
        assert table.inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEYS["tables"]}, table.name
    for stream in recorder.of("Stream"):
        assert (stream.inputs["encryptionType"], stream.inputs["kmsKeyId"]) == ("KMS", KEYS["stream"])
    for group in recorder.of("LogGroup"):
        assert group.inputs["kmsKeyId"] == KEYS["logs"], group.name
    for bucket in recorder.of("Bucket"):
        assert encryption(recorder, bucket) == ("AES256" if bucket.name == ACCESS_LOGS else KEYS["buckets"]), (
            bucket.name
        )
    for workgroup in recorder.of("Workgroup"):
        result = workgroup.inputs["configuration"]["resultConfiguration"]["encryptionConfiguration"]
        assert result == {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEYS["buckets"]}, workgroup.name


def encryption(recorder: Recorder, bucket: Resource) -> str:
    (found,) = [
        each.inputs["rules"]
        for each in recorder.of("BucketServerSideEncryptionConfiguration")
        if each.inputs["bucket"] == bucket.outputs["bucket"]
    ]
    default = found[0]["applyServerSideEncryptionByDefault"]
    return default.get("kmsMasterKeyId") or default["sseAlgorithm"]


def encrypted(guarded: Mapping[str, Recorder], stack: str) -> dict[str, str]:
    """ARN -> service of all that a key of one's own encrypts and that the stack's roles can name."""
    recorders = [guarded[stack], guarded["foundation"]]
    services = {"Queue": "sqs", "Table": "dynamodb", "Stream": "kinesis", "StreamConsumer": "kinesis", "Bucket": "s3"}
    return {
        resource.outputs["arn"]: service
        for recorder in recorders
        for name, service in services.items()
        for resource in recorder.of(name)
        if resource.name != ACCESS_LOGS
    }


@stacks
def test_whoever_uses_what_is_encrypted_has_exactly_the_rights_on_its_key_by_its_service_alone(guarded, stack):
    arns = encrypted(guarded, stack)
    key_of = {"sqs": "queues", "dynamodb": "tables", "kinesis": "stream", "s3": "buckets"}
    wrong = {}
    for resource, statements in policies(guarded[stack]):
        needed: dict[str, set[str]] = defaultdict(set)
        for statement in statements:
            named = {
                service
                for arn in statement["Resource"]
                for own, service in arns.items()
                if arn == own or arn.startswith(f"{own}/")
            }
            actions = {action.partition(":")[2] for action in statement["Action"]}
            for service in named:
                if actions & READS[service]:
                    needed[service] |= OF_READERS.get(service, {"kms:Decrypt"})
                if actions & WRITES[service]:
                    needed[service] |= OF_WRITERS.get(service, {"kms:Decrypt", "kms:GenerateDataKey"})
        wanted = [
            {
                "Effect": "Allow",
                "Action": sorted(actions),
                "Resource": [KEYS[key_of[service]]],
                "Condition": {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}},
            }
            for service, actions in needed.items()
        ]
        given = [each for each in statements if set(each["Resource"]) & (set(KEYS.values()) - {KEYS["topics"]})]
        if sorted(given, key=str) != sorted(wanted, key=str):
            wrong[resource.name] = (wanted, given)
    assert wrong == {}


@stacks
def test_whoever_publishes_may_use_the_topics_key(guarded, stack):
    for resource, statements in policies(guarded[stack]):
        publishes = any("sns:Publish" in statement["Action"] for statement in statements)
        may = any(
            statement["Resource"] == [KEYS["topics"]] and statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
            for statement in statements
        )
        assert publishes == may, resource.name


@stacks
def test_every_policy_is_well_formed_under_guardrails(guarded, stack):
    for resource in guarded[stack].resources:
        for name in ("policy", "assumeRolePolicy"):
            if name in resource.inputs:
                assert iam_problems(json.loads(resource.inputs[name])) == [], resource.name


@stacks
def test_every_log_is_kept_as_long_as_is_asked(guarded, stack):
    assert all(group.inputs["retentionInDays"] == RETENTION for group in guarded[stack].of("LogGroup"))


@stacks
def test_every_function_is_in_the_network_and_its_role_may_make_interfaces_and_no_other(guarded, stack):
    recorder = guarded[stack]
    roles = set()
    for function in recorder.of("Function"):
        if function.type != "aws:lambda/function:Function":
            continue
        assert function.inputs["vpcConfig"] == {"subnetIds": SUBNETS, "securityGroupIds": GROUPS}, function.name
        roles.add(function.inputs["role"].rpartition("/")[2])
    wanted = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    names = {role.outputs["name"]: role.outputs["arn"].rpartition("/")[2] for role in recorder.of("Role")}
    granted = {
        names[resource.inputs["role"]]: statement["Action"]
        for resource, statements in policies(recorder)
        for statement in statements
        if any(action.startswith("ec2:") for action in statement["Action"])
    }
    assert granted == dict.fromkeys(roles, wanted)


@stacks
def test_every_taggable_resource_has_the_further_tags_beside_ours(guarded, stack):
    for resource in guarded[stack].resources:
        if resource.type.startswith("aws:") and hasattr(kind(resource), "tags"):
            tags = resource.inputs["tags"]
            assert tags["engagement:stack"] and tags["engagement:architecture"], resource.name
            first_upload = resource.type.endswith(":BucketObjectv2")
            assert {key: tags.get(key) for key in TAGS} == (dict.fromkeys(TAGS) if first_upload else TAGS), (
                resource.name
            )


@stacks
def test_every_name_of_the_account_begins_with_the_prefix_and_fits(guarded, stack):
    wrong = []
    for resource in guarded[stack].resources:
        if not resource.type.startswith("aws:") or resource.type in INSIDE:
            continue
        given = NAMES.get(resource.type, "name")
        if resource.type not in NAMES and "name" not in inspect.signature(kind(resource)._internal_init).parameters:
            continue
        name = resource.inputs.get(given) or resource.inputs.get("namePrefix", "").removeprefix(
            "/aws/vendedlogs/states/"
        )
        if not name.startswith((PREFIX, PREFIX.replace("-", "_"))):
            wrong.append((resource.type, resource.name, name))
    assert wrong == []
    longest = {"Role": 64, "Function": 64, "Bucket": 63, "Queue": 80, "StateMachine": 80, "EventRule": 64}
    for name, characters in longest.items():
        for resource in guarded[stack].of(name):
            assert len(resource.inputs[NAMES.get(resource.type, "name")]) <= characters, resource.name


def test_names_are_drawn_anew_so_that_what_a_stack_left_behind_is_not_in_the_way(guarded):
    chained = [guarded[stack] for stack in PROGRAMS if stack != "everything"]
    once = {bucket.name: bucket.inputs["bucket"] for recorder in chained for bucket in recorder.of("Bucket")}
    again = {bucket.name: bucket.inputs["bucket"] for bucket in guarded["everything"].of("Bucket")}
    assert once.keys() == again.keys()
    assert not set(once.values()) & set(again.values())
