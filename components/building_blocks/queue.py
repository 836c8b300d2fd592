"""A queue that loses nothing: what cannot be handled goes to a dead-letter queue, and an alarm says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import failures, guardrails, policy, watched
from components.building_blocks.alarm import RUNBOOK, alarm

DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600
RETENTION_SECONDS = 4 * 24 * 3600


@dataclass(frozen=True)
class Sender:
    """An AWS service that may send to the queue, for exactly one source (a rule's or a topic's ARN)."""

    service: str
    source_arn: pulumi.Input[str]


@dataclass(frozen=True)
class QueueArgs:
    """visibility_seconds: at least six times the consumer's timeout. max_receives: attempts before the dead-letter queue.

    fifo: the queue keeps the order within each message group, and drops within each what it was given before.
    dead_letters_read: a function reads the dead-letter queue.
    """

    visibility_seconds: int = 360
    max_receives: int = 5
    fifo: bool = False
    senders: Sequence[Sender] = ()
    alarm_topic_arn: pulumi.Input[str] | None = None
    retention_seconds: int = RETENTION_SECONDS
    dead_letters_read: bool = False


class DeadLetters(pulumi.ComponentResource):
    """Where messages end that could not be handled, with an alarm that says so.

    Whoever makes one tells the way back (`redriven`), so that `engagement failures` knows the queue. read: a function
    reads it, in whose hands what it cannot handle is almost all the time, and seldom visible when CloudWatch looks.
    """

    def __init__(
        self,
        name: str,
        alarm_topic_arn: pulumi.Input[str] | None = None,
        fifo: bool = False,
        senders: Sequence[Sender] = (),
        opts: pulumi.ResourceOptions | None = None,
        *,
        read: bool = False,
    ) -> None:
        super().__init__("engagement:blocks:DeadLetters", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._place = f"{name}-dead-letters"
        self.queue = aws.sqs.Queue(
            self._place,
            message_retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            opts=child,
            **_encryption(),
            **_fifo(fifo),
        )
        watched.note(watched.Kind.DEAD_LETTERS, name, self.queue.name)
        if read:
            watched.note(watched.Kind.DEAD_LETTERS_READ, name, self.queue.name)
        self.arn = _noted(self.queue)
        self.url = self.queue.url
        policies = _queue_policy(f"{name}-dead-letters-policy", self.queue, senders, child)
        alarm(
            f"{name}-dead-letters-alarm",
            namespace="AWS/SQS",
            metric=f"ApproximateNumberOfMessages{'NotVisible' if read else 'Visible'}",
            dimensions={"QueueName": self.queue.name},
            topic_arn=alarm_topic_arn,
            description=f"Messages of {name} could not be handled. `engagement failures show {self._place}` says why; "
            f"mend the cause, then `engagement failures redrive {self._place}`. {RUNBOOK}",
            opts=child,
            statistic="Maximum",
        )
        self.ready: list[pulumi.Resource] = [self.queue, policies]
        self.register_outputs({"arn": self.arn, "url": self.url})

    def redriven(self, what: str, redrive: failures.Details) -> None:
        """Lists the queue as a failure place. what: what is in it, a sentence. redrive: the way back from it."""
        failures.queue_place(self._place, what, self.url, redrive)

    def send_statement(self) -> policy.Statement:
        """What the role of a function that sends its failures here needs."""
        return policy.Statement(["sqs:SendMessage"], [self.arn])

    def consume_statement(self) -> policy.Statement:
        """What the role of a function that reads this queue needs."""
        return _consume_statement(self.arn)


class Queue(pulumi.ComponentResource):
    """An encrypted queue, TLS only, with a dead-letter queue that takes letters from it alone and raises an alarm.

    senders may use the dead-letter queue as theirs too, for what they cannot deliver.
    ready: what a rule's target or a topic's subscription must depend on, so that its first message is accepted.
    """

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Queue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        dead_letters = DeadLetters(
            name, args.alarm_topic_arn, args.fifo, args.senders, child, read=args.dead_letters_read
        )
        self.queue = aws.sqs.Queue(
            f"{name}-queue",
            visibility_timeout_seconds=args.visibility_seconds,
            message_retention_seconds=args.retention_seconds,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": args.max_receives}
            ),
            opts=child,
            **_encryption(),
            **_fifo(args.fifo),
        )
        watched.note(watched.Kind.QUEUE, name, self.queue.name)
        aws.sqs.RedriveAllowPolicy(
            f"{name}-redrive",
            queue_url=dead_letters.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue.arn]}
            ),
            opts=child,
        )
        queue_policy = _queue_policy(f"{name}-policy", self.queue, args.senders, child)
        dead_letters.redriven(f"Messages of {name} that could not be handled.", failures.to_queue(self.queue.arn))
        self.arn = _noted(self.queue)
        self.url = self.queue.url
        self.dead_letters = dead_letters
        self.dead_letter_arn = dead_letters.arn
        self.dead_letter_url = dead_letters.url
        self.ready: list[pulumi.Resource] = [self.queue, queue_policy]
        self.register_outputs({"arn": self.arn, "url": self.url, "deadLetterArn": self.dead_letter_arn})

    def send_statement(self) -> policy.Statement:
        """What a sender's role needs."""
        return policy.Statement(["sqs:SendMessage"], [self.arn])

    def consume_statement(self) -> policy.Statement:
        """What the role of the function that reads this queue needs."""
        return _consume_statement(self.arn)


def _encryption() -> dict[str, Any]:
    key = guardrails.current().config.keys.queues
    return {"sqs_managed_sse_enabled": True} if key is None else {"kms_master_key_id": key}


def _noted(queue: aws.sqs.Queue) -> pulumi.Output[str]:
    """The queue's ARN, noted as encrypted by a key of one's own where there is one."""
    asked = guardrails.current()
    asked.encrypts(arn := queue.arn, "sqs", asked.config.keys.queues)
    return arn


def _fifo(fifo: bool) -> dict[str, Any]:
    if not fifo:
        return {}
    # What SQS asks for before it gives each message group its own share of calls.
    return {
        "fifo_queue": True,
        "content_based_deduplication": True,
        "deduplication_scope": "messageGroup",
        "fifo_throughput_limit": "perMessageGroupId",
    }


def _consume_statement(arn: pulumi.Input[str]) -> policy.Statement:
    return policy.Statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [arn])


def _queue_policy(
    name: str, queue: aws.sqs.Queue, senders: Sequence[Sender], opts: pulumi.ResourceOptions
) -> aws.sqs.QueuePolicy:
    statements: list[dict[str, Any]] = [policy.tls_only(["sqs:*"], [queue.arn])]
    statements += [
        {
            "Effect": "Allow",
            "Principal": {"Service": sender.service},
            "Action": ["sqs:SendMessage"],
            "Resource": [queue.arn],
            "Condition": {"ArnEquals": {"aws:SourceArn": sender.source_arn}},
        }
        for sender in senders
    ]
    return aws.sqs.QueuePolicy(name, queue_url=queue.url, policy=policy.resource_document(statements), opts=opts)
