"""Rules that hold for every resource of every stack."""

import importlib
import json
import modulefinder
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from handlers.engagement import operations
from handlers.shared import crud
from handlers.shared.environment import Environment
from tests.checks.validators import iam_problems
from tests.conftest import PROGRAMS, ROOT
from tests.recorder import ACCOUNT, Recorder, Resource

WILDCARDS = {
    "logs:CreateLogStream logs:PutLogEvents",  # streams of the function's own log group: Lambda names them
    "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies "
    "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery",  # no resources known
    "states:DescribeExecution",  # runs of campaigns, which are named by what they are about
    "states:DescribeExecution states:StopExecution",  # child runs of the machine's own map: Step Functions names them
    "sts:AssumeRole",  # roles for jobs, all below role/engagement/
    "sms-voice:SendTextMessage",  # no origination identity is configured: any of the account's; any protect configuration
    "s3:GetObject",  # files below the prefix of imports, or of the validation's exports
    "s3:GetObject s3:GetObjectVersion",  # files of texts below their prefix
    "s3:AbortMultipartUpload s3:DeleteObject s3:ListMultipartUploadParts s3:PutObject",  # reports named like those files
    "sms-voice:DescribePhoneNumbers",  # a listing, which names no number
    "s3:AbortMultipartUpload s3:PutObject",  # the validation's exports
    "s3:PutObject",  # objects below a prefix of the architecture's own bucket, named by what is in them
    "s3:AbortMultipartUpload s3:GetObject s3:PutObject",  # objects that Firehose writes, named by the hour
    "s3:AbortMultipartUpload s3:GetObject s3:ListMultipartUploadParts s3:PutObject",  # query results: Athena names them
    "glue:BatchGetPartition glue:GetDatabase glue:GetPartition glue:GetPartitions glue:GetTable glue:GetTables",
    "s3:DeleteObject s3:DeleteObjectVersion s3:GetObject s3:GetObjectVersion s3:PutObject",  # any may hold the person
    "ses:GetIdentityNotificationAttributes ses:ListIdentities ses:SetIdentityNotificationTopic",  # no resources known
    "ses:SendEmail",  # replies come from the address that a mail was sent to, and the rule takes mail to every one
    "ses:DescribeActiveReceiptRuleSet ses:DescribeReceiptRuleSet ses:ListReceiptRuleSets"
    " ses:SetActiveReceiptRuleSet",  # no resources known
    "connect:StartOutboundVoiceContact",  # no resources known; where AWS tells the instance, of one alone
    "ses:SendBulkEmail ses:SendBulkTemplatedEmail",  # the content is in the call, and the reference asks for a template
    "ses:PutSuppressedDestination",  # the account's own list, which is no resource
}
"""Actions that stand on a resource with a wildcard; building_blocks/policy.py demands a reason for each."""

NAMED = {
    "aws:pinpoint/app:App",
    "aws:cloudwatch/logStream:LogStream",  # within its log group
    "aws:glue/catalogDatabase:CatalogDatabase",  # queries name it
    "aws:glue/catalogTable:CatalogTable",
    "aws:pinpoint/smsvoicev2OptOutList:Smsvoicev2OptOutList",  # End User Messaging calls it by name
    "aws:pinpoint/smsvoicev2ConfigurationSet:Smsvoicev2ConfigurationSet",  # the provider makes no name for one
    "aws:ses/receiptRule:ReceiptRule",  # the function's permission names it before it is there
}
"""Types whose name queries or AWS ask for."""

PROCESSOR_DEFAULTS = {"NumberOfRetries": "3", "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60"}
"""Parameters of Firehose's processors that the provider does not keep when they have these values."""

stacks = pytest.mark.parametrize("stack", PROGRAMS)


def taggable(kind: str) -> bool:
    """Whether a type like `aws:sqs/queue:Queue` takes tags."""
    _, module, name = kind.split(":")
    package = module.partition("/")[0]
    return hasattr(getattr(getattr(aws, "lambda_" if package == "lambda" else package), name), "tags")


def documents(recorder: Recorder) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for resource in recorder.resources:
        for key in ("policy", "assumeRolePolicy"):
            if key in resource.inputs:
                yield resource, json.loads(resource.inputs[key])


