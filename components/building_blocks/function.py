"""A function with a role, a log group and an archive of its own, and no more rights than it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.building_blocks import failures as failure_list
from components.building_blocks import guardrails, policy, watched
from components.building_blocks.archive import function_archive, source_code_hash
from components.building_blocks.layer import ARCHITECTURE, RUNTIME
from components.building_blocks.queue import DeadLetters, Queue

LOG_RETENTION_DAYS = 30
LOG_LEVEL = "INFO"
"""Lambda tells the function its level by AWS_LAMBDA_LOG_LEVEL, before which Powertools' own variable does not count."""

NETWORK = policy.Statement(
    [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ],
    ["*"],
    why_wildcard="Lambda makes and names the network interfaces, and asks for these rights on all of them",
)
"""What Lambda needs to put a function into a VPC (Lambda Developer Guide, "Giving Lambda functions access to resources in
an Amazon VPC")."""


@dataclass(frozen=True)
class FunctionArgs:
    """What a function is.

    handler: dotted path, `handlers.<package>.<module>.<name>`; its archive holds what it imports. loads: modules that it
    imports by names made at run time (see `function_archive`). environment: exactly what the handler's environment model reads. statements: exactly what
    it may do, beside writing its own log. asynchronous: callers do not wait for it (an event of another service), so
    that failures go to a dead-letter queue with an alarm to `alarm_topic_arn`.
    """

    handler: str
    layer_arn: pulumi.Input[str]
    loads: Sequence[str] = ()
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statements: Sequence[policy.Statement] = ()
    memory_mb: int = 256
    timeout_seconds: int = 60
    log_retention_days: int = LOG_RETENTION_DAYS
    asynchronous: bool = False
    alarm_topic_arn: pulumi.Input[str] | None = None
    description: str = ""


class Function(pulumi.ComponentResource):
    """A Lambda function on Python 3.13, arm64. `ready` is what to depend on before it is called."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Function", name, None, opts)
        self._name = name
        self.timeout_seconds = args.timeout_seconds
        self._child = pulumi.ResourceOptions(parent=self)
        archive = function_archive(args.handler, args.loads)
        self.log_group = guardrails.log_group(f"{name}-logs", args.log_retention_days, self._child)
        asked = guardrails.current()
        asked.functions.append(name)
        network = asked.network(name)
        failures = (
            DeadLetters(f"{name}-failures", args.alarm_topic_arn, opts=self._child) if args.asynchronous else None
        )
        grants = policy.role(
            name,
            policy.service_trust("lambda.amazonaws.com"),
            [
                self._log_statement(),
                *args.statements,
                *([failures.send_statement()] if failures else []),
                *([NETWORK] if network else []),
            ],
            self._child,
        )
        self.role = grants.role
        self.function = aws.lambda_.Function(
            f"{name}-function",
            description=args.description,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=args.handler,
            code=pulumi.FileArchive(str(archive)),
            source_code_hash=source_code_hash(archive),
            layers=[args.layer_arn],
            role=self.role.arn,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            environment={
                "variables": {
                    "POWERTOOLS_SERVICE_NAME": name,
                    # Python prefers the runtime's time zones; without a path it takes the layer's tzdata.
                    "PYTHONTZPATH": "",
                    **args.environment,
                }
            },
            logging_config={
                "log_format": "JSON",
                "log_group": self.log_group.name,
                "application_log_level": LOG_LEVEL,
                "system_log_level": LOG_LEVEL,
            },
            vpc_config=network,
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants.ready),
        )
        self.arn = self.function.arn
        self.name = self.function.name
        watched.note(watched.Kind.FUNCTION, name, self.name, args.timeout_seconds)
        if args.asynchronous:
            watched.note(watched.Kind.ASYNCHRONOUS, name, self.name)
        self.ready: list[pulumi.Resource] = [self.function, *grants.ready]
        if failures:
            self.ready.append(self._send_failures_to(failures))
            failures.redriven(
                f"Events for which {name} failed three times.", failure_list.by_function("invocation", self.name)
            )
        self.register_outputs({"arn": self.arn, "name": self.name})

    def _log_statement(self) -> policy.Statement:
        return policy.Statement(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [pulumi.Output.format("{0}:*", self.log_group.arn)],
            why_wildcard="log streams of the function's own log group: Lambda names them",
        )

    def _send_failures_to(self, failures: DeadLetters) -> aws.lambda_.FunctionEventInvokeConfig:
        return aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-failure-destination",
            function_name=self.name,
            maximum_retry_attempts=2,
            destination_config={"on_failure": {"destination": failures.arn}},
            opts=self._child,
        )

    def invoke_statement(self) -> policy.Statement:
        """What the role of whoever calls this function needs."""
        return policy.Statement(["lambda:InvokeFunction"], [self.arn])

    def on_queue(
        self, queue: Queue | DeadLetters, batch_size: int = 10, maximum_concurrency: int | None = None
    ) -> aws.lambda_.EventSourceMapping:
        """Calls the function with batches of the queue's messages; it answers which of them failed.

        batch_size: above 10, which is what one call to the queue returns, Lambda collects messages for up to a second.
        """
        grants = aws.iam.RolePolicy(
            f"{self._name}-queue-grants",
            role=self.role.name,
            policy=policy.document([queue.consume_statement()]),
            opts=self._child,
        )
        return aws.lambda_.EventSourceMapping(
            f"{self._name}-queue-source",
            event_source_arn=queue.arn,
            function_name=self.arn,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=1 if batch_size > 10 else None,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=None if maximum_concurrency is None else {"maximum_concurrency": maximum_concurrency},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grants, *self.ready, *queue.ready]),
        )
