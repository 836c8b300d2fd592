"""What each function of the hosted service may do, and no more."""

from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from components.building_blocks import guardrails
from components.building_blocks.account import Account
from components.building_blocks.policy import Statement
from components.building_blocks.table import index_arn
from components.engagement import sending
from components.engagement.ground import Ground
from components.engagement.hosted_tables import Tables
from components.engagement.project import JOB_ROLES, phone_validate_statement
from components.engagement.project_config import ProjectConfig

DEFINITIONS = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
"""What the registry's documents take, in whichever function."""
READ = ("BatchGetItem", "Query")
IMPORT_ENDPOINTS = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
SETUP_ENDPOINTS = ("Query",)
"""What imports and the setup take of endpoints."""
TOKENS = ("DeleteItem", "PutItem", "UpdateItem")
"""What a changed token takes of endpoints, beside reading: the endpoint and who has the address are put, the former address deleted, who
had it noted."""


def table(of: aws.dynamodb.Table, operations: Sequence[str]) -> Statement:
    """DynamoDB operations on one table; a transaction takes those of its parts."""
    return Statement([f"dynamodb:{operation}" for operation in operations], [of.arn])


def queries(of: aws.dynamodb.Table, indexes: Sequence[str]) -> Statement:
    """Queries of a table's indexes."""
    return Statement(["dynamodb:Query"], [index_arn(of, name) for name in indexes])


def api_statements(
    account: Account,
    config: ProjectConfig,
    tables: Tables,
    ground: Ground,
    machines: Sequence[Statement],
    *,
    email_configuration_set: pulumi.Input[str],
    sms_configuration_set: pulumi.Input[str],
) -> list[Statement]:
    """The API reads and writes definitions and endpoints, reads imported segments, emits events, sends, starts jobs, reads the counters.

    It counts opt-outs, notes what apps report of a journey's push messages, and writes what events begin to where the journeys' worker
    looks.
    """
    return [
        table(tables.endpoints, (*READ, "DeleteItem", "GetItem", "PutItem", "UpdateItem")),
        queries(tables.endpoints, tables.address_indexes),
        table(tables.registry, DEFINITIONS),
        table(tables.members, READ),
        table(tables.sends, (*READ, "BatchWriteItem", "DeleteItem", "UpdateItem")),
        *put_events(ground),
        phone_validate_statement(replace(account, region=config.hosted.number_validation_region or account.region)),
        *machines,
        *sending.sms_statements(account, config.sms, sms_configuration_set),
        *sending.email_statements(account, config.email, email_configuration_set),
        *sending.push_statements(account, config.push),
    ]


def setup_statements(tables: Tables) -> list[Statement]:
    """The setup keeps the stack's application in the registry, and looks whether an application holds endpoints."""
    return [table(tables.registry, DEFINITIONS), table(tables.endpoints, SETUP_ENDPOINTS)]


def deletion_statements(tables: Tables) -> list[Statement]:
    """The deletion of an imported segment ends campaigns, deletes definitions and members."""
    return [table(tables.registry, DEFINITIONS), table(tables.members, ("BatchWriteItem", "Query"))]


def import_statements(account: Account, tables: Tables) -> list[Statement]:
    """An import writes endpoints and imported segments; it reads its files with the job's role."""
    return [
        table(tables.endpoints, IMPORT_ENDPOINTS),
        table(tables.registry, DEFINITIONS),
        table(tables.members, ("BatchWriteItem", "Query")),
        assume_job_roles(account),
    ]


def export_statements(account: Account, tables: Tables) -> list[Statement]:
    """An export reads endpoints by segment; it writes its files with the job's role."""
    return [
        table(tables.endpoints, READ),
        table(tables.registry, DEFINITIONS),
        table(tables.members, READ),
        assume_job_roles(account),
    ]


def campaign_statements(
    account: Account,
    config: ProjectConfig,
    tables: Tables,
    ground: Ground,
    *,
    email_configuration_set: pulumi.Input[str],
    sms_configuration_set: pulumi.Input[str],
) -> list[Statement]:
    """A campaign reads endpoints by segment, keeps its ledger, calls its hook, sends and emits events."""
    hooks = list(config.hosted.hook_functions)
    return [
        table(tables.endpoints, READ),
        table(tables.registry, DEFINITIONS),
        table(tables.members, READ),
        table(tables.sends, (*READ, "DeleteItem", "GetItem", "PutItem", "UpdateItem")),
        *put_events(ground),
        sending.list_numbers_statement(account),
        *([Statement(["lambda:InvokeFunction"], hooks)] if hooks else []),
        *sending.sms_statements(account, config.sms, sms_configuration_set),
        *sending.email_statements(account, config.email, email_configuration_set),
        *sending.bulk_email_statements(account, config.email, email_configuration_set),
        *push(account, config, tables),
    ]


def journey_statements(
    account: Account,
    config: ProjectConfig,
    tables: Tables,
    ground: Ground,
    *,
    email_configuration_set: pulumi.Input[str],
    sms_configuration_set: pulumi.Input[str],
) -> list[Statement]:
    """The journeys' worker sends as campaigns do, and keeps its participants beside their ledger."""
    return [
        *campaign_statements(
            account,
            config,
            tables,
            ground,
            email_configuration_set=email_configuration_set,
            sms_configuration_set=sms_configuration_set,
        ),
        table(tables.sends, ("BatchWriteItem",)),
    ]


def push(account: Account, config: ProjectConfig, tables: Tables) -> list[Statement]:
    """Sending push messages, and writing what their results say of the endpoints' tokens."""
    sends = sending.push_statements(account, config.push)
    return [*sends, table(tables.endpoints, TOKENS)] if sends else []


def put_events(ground: Ground) -> list[Statement]:
    """Writing to the project's event stream, where it has one."""
    return [] if ground.stream is None else [Statement(["kinesis:PutRecords"], [ground.stream_arn])]


def job_roles_path() -> str:
    """Path of the roles that import and export jobs act as, below that of all roles."""
    return f"{guardrails.current().config.roles.path}{JOB_ROLES}"


def assume_job_roles(account: Account) -> Statement:
    """Acting as the role that a job names, among those made for jobs."""
    return Statement(
        ["sts:AssumeRole"],
        [account.arn("iam", f"role{job_roles_path()}*", region=False)],
        why_wildcard="a job names its role when it is created; all such roles are under this path and trust only jobs",
    )