def statements(recorder: Recorder) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for resource, document in documents(recorder):
        for statement in document["Statement"]:
            yield resource, statement


@stacks
def test_every_stack_runs_and_every_taggable_resource_has_its_tags(all_stacks, stack):
    recorder = all_stacks[stack]
    assert recorder.resources
    for resource in recorder.resources:
        if resource.type.startswith("aws:") and taggable(resource.type):
            tags = resource.inputs.get("tags") or {}
            assert tags.get("engagement:stack") == stack, resource.name
            assert tags.get("engagement:architecture"), resource.name


@stacks
def test_every_bucket_is_private_encrypted_and_tls_only(all_stacks, stack):
    recorder = all_stacks[stack]
    for bucket in recorder.of("Bucket"):
        beside = {
            resource.type.rpartition(":")[2]: resource.inputs
            for resource in recorder.resources
            if resource.inputs.get("bucket") == bucket.outputs["bucket"]
        }
        block = beside["BucketPublicAccessBlock"]
        assert all(
            block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        )
        assert beside["BucketOwnershipControls"]["rule"]["objectOwnership"] == "BucketOwnerEnforced"
        assert beside["BucketServerSideEncryptionConfiguration"]["rules"]
        assert {"BucketVersioning", "BucketLifecycleConfiguration"} <= beside.keys()
        assert denies_plain_http(json.loads(beside["BucketPolicy"]["policy"]))


@stacks
def test_every_queue_and_topic_is_encrypted_and_tls_only(all_stacks, stack):
    recorder = all_stacks[stack]
    policies = {
        resource.inputs.get("queueUrl") or resource.inputs.get("arn"): json.loads(resource.inputs["policy"])
        for resource in recorder.resources
        if resource.type.endswith((":QueuePolicy", ":TopicPolicy"))
    }
    for queue in recorder.of("Queue"):
        assert queue.inputs["sqsManagedSseEnabled"], queue.name
        assert denies_plain_http(policies[queue.outputs["url"]])
    for topic in recorder.of("Topic"):
        assert ":kms:" in topic.inputs["kmsMasterKeyId"], topic.name
        assert denies_plain_http(policies[topic.outputs["arn"]])


def denies_plain_http(document: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in document["Statement"]
    )


@stacks
def test_every_table_stream_and_key_is_encrypted_and_recoverable(all_stacks, stack):
    recorder = all_stacks[stack]
    for table in recorder.of("Table"):
        assert table.inputs["serverSideEncryption"]["enabled"], table.name
        assert table.inputs["pointInTimeRecovery"]["enabled"], table.name
        assert table.inputs["billingMode"] == "PAY_PER_REQUEST", table.name
    assert all(stream.inputs["encryptionType"] == "KMS" for stream in recorder.of("Stream"))
    assert all(key.inputs["enableKeyRotation"] for key in recorder.of("Key"))


@stacks
def test_every_log_is_kept_for_a_bounded_time_and_every_function_and_machine_has_its_own(all_stacks, stack):
    recorder = all_stacks[stack]
    groups = {group.outputs["name"]: group.outputs["arn"] for group in recorder.of("LogGroup")}
    assert all(group.inputs["retentionInDays"] for group in recorder.of("LogGroup"))
    functions = [function.inputs["loggingConfig"]["logGroup"] for function in recorder.of("Function")]
    machines = [machine.inputs["loggingConfiguration"] for machine in recorder.of("StateMachine")]
    assert len(set(functions)) == len(functions)
    assert set(functions) <= groups.keys()
    for logging in machines:
        assert logging["logDestination"].removesuffix(":*") in groups.values()
        assert logging["includeExecutionData"] is False


