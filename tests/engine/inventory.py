"""What there is in an account: names by kind."""

from collections.abc import Callable
from typing import Any

from sandbox.deployer.clients import Clients

KINDS: dict[str, Callable[[Clients], list[Any]]] = {
    "alarms": lambda aws: [alarm["AlarmName"] for alarm in aws("cloudwatch").describe_alarms()["MetricAlarms"]],
    "buckets": lambda aws: [bucket["Name"] for bucket in aws("s3").list_buckets()["Buckets"]],
    "configuration sets": lambda aws: aws("sesv2").list_configuration_sets()["ConfigurationSets"],
    "dashboards": lambda aws: [
        each["DashboardName"] for each in aws("cloudwatch").list_dashboards()["DashboardEntries"]
    ],
    "databases": lambda aws: [database["Name"] for database in aws("glue").get_databases()["DatabaseList"]],
    "delivery streams": lambda aws: aws("firehose").list_delivery_streams()["DeliveryStreamNames"],
    "event source mappings": lambda aws: [
        mapping["UUID"] for mapping in aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    ],
    "functions": lambda aws: [
        function["FunctionName"]
        for page in aws("lambda").get_paginator("list_functions").paginate()
        for function in page["Functions"]
    ],
    "layers": lambda aws: [layer["LayerName"] for layer in aws("lambda").list_layers()["Layers"]],
    "queues": lambda aws: aws("sqs").list_queues().get("QueueUrls", []),
    "receipt rules": lambda aws: [
        rule["Name"]
        for found in aws("ses").list_receipt_rule_sets()["RuleSets"]
        for rule in aws("ses").describe_receipt_rule_set(RuleSetName=found["Name"])["Rules"]
    ],
    "roles": lambda aws: [
        role["RoleName"] for page in aws("iam").get_paginator("list_roles").paginate() for role in page["Roles"]
    ],
    "rules": lambda aws: [rule["Name"] for rule in aws("events").list_rules()["Rules"]],
    "schedules": lambda aws: [schedule["Name"] for schedule in aws("scheduler").list_schedules()["Schedules"]],
    "state machines": lambda aws: [
        machine["name"]
        for page in aws("stepfunctions").get_paginator("list_state_machines").paginate()
        for machine in page["stateMachines"]
    ],
    "streams": lambda aws: aws("kinesis").list_streams()["StreamNames"],
    "tables": lambda aws: aws("dynamodb").list_tables()["TableNames"],
    "topics": lambda aws: [
        topic["TopicArn"] for page in aws("sns").get_paginator("list_topics").paginate() for topic in page["Topics"]
    ],
    "workgroups": lambda aws: [group["Name"] for group in aws("athena").list_work_groups()["WorkGroups"]],
}


def inventory(aws: Clients) -> dict[str, set[str]]:
    """The names of all that the embedded AWS holds, by kind."""
    return {kind: set(found(aws)) for kind, found in KINDS.items()}
