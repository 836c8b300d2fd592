"""The engagement project: grants of each role by equality, environments, and what it hands to components."""

import importlib
import json

import pulumi
import pytest

from components.config import ConfigError
from components.engagement.pinpoint import PinpointProject
from components.engagement.project import EngagementProject
from handlers.engagement.api.environment import ApiEnvironment
from handlers.engagement.campaigns.environment import CampaignEnvironment
from handlers.engagement.environment import SetupEnvironment
from handlers.engagement.jobs.environment import JobEnvironment
from handlers.engagement.journeys.environment import JourneyEnvironment
from handlers.engagement.segments.environment import DeletionEnvironment
from handlers.engagement.store.endpoints import ADDRESSES
from tests.components import projects
from tests.components.projects import allow
from tests.conftest import run_stack
from tests.recorder import ACCOUNT, MADE_APPLICATION, REGION, record

HOOK = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:offers"
PINNED = "0123456789abcdef" * 2
CONFIG = {
    "project": {
        "sms": {"originationIdentity": "pool-0123"},
        "email": {"fromAddress": "Shop <shop@example.com>", "configurationSet": "mails"},
        "hosted": {"hookFunctions": [HOOK]},
    }
}
DEFINITIONS = [
    f"dynamodb:{name}" for name in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
]
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/engagement-events"
MAILS = allow(
    ["ses:SendEmail", "ses:SendRawEmail"],
    [
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop@example.com",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/mails",
    ],
)
BULK_MAILS = allow(
    ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"],
    [*MAILS["Resource"], f"arn:aws:ses:{REGION}:{ACCOUNT}:template/*"],
)


@pytest.fixture(scope="module")
def foundation():
    return run_stack("foundation", CONFIG)


def table(name: str, *operations: str) -> dict:
    return allow(
        [f"dynamodb:{operation}" for operation in operations],
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/engagement-{name}",
    )


