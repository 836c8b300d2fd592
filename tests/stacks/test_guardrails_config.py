"""What the guardrails refuse, what they say of it, and what they leave alone."""

import json
from typing import Any

import pulumi
import pytest

from components.config import ConfigError
from stacks import programs
from tests.conftest import PROGRAMS, committed_config, run_stack
from tests.recorder import ACCOUNT, REGION, Recorder, Resource, record
from tests.stacks.guarded import BOUNDARY, GROUPS, KEYS, PREFIX, SUBNETS, guarded_config

OTHER_REGION = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0abc"


def refused(stack: str = "foundation", resources: list[Resource] | None = None, **asked: Any) -> str:
    """What is said of these guardrails."""
    config = {**committed_config(stack), "guardrails": asked}
    with pytest.raises(ConfigError) as error:
        record(lambda: PROGRAMS[stack].program(""), stack=stack, config=config, resources=resources)
    return str(error.value)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"roles": {"boundaryArn": "developers"}},
            'guardrails.roles.boundaryArn: given "developers"; allowed: the ARN of an IAM policy',
        ),
        (
            {"roles": {"boundaryArn": f"arn:aws:iam::{ACCOUNT}:role/developers"}},
            "allowed: the ARN of an IAM policy",
        ),
        (
            {"roles": {"path": "marketing"}},
            'guardrails.roles.path: given "marketing"; allowed: a path that begins and ends with /',
        ),
        (
            {"keys": {"queues": "alias/ours"}},
            'guardrails.keys.queues: given "alias/ours"; allowed: the ARN of a KMS key',
        ),
        ({"keys": {"queue": KEYS["queues"]}}, "guardrails.keys.queue: unknown key (did you mean queues?)"),
        ({"logRetentionDays": 10}, "guardrails.logRetentionDays: allowed: 1, 3, 5, 7, 14, 30, 60, 90"),
        ({"logRetentionDays": 0}, "given: 0"),
        ({"namePrefix": "Acme-"}, 'guardrails.namePrefix: given "Acme-"; allowed: at most 20 lower-case letters'),
        ({"vpc": {"subnetIds": SUBNETS}}, "guardrails.vpc: securityGroupIds is missing; allowed: subnetIds and"),
        ({"vpc": {"securityGroupIds": GROUPS}}, "guardrails.vpc: subnetIds is missing"),
        ({"vpc": {"functions": ["engagement-api"]}}, "guardrails.vpc: functions is given without subnetIds"),
        ({"vpc": {"subnetIds": ["vpc-0123456789"], "securityGroupIds": GROUPS}}, "allowed: the id of a subnet"),
        (
            {"tags": {"engagement:stack": "ours"}},
            "guardrails.tags: tag engagement:stack: allowed: a name that does not",
        ),
        ({"tags": {"aws:owner": "us"}}, "tag aws:owner"),
        ({"tags": {"Owner": "<us>"}}, "tag Owner: allowed: letters, digits, spaces"),
        ({"tags": {"Owner": "x" * 257}}, "a value of at most 256"),
        ({"tags": {f"Tag{number}": "x" for number in range(41)}}, "41 tags; allowed: 40"),
    ],
)
def test_a_bad_guardrail_is_told_with_key_value_and_what_is_allowed_before_anything_is_made(asked, told):
    made: list[Resource] = []
    assert told in refused(resources=made, **asked)
    assert made == []


def test_a_key_of_another_region_is_told_with_its_key_and_the_region_that_is_allowed():
    told = refused(keys={"tables": OTHER_REGION})
    assert (
        f"engagement:guardrails.keys.tables: given {OTHER_REGION}, of Region us-east-1; allowed: one of {REGION}"
        in told
    )


def test_a_boundary_of_another_account_is_told_with_the_account_that_is_allowed():
    foreign = BOUNDARY.replace(ACCOUNT, "999999999999")
    told = refused(roles={"boundaryArn": foreign})
    assert f"engagement:guardrails.roles.boundaryArn: given {foreign}; allowed: a policy of account {ACCOUNT}" in told


