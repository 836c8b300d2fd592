"""A file that arrives under a prefix lists addresses that nobody is to write to any more: they go onto every list that holds messages
back (handlers/shared/suppression_lists), a report names the lines that did not, and notifications tell how it went.

Object -> EventBridge rule -> queue -> starter function -> state machine -> function, call by call -> topic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.building_blocks import notified_flow as flow
from components.building_blocks.bucket import BucketHandle, key_statements, objects
from components.building_blocks.failures import by_input
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.topic import Topic, TopicArgs
from components.engagement.file_trigger import FileTriggerArgs, file_trigger
from components.engagement.project import EngagementProject
from components.engagement.suppression import WHY_ANY_ADDRESS

PACKAGE = "suppression_drop"
REPORTS = "suppress-reports/"
TASK_SECONDS = 900
"""A call works for a few minutes; SES and End User Messaging may take a part of it slowly."""
FILES = "the files under a prefix, whose keys are not known before they arrive"


@dataclass(frozen=True)
class SuppressionDropArgs:
    """Where files arrive, and the opt-out lists that numbers go onto. key_arn: of a bucket that a key of its own encrypts."""

    bucket: BucketHandle
    prefix: str
    key_arn: str | None
    opt_out_lists: Sequence[str]
    project: EngagementProject


@dataclass(frozen=True)
class SuppressionDrop:
    """What was made."""

    topic: Topic
    machine: StateMachine


def suppression_definition(function_arn: pulumi.Input[str], topic_arn: pulumi.Input[str]) -> Mapping[str, Any]:
    """Amazon States Language: notify started, work the file off call by call, notify success or failure."""
    result = {"SuppressionResult.$": flow.RESULT}
    notifications = flow.Notifications(topic_arn, "Suppression", {**result, "Input.$": "$.Input"})
    return {
        "Comment": "Puts the addresses of one file onto the lists that hold messages back",
        "StartAt": "Begin",
        "States": {
            **flow.started(notifications, function_arn, "StartList", TASK_SECONDS + 30),
            **flow.polling(
                function_arn,
                done="NotifySucceeded",
                what="the list",
                poll_seconds=1,
                max_polls=flow.POLLS_AT_MOST,
                task_seconds=TASK_SECONDS + 30,
            ),
            **flow.ending(notifications, result),
        },
    }


def suppression_drop(name: str, args: SuppressionDropArgs, parent: pulumi.Resource) -> SuppressionDrop:
    """Registers the drop's resources as children of `parent`."""
    child = pulumi.ResourceOptions(parent=parent)
    project, account = args.project, args.project.account
    topic = Topic(f"{name}-status", TopicArgs(key_arn=project.key_arn), child)
    lists = [account.arn("sms-voice", f"opt-out-list/{listed}") for listed in args.opt_out_lists]
    tasks = Function(
        f"{name}-tasks",
        FunctionArgs(
            handler="handlers.suppression_drop.function.handler",
            layer_arn=project.layer_arn,
            environment={
                **project.environment(),
                "SUPPRESS_PREFIX": args.prefix,
                "REPORTS_PREFIX": REPORTS,
                "OPT_OUT_LISTS": ",".join(args.opt_out_lists),
            },
            statements=[
                *project.statements(),
                Statement(["s3:GetObject"], [objects(args.bucket.arn, args.prefix)], why_wildcard=FILES),
                # Without it S3 says of a file that is gone that access is denied.
                Statement(["s3:ListBucket"], [args.bucket.arn], {"StringLike": {"s3:prefix": f"{args.prefix}*"}}),
                Statement(["s3:PutObject"], [objects(args.bucket.arn, REPORTS)], why_wildcard=FILES),
                *key_statements(args.key_arn, account, writes=True),
                Statement(["ses:PutSuppressedDestination"], ["*"], why_wildcard=WHY_ANY_ADDRESS),
                Statement(["sms-voice:PutOptedOutNumber"], lists),
            ],
            timeout_seconds=TASK_SECONDS,
            description="Puts addresses onto the lists that hold messages back",
        ),
        child,
    )
    machine = StateMachine(
        name,
        StateMachineArgs(
            definition=suppression_definition(tasks.arn, topic.arn),
            statements=[tasks.invoke_statement(), *topic.publish_statements()],
            redrive=by_input(),
            alarm_topic_arn=project.alert_topic_arn,
        ),
        child,
    )
    trigger = FileTriggerArgs(bucket=args.bucket, prefix=args.prefix, machine=machine, project=project, switches=False)
    file_trigger(name, trigger, parent)
    return SuppressionDrop(topic, machine)