def registry() -> dict:
    return allow(DEFINITIONS, f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/engagement-registry")


def machine(kind: str) -> dict:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:engagement-{kind}-runs-machine"
    return allow(["states:StartExecution"], arn)


CAMPAIGN_RUNS = allow(
    ["states:DescribeExecution"],
    f"arn:aws:states:{REGION}:{ACCOUNT}:execution:engagement-campaign-runs-machine:*",
)
BY_ADDRESS = allow(
    ["dynamodb:Query"], f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/engagement-endpoints/index/addresses"
)
JOB_ROLES = allow(["sts:AssumeRole"], f"arn:aws:iam::{ACCOUNT}:role/engagement/*")
VALIDATES = allow(
    ["mobiletargeting:PhoneNumberValidate"], f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:phone/number/validate"
)
LISTS_NUMBERS = allow(["sms-voice:DescribePhoneNumbers"], "*")
EMITS = allow(["kinesis:PutRecords"], STREAM)


def test_the_api_may_do_what_it_does_and_no_more(foundation):
    assert projects.grants(foundation, "engagement-api") == [
        table("endpoints", "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        BY_ADDRESS,
        registry(),
        table("members", "BatchGetItem", "Query"),
        table("sends", "BatchGetItem", "BatchWriteItem", "DeleteItem", "Query", "UpdateItem"),
        EMITS,
        VALIDATES,
        machine("import"),
        machine("export"),
        machine("campaign"),
        machine("deletion"),
        CAMPAIGN_RUNS,
        *projects.TEXTS,
        MAILS,
    ]


PUSHES = allow(["mobiletargeting:SendMessages"], f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{PINNED}/messages")


def test_who_sends_messages_may_push_by_the_configured_application_and_change_tokens_and_nobody_else():
    pushing = run_stack("foundation", {"project": {**CONFIG["project"], "push": {"applicationId": PINNED}}})
    plain = run_stack("foundation", CONFIG)
    added = {
        name: [one for one in projects.grants(pushing, name) if one not in projects.grants(plain, name)]
        for name in (
            f"engagement-{kind}" for kind in ("api", "campaign", "journeys", "import", "export", "deletion", "setup")
        )
    }
    tokens = table("endpoints", "DeleteItem", "PutItem", "UpdateItem")
    assert added == {
        "engagement-api": [PUSHES],
        "engagement-campaign": [PUSHES, tokens],
        "engagement-journeys": [PUSHES, tokens],
        **{f"engagement-{kind}": [] for kind in ("import", "export", "deletion", "setup")},
    }


@pytest.mark.parametrize(
    ("project", "told"),
    [
        ({"push": {"applicationId": "shop"}}, "push.applicationId"),
        ({"platform": "pinpoint", "push": {"applicationId": PINNED}}, "push.applicationId is of platform hosted"),
    ],
)
def test_a_push_application_is_an_id_and_of_the_hosted_platform(project, told):
    with pytest.raises(ConfigError, match=told):
        run_stack("foundation", {"project": project})


def test_jobs_and_campaigns_may_do_what_they_do_and_no_more(foundation):
    assert projects.grants(foundation, "engagement-import") == [
        table("endpoints", "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"),
        registry(),
        table("members", "BatchWriteItem", "Query"),
        JOB_ROLES,
    ]
    assert projects.grants(foundation, "engagement-export") == [
        table("endpoints", "BatchGetItem", "Query"),
        registry(),
        table("members", "BatchGetItem", "Query"),
        JOB_ROLES,
    ]
    assert projects.grants(foundation, "engagement-campaign") == [
        table("endpoints", "BatchGetItem", "Query"),
        registry(),
        table("members", "BatchGetItem", "Query"),
        table("sends", "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        EMITS,
        LISTS_NUMBERS,
        allow(["lambda:InvokeFunction"], HOOK),
        *projects.TEXTS,
        MAILS,
        BULK_MAILS,
    ]
    assert projects.grants(foundation, "engagement-journeys") == [
        table("endpoints", "BatchGetItem", "Query"),
        registry(),
        table("members", "BatchGetItem", "Query"),
        table("sends", "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        EMITS,
        LISTS_NUMBERS,
        allow(["lambda:InvokeFunction"], HOOK),
        *projects.TEXTS,
        MAILS,
        BULK_MAILS,
        table("sends", "BatchWriteItem"),
    ]
    assert projects.grants(foundation, "engagement-deletion") == [
        registry(),
        table("members", "BatchWriteItem", "Query"),
    ]
    assert projects.grants(foundation, "engagement-setup") == [registry(), table("endpoints", "Query")]


@pytest.mark.parametrize("kind", ["import", "export", "campaign", "deletion"])
def test_each_state_machine_calls_its_own_function_alone(foundation, kind):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:engagement-{kind}-function"
    assert projects.grants(foundation, f"engagement-{kind}-runs") == [allow(["lambda:InvokeFunction"], function)]


@pytest.mark.parametrize(("in_sandbox", "singly"), [(True, "true"), (False, "")])
def test_only_in_sess_sandbox_emails_of_campaigns_and_journeys_leave_one_by_one(in_sandbox, singly):
    email = {**CONFIG["project"]["email"], "sesSandbox": in_sandbox}
    made = run_stack("foundation", {"project": {**CONFIG["project"], "email": email}})
    for kind in ("campaign", "journeys"):
        variables = made.one("Function", f"engagement-{kind}").inputs["environment"]["variables"]
        assert variables["EMAIL_SINGLY"] == singly, kind


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("api", ApiEnvironment),
        ("import", JobEnvironment),
        ("export", JobEnvironment),
        ("campaign", CampaignEnvironment),
        ("journeys", JourneyEnvironment),
        ("deletion", DeletionEnvironment),
        ("setup", SetupEnvironment),
    ],
)
def test_each_function_gets_exactly_the_variables_that_it_reads(foundation, kind, model):
    assert projects.environment(foundation, f"engagement-{kind}") == set(model.variables())


def test_the_journeys_worker_is_called_each_minute_and_may_be_called_by_its_schedule_alone(foundation):
    schedule = foundation.one("Schedule", "engagement-journeys").inputs
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:engagement-journeys-function"
    assert schedule["scheduleExpression"] == "rate(1 minute)" and schedule["target"]["arn"] == function
    assert projects.grants(foundation, "engagement-journeys-schedule") == [allow(["lambda:InvokeFunction"], function)]


def test_a_workers_time_ends_before_its_lease_of_a_shard(foundation):
    from handlers.engagement.store.leases import LEASE_SECONDS

    assert foundation.one("Function", "engagement-journeys").inputs["timeout"] < LEASE_SECONDS


def test_the_api_answers_only_signed_requests(foundation):
    assert foundation.one("FunctionUrl").inputs["authorizationType"] == "AWS_IAM"


def test_the_applications_id_is_what_the_registry_keeps_and_is_known_to_the_api(foundation):
    assert foundation.outputs["applicationId"] == MADE_APPLICATION
    api = foundation.one("Function", "engagement-api").inputs["environment"]["variables"]
    assert api["DEFAULT_APPLICATION_ID"] == MADE_APPLICATION


@pytest.mark.parametrize(
    "names", [{}, {"environment": "prod"}, {"organization": "another"}, {"environment": "prod", "organization": "x"}]
)
def test_what_makes_the_application_knows_no_name_of_stack_or_organisation(names):
    built = run_stack("foundation", {"project": {"name": "shop"}}, **names)
    assert json.loads(built.one("Invocation").inputs["input"]) == {"Name": "shop"}


def test_a_pinned_id_is_what_the_application_must_have():
    built = run_stack("foundation", {"project": {"hosted": {"applicationId": PINNED}}})
    assert json.loads(built.one("Invocation").inputs["input"]) == {"ApplicationId": PINNED, "Name": "engagement"}
    assert built.outputs["applicationId"] == PINNED


@pytest.mark.parametrize(
    ("project", "problem"),
    [
        ({"applicationId": PINNED}, "which hosted.applicationId pins"),
        ({"platform": "pinpoint", "hosted": {"applicationId": PINNED}}, "hosted.applicationId is of platform hosted"),
    ],
)
def test_an_id_of_the_other_platform_is_refused_with_the_key_that_is_meant(project, problem):
    with pytest.raises(ConfigError, match=problem):
        run_stack("foundation", {"project": project})


def test_a_name_that_amazon_pinpoint_cannot_change_is_told_and_the_project_stays(monkeypatch):
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    made = PinpointProject.__module__
    assert importlib.import_module(made)._told(PINNED, "shop", "store") == PINNED
    assert warned == [
        f"engagement:project.name: given 'store'; the Amazon Pinpoint project {PINNED} keeps its name 'shop', since "
        "Amazon Pinpoint cannot rename one"
    ]


@pytest.mark.parametrize("retain", [True, False])
def test_tables_are_protected_unless_their_data_need_not_be_kept(retain):
    built = run_stack("foundation", {"project": {"hosted": {"retainData": retain}}})
    assert len(built.of("Table")) == 4
    assert all(found.inputs["deletionProtectionEnabled"] is retain for found in built.of("Table"))


def endpoints_indexes(hosted: dict) -> dict[str, str]:
    """Index -> what it holds."""
    built = run_stack("foundation", {"project": {"hosted": hosted}})
    table = next(found for found in built.of("Table") if found.name == "engagement-endpoints")
    return {index["name"]: index["projectionType"] for index in table.inputs["globalSecondaryIndexes"]}


def test_endpoints_are_found_by_an_index_of_keys_alone_beside_its_predecessor_while_that_stays():
    assert endpoints_indexes({}) == {ADDRESSES: "KEYS_ONLY"}
    assert endpoints_indexes({"formerAddressIndex": True}) == {ADDRESSES: "KEYS_ONLY", "byAddress": "ALL"}


def test_functions_of_either_release_may_query_the_index_that_they_know():
    built = run_stack("foundation", {"project": {"hosted": {"formerAddressIndex": True}}})
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/engagement-endpoints/index"
    both = allow(["dynamodb:Query"], [f"{arn}/addresses", f"{arn}/byAddress"])
    assert both in projects.grants(built, "engagement-api")


def test_another_stack_rebuilds_the_same_project_from_the_export(foundation):
    rebuilt = EngagementProject.from_reference(foundation.outputs["project"], "layer")
    assert rebuilt.exports() == foundation.outputs["project"]
    assert rebuilt.environment() == {
        "APPLICATION_ID": foundation.outputs["applicationId"],
        "ENGAGEMENT_ENDPOINT_URL": foundation.outputs["endpointUrl"],
    }


def test_an_export_of_an_older_program_is_named():
    with pytest.raises(
        Exception, match=r"export project lacks application_id, .*: bring the foundation stack up again"
    ):
        EngagementProject.from_reference({"platform": "hosted"}, "layer")


def test_on_pinpoint_each_operation_is_granted_on_what_it_acts_on():
    base = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}"
    granted = projects.rendered(
        lambda: projects.project("pinpoint").statements("CreateImportJob", "GetImportJob", "GetApp")
    )
    assert granted == [
        allow(["mobiletargeting:CreateImportJob", "mobiletargeting:GetApp"], f"{base}:apps/{projects.APPLICATION}"),
        allow(["mobiletargeting:GetImportJob"], f"{base}:apps/{projects.APPLICATION}/jobs/import/*"),
    ]


def test_an_unknown_operation_is_refused_on_both_platforms():
    for platform in ("hosted", "pinpoint"):
        with pytest.raises(ValueError, match=r"operations \['CreateJob'\] are unknown"):
            projects.project(platform).statements("CreateJob")


def test_roles_of_jobs_trust_the_platforms_jobs_alone():
    def trusts():
        return {name: projects.project(name).job_trust_policy() for name in ("hosted", "pinpoint")}

    documents = {name: json.loads(text)["Statement"] for name, text in record(trusts).outputs.items()}
    assert documents["hosted"] == [
        {"Effect": "Allow", "Principal": {"AWS": [projects.JOB_ROLE]}, "Action": "sts:AssumeRole"}
    ]
    assert documents["pinpoint"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pinpoint.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnEquals": {"aws:SourceArn": projects.APP},
            },
        }
    ]
    assert projects.project().pass_role_statements("arn:role") == []


def test_of_the_tables_those_of_endpoints_and_sends_have_items_that_go_by_themselves():
    tables = {found.name: found.inputs.get("ttl") for found in run_stack("foundation", CONFIG).of("Table")}
    gone = {"attributeName": "expires", "enabled": True}
    assert {name: ttl for name, ttl in tables.items() if ttl} == {
        "engagement-endpoints": gone,
        "engagement-sends": gone,
    }