def test_a_boundary_of_awss_own_is_allowed():
    config = {
        **committed_config("foundation"),
        "guardrails": {"roles": {"boundaryArn": "arn:aws:iam::aws:policy/PowerUserAccess"}},
    }
    roles = run_stack("foundation", config).of("Role")
    assert {role.inputs["permissionsBoundary"] for role in roles} == {"arn:aws:iam::aws:policy/PowerUserAccess"}


@pytest.fixture(scope="module")
def foundation() -> Recorder:
    return run_stack("foundation", guarded_config("foundation", namePrefix=""))


def test_an_empty_prefix_names_nothing(foundation):
    named = [resource.name for resource in foundation.of("Role") if "name" in resource.inputs]
    assert named == []


def test_roles_of_jobs_elsewhere_than_the_project_takes_them_are_told(foundation):
    with pytest.raises(
        ConfigError, match=r"guardrails\.roles\.path: given /other/, but the project takes roles .* /marketing/"
    ):
        run_stack(
            "audience",
            guarded_config("audience", roles={"path": "/other/"}),
            {"foundation": foundation.outputs},
        )


def test_one_function_alone_may_be_in_the_network():
    vpc = {"subnetIds": SUBNETS, "securityGroupIds": GROUPS, "functions": ["engagement-campaign"]}
    recorder = run_stack("foundation", guarded_config("foundation", vpc=vpc))
    inside = [each.name for each in recorder.of("Function") if "vpcConfig" in each.inputs]
    assert inside == ["engagement-campaign-function"]
    granted = [each.name for each in recorder.of("RolePolicy") if "ec2:" in each.inputs["policy"]]
    assert granted == ["engagement-campaign-grants"]


def test_a_function_that_the_stack_does_not_have_is_told_with_those_that_it_has():
    vpc = {"subnetIds": SUBNETS, "securityGroupIds": GROUPS, "functions": ["engagement-apis"]}
    config = {**committed_config("foundation"), "guardrails": {"vpc": vpc}}
    with pytest.raises(
        ConfigError, match=r"vpc\.functions: given engagement-apis, .* allowed: engagement-api, engagement-"
    ):
        record(programs.program, stack="foundation", config=config)


def test_guardrails_alone_are_no_config_of_a_stack():
    with pytest.raises(pulumi.RunError, match="nothing is switched on"):
        record(programs.program, stack="audience-prod", config={"guardrails": {"namePrefix": PREFIX}})


def test_the_guardrails_of_one_program_are_not_those_of_the_next():
    guarded = run_stack("foundation", guarded_config("foundation"))
    plain = run_stack("foundation")
    assert "permissionsBoundary" in guarded.of("Role")[0].inputs
    assert "permissionsBoundary" not in plain.of("Role")[0].inputs
    assert KEYS["tables"] not in json.dumps([each.inputs for each in plain.resources], default=str)


def test_a_stack_may_have_keys_where_its_foundation_has_none():
    foundation = run_stack("foundation", guarded_config("foundation", keys=None))
    recorder = run_stack("sms", guarded_config("sms"), {"foundation": foundation.outputs})
    assert {topic.inputs["kmsMasterKeyId"] for topic in recorder.of("Topic")} == {KEYS["topics"]}
    assert KEYS["stream"] not in json.dumps([each.inputs for each in recorder.resources], default=str)


def test_readers_may_use_the_streams_key_of_the_foundation_whatever_they_are_asked_for_themselves():
    foundation = run_stack("foundation", guarded_config("foundation"))
    recorder = run_stack("events", guarded_config("events", keys=None, roles=None), {"foundation": foundation.outputs})
    readers = {each.name for each in recorder.of("RolePolicy") if KEYS["stream"] in each.inputs["policy"]}
    assert readers == {
        f"{name}-delivery-grants" for name in ("event-database", "message-archiver", "pinpoint-event-processing")
    }
