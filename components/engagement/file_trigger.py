"""A file that arrives in a bucket under a prefix starts a run of a state machine, once for each writing of the object.

Object -> EventBridge rule -> queue -> starter function -> state machine, whose input is `{"S3URL": "s3://BUCKET/KEY"}`.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.building_blocks import watched
from components.building_blocks.bucket import BucketHandle
from components.building_blocks.crud_invocation import CrudInvocation, CrudInvocationArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.state_machine import StateMachine
from components.engagement.project import EngagementProject

PACKAGE = "file_trigger"
STARTER_SECONDS = 30
SWITCH_SECONDS = 120


@dataclass(frozen=True)
class FileTriggerArgs:
    """Where files arrive, what begins their keys, and what they start.

    switches: whether a bucket that existed before is told to deliver its events; False where another trigger does that.
    """

    bucket: BucketHandle
    prefix: str
    machine: StateMachine
    project: EngagementProject
    switches: bool = True


def plain_prefix(prefix: str) -> str:
    """The prefix of a config, checked. Raises ValueError."""
    if prefix.startswith("/") or any(character in prefix for character in "*?$"):
        raise ValueError("a prefix begins with no / and holds none of * ? $; allowed is for example import/")
    return prefix


def file_trigger(name: str, args: FileTriggerArgs, parent: pulumi.Resource) -> None:
    """Registers the trigger's resources as children of `parent`.

    A bucket that existed before is told to deliver its events to EventBridge, beside whatever it notifies already.
    """
    child = pulumi.ResourceOptions(parent=parent)
    rule = aws.cloudwatch.EventRule(
        f"{name}-files-rule",
        description=f"Files that arrive under {args.prefix}",
        event_pattern=pulumi.Output.json_dumps(
            {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [args.bucket.name]}, "object": {"key": [{"prefix": args.prefix}]}},
            },
            sort_keys=True,
        ),
        opts=child,
    )
    watched.note(watched.Kind.RULE, f"{name}-files", rule.name)
    queue = Queue(
        f"{name}-files",
        QueueArgs(
            visibility_seconds=6 * STARTER_SECONDS,
            senders=[Sender("events.amazonaws.com", rule.arn)],
            alarm_topic_arn=args.project.alert_topic_arn,
        ),
        child,
    )
    starter = Function(
        f"{name}-starter",
        FunctionArgs(
            handler="handlers.file_trigger.starter.handler",
            layer_arn=args.project.layer_arn,
            environment={"STATE_MACHINE_ARN": args.machine.arn, "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url},
            statements=[args.machine.start_statement(), Statement(["sqs:SendMessage"], [queue.dead_letter_arn])],
            timeout_seconds=STARTER_SECONDS,
            description="Starts one run for each file that arrives",
        ),
        child,
    )
    starter.on_queue(queue)
    target = aws.cloudwatch.EventTarget(
        f"{name}-files-target",
        rule=rule.name,
        arn=queue.arn,
        dead_letter_config={"arn": queue.dead_letter_arn},
        opts=pulumi.ResourceOptions(parent=parent, depends_on=queue.ready),
    )
    if args.bucket.created is None and args.switches:
        _deliver_events(name, args, target, parent)


def _deliver_events(
    name: str, args: FileTriggerArgs, target: aws.cloudwatch.EventTarget, parent: pulumi.Resource
) -> None:
    """Switches on EventBridge delivery of a bucket that is not ours, beside whatever notifications it has."""
    switch = Function(
        f"{name}-bucket-events",
        FunctionArgs(
            handler="handlers.file_trigger.bucket_events.handler",
            layer_arn=args.project.layer_arn,
            statements=[
                Statement(
                    [
                        "s3:GetBucketNotification",
                        "s3:PutBucketNotification",
                        "s3:GetBucketTagging",
                        "s3:PutBucketTagging",
                    ],
                    [args.bucket.arn],
                )
            ],
            timeout_seconds=SWITCH_SECONDS,
            description="Switches EventBridge delivery of an existing bucket on and off",
        ),
        pulumi.ResourceOptions(parent=parent),
    )
    CrudInvocation(
        f"{name}-bucket-events",
        CrudInvocationArgs(
            function=switch,
            input={"Bucket": args.bucket.name, "Owner": f"{pulumi.get_project()}/{pulumi.get_stack()}/{name}"},
        ),
        pulumi.ResourceOptions(parent=parent, depends_on=[target]),
    )