@stacks
def test_every_asynchronous_hop_has_a_dead_letter_queue_with_an_alarm(all_stacks, stack):
    recorder = all_stacks[stack]
    queues = recorder.of("Queue")
    watched = {
        alarm.inputs["dimensions"].get("QueueName")
        for alarm in recorder.of("MetricAlarm")
        if alarm.inputs["alarmActions"]
    }
    dead = {queue.outputs["arn"] for queue in queues if queue.outputs["name"] in watched}
    for queue in queues:
        if "redrivePolicy" in queue.inputs:
            assert json.loads(queue.inputs["redrivePolicy"])["deadLetterTargetArn"] in dead, queue.name
        else:
            assert queue.outputs["arn"] in dead, queue.name
    for target in recorder.of("EventTarget"):
        assert target.inputs["deadLetterConfig"]["arn"] in dead, target.name
    for subscription in recorder.of("TopicSubscription"):
        if subscription.inputs["protocol"] in ("sqs", "lambda"):
            assert json.loads(subscription.inputs["redrivePolicy"])["deadLetterTargetArn"] in dead, subscription.name
    for mapping in recorder.of("EventSourceMapping"):
        assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]


@stacks
def test_every_iam_document_is_well_formed_and_knows_its_actions(all_stacks, stack):
    for resource, document in documents(all_stacks[stack]):
        assert iam_problems(document) == [], resource.name


@stacks
def test_no_identity_policy_has_a_wildcard_beyond_those_with_a_reason(all_stacks, stack):
    for resource, statement in statements(all_stacks[stack]):
        if resource.type != "aws:iam/rolePolicy:RolePolicy":
            continue
        assert not [action for action in statement["Action"] if "*" in action], resource.name
        if any("*" in arn for arn in statement["Resource"]):
            assert " ".join(statement["Action"]) in WILDCARDS, f"{resource.name}: {statement}"


@stacks
def test_no_resource_policy_lets_everybody_in(all_stacks, stack):
    for resource, statement in statements(all_stacks[stack]):
        principal = statement.get("Principal", {})
        if statement["Effect"] == "Allow" and ("*" in json.dumps(principal)):
            raise AssertionError(f"{resource.name}: {statement}")
        if statement["Effect"] == "Allow" and "Service" in principal and resource.type != "aws:iam/role:Role":
            assert statement.get("Condition"), f"{resource.name}: {statement}"


@stacks
def test_every_function_runs_on_python_3_13_on_arm_within_256_mb(all_stacks, stack):
    for function in all_stacks[stack].of("Function"):
        assert function.inputs["runtime"] == "python3.13", function.name
        assert function.inputs["architectures"] == ["arm64"], function.name
        assert function.inputs["memorySize"] <= 256, function.name
        assert function.inputs["sourceCodeHash"], function.name


@stacks
def test_no_resource_has_a_physical_name_but_where_aws_needs_one(all_stacks, stack):
    named = {
        (resource.type, resource.name)
        for resource in all_stacks[stack].resources
        if "name" in resource.inputs and resource.type not in NAMED
    }
    assert named == set()


@stacks
def test_every_function_that_the_deployment_calls_waits_for_its_rights(all_stacks, stack):
    recorder = all_stacks[stack]
    functions = {function.outputs["name"]: function.inputs for function in recorder.of("Function")}
    for invocation in recorder.of("Invocation"):
        called = functions[invocation.inputs["functionName"]]
        module, _, name = called["handler"].rpartition(".")
        assert getattr(importlib.import_module(module), name).waits_for_its_rights, invocation.name
        assert called["timeout"] >= crud.PATIENCE_SECONDS + 2 * crud.RESERVE_SECONDS, invocation.name


@stacks
def test_nothing_is_given_that_the_provider_would_find_changed_each_time(all_stacks, stack):
    """What docstrings of pulumi_aws say of perpetual differences."""
    recorder = all_stacks[stack]
    for delivery in recorder.of("FirehoseDeliveryStream"):
        for processor in delivery.inputs["extendedS3Configuration"]["processingConfiguration"]["processors"]:
            given = {one["parameterName"]: one["parameterValue"] for one in processor["parameters"]}
            defaults = {**PROCESSOR_DEFAULTS, "RoleArn": delivery.inputs["extendedS3Configuration"]["roleArn"]}
            assert [name for name, value in given.items() if value == defaults.get(name)] == [], delivery.name
    for kind in ("BucketLifecycleConfiguration", "BucketNotification", "BucketPolicy"):
        buckets = [resource.inputs["bucket"] for resource in recorder.of(kind)]
        assert len(set(buckets)) == len(buckets), kind
    assert [role.name for role in recorder.of("Role") if "inlinePolicies" in role.inputs] == []


@stacks
def test_every_machines_role_is_taken_on_for_this_account_alone(all_stacks, stack):
    recorder = all_stacks[stack]
    roles = {role.outputs["arn"]: json.loads(role.inputs["assumeRolePolicy"]) for role in recorder.of("Role")}
    for machine in recorder.of("StateMachine"):
        (statement,) = roles[machine.inputs["roleArn"]]["Statement"]
        assert statement["Principal"] == {"Service": "states.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, machine.name


@stacks
def test_no_index_has_the_keys_that_the_provider_deprecates(all_stacks, stack):
    for table in all_stacks[stack].of("Table"):
        for index in table.inputs.get("globalSecondaryIndexes", []):
            assert {"hashKey", "rangeKey"} & index.keys() == set(), table.name
            assert index["keySchemas"][0]["keyType"] == "HASH", table.name


@stacks
def test_every_function_carries_what_its_handler_reaches_and_nothing_else(all_stacks, stack):
    """Python's own modulefinder says what is reached."""
    wrong = {}
    for function in all_stacks[stack].of("Function"):
        if function.type == "aws:lambda/function:Function":
            with zipfile.ZipFile(function.inputs["code"]) as archive:
                carried = set(archive.namelist())
            if carried != (needed := reached(starts(function))):
                wrong[function.name] = (sorted(needed - carried), sorted(carried - needed))
    assert wrong == {}


def starts(function: Resource) -> list[str]:
    """The modules that a function begins with, those included that it loads by names of its environment."""
    handler, variables = function.inputs["handler"].rpartition(".")[0], function.inputs["environment"]["variables"]
    modules = [handler]
    modules += [f"handlers.{package}.filter" for package in variables.get("FILTERS", "").split(",") if package]
    modules += [f"handlers.{package}.channel" for package in variables.get("CHANNEL", "").split(",") if package]
    if handler == "handlers.engagement.api.function":
        modules += [f"handlers.engagement.operations.{module}" for module in operations.MODULES]
        folder = ROOT / "handlers/engagement/operations"
        modules += [f"handlers.engagement.operations.{path.stem}" for path in folder.glob("*.py")]
    return sorted({module.removesuffix(".__init__") for module in modules})


def reached(modules: list[str]) -> set[str]:
    """The sources of handlers/ that modules need, by path."""
    return set().union(*(reached_by(module) for module in modules))


@cache
def reached_by(module: str) -> set[str]:
    finder = modulefinder.ModuleFinder(path=[str(ROOT)])
    finder.import_hook(module)
    found = (each.__file__ for name, each in finder.modules.items() if name.split(".")[0] == "handlers")
    return {Path(path).relative_to(ROOT).as_posix() for path in found if path}


OF_ALL = {"POWERTOOLS_SERVICE_NAME", "PYTHONTZPATH", "ENGAGEMENT_ENDPOINT_URL", "APPLICATION_ID"}
"""What the building block and the project set for every function, or for each that talks to the project."""


@stacks
def test_what_a_component_writes_is_what_its_handler_reads(all_stacks, stack):
    wrong = {}
    for function in all_stacks[stack].of("Function"):
        if function.type == "aws:lambda/function:Function":
            written = set(function.inputs["environment"]["variables"])
            models = read_in(starts(function))
            needed = {name for model in models for name in model.needed()}
            known = {name for model in models for name in model.variables()}
            if needed - written or written - known - OF_ALL:
                wrong[function.name] = (sorted(needed - written), sorted(written - known - OF_ALL))
    assert wrong == {}


def read_in(modules: list[str]) -> set[type[Environment]]:
    """The environments that are read in the sources that modules need."""
    found: set[type[Environment]] = set()
    for path in reached(modules):
        source = (ROOT / path).read_text()
        if names := set(re.findall(r"\b([A-Z]\w*Environment)\.read\b", source)):
            module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
            found |= {getattr(module, name) for name in names}
    return found
