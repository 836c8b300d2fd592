"""A Firehose that reads the project's event stream, lets a function see every record, and writes to a bucket."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.building_blocks import failures, guardrails, policy, watched
from components.building_blocks.alarm import RUNBOOK, alarm
from components.building_blocks.bucket import objects
from components.building_blocks.function import LOG_RETENTION_DAYS, Function

FUNCTION_TIMEOUT_SECONDS = 300
"""The longest that Firehose waits for a function."""
FRESHNESS_SECONDS = 1800
LOG_STREAM = "delivery"


@dataclass(frozen=True)
class DeliveryStreamArgs:
    """stream_arn: the Kinesis stream. transformation: a function with Firehose's transformation contract.

    prefix: key prefix of what the function let through; a UTC hour path `YYYY/MM/DD/HH/` follows. errors_prefix: of what
    Firehose could not process or the function refused; kind of error and hour path follow. bucket_ready: what must be
    there before the first object. bucket_statements: what writing there needs beside S3's own rights. buffer_*: an object is written when either is reached.
    """

    stream_arn: pulumi.Input[str]
    transformation: Function
    bucket_arn: pulumi.Input[str]
    prefix: str
    errors_prefix: str
    account_id: pulumi.Input[str]
    bucket_ready: Sequence[pulumi.Resource] = ()
    bucket_statements: Sequence[policy.Statement] = ()
    buffer_mb: int = 64
    buffer_seconds: int = 300
    compressed: bool = True
    alarm_topic_arn: pulumi.Input[str] | None = None
    log_retention_days: int = LOG_RETENTION_DAYS


class DeliveryStream(pulumi.ComponentResource):
    """A Firehose from a Kinesis stream to S3 with a role of its own, a log, and an alarm when it falls behind.

    Each has its own place in the Kinesis stream, so that any number of them read the same events, none in another's way.
    """

    def __init__(self, name: str, args: DeliveryStreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:DeliveryStream", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_group = guardrails.log_group(f"{name}-delivery-logs", args.log_retention_days, child)
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-delivery-log", name=LOG_STREAM, log_group_name=log_group.name, opts=child
        )
        function = pulumi.Output.format("{0}:$LATEST", args.transformation.arn)
        grants = policy.role(
            f"{name}-delivery",
            # Firehose names the account when it assumes the role, so that nobody else's Firehose can.
            policy.service_trust("firehose.amazonaws.com", {"StringEquals": {"sts:ExternalId": args.account_id}}),
            _statements(args, function, pulumi.Output.format("{0}:log-stream:{1}", log_group.arn, log_stream.name)),
            child,
        )
        self.role = grants.role
        self.stream = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            destination="extended_s3",
            kinesis_source_configuration={"kinesis_stream_arn": args.stream_arn, "role_arn": self.role.arn},
            extended_s3_configuration={
                "role_arn": self.role.arn,
                "bucket_arn": args.bucket_arn,
                "prefix": f"{args.prefix}!{{timestamp:yyyy/MM/dd/HH}}/",
                "error_output_prefix": f"{args.errors_prefix}!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd/HH}}/",
                "buffering_size": args.buffer_mb,
                "buffering_interval": args.buffer_seconds,
                "compression_format": "GZIP" if args.compressed else "UNCOMPRESSED",
                "cloudwatch_logging_options": {
                    "enabled": True,
                    "log_group_name": log_group.name,
                    "log_stream_name": log_stream.name,
                },
                "processing_configuration": {
                    "enabled": True,
                    "processors": [
                        {
                            "type": "Lambda",
                            # No others: the provider does not keep those that have its defaults (1 MB, 60 s, three
                            # retries, the stream's role), and finds them changed at each preview. 1 MB is as it must
                            # be: with base64 and what is added, the function's answer stays below Lambda's 6 MB.
                            "parameters": [{"parameter_name": "LambdaArn", "parameter_value": function}],
                        }
                    ],
                },
            },
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*grants.ready, *args.transformation.ready, *args.bucket_ready]
            ),
        )
        watched.note(watched.Kind.DELIVERY, name, self.stream.name)
        alarm(
            f"{name}-behind-alarm",
            namespace="AWS/Firehose",
            metric="DeliveryToS3.DataFreshness",
            dimensions={"DeliveryStreamName": self.stream.name},
            topic_arn=args.alarm_topic_arn,
            description=f"Events of {name} wait longer than {FRESHNESS_SECONDS // 60} minutes: its delivery log says why. {RUNBOOK}",
            opts=child,
            statistic="Maximum",
            threshold=FRESHNESS_SECONDS,
        )
        failures.object_place(
            f"{name}-delivery-errors",
            f"Records that the transformation of {name} refused, or that Firehose could not deliver.",
            pulumi.Output.from_input(args.bucket_arn).apply(lambda arn: arn.rpartition(":")[2]),
            args.errors_prefix,
            failures.by_delivery(args.transformation.name, args.prefix, compressed=args.compressed),
        )
        self.name = self.stream.name
        self.arn = self.stream.arn
        self.ready: list[pulumi.Resource] = [self.stream]
        self.register_outputs({"name": self.name, "arn": self.arn})


def _statements(
    args: DeliveryStreamArgs, function: pulumi.Input[str], log_stream: pulumi.Input[str]
) -> list[policy.Statement]:
    written = [objects(args.bucket_arn, prefix) for prefix in (args.prefix, args.errors_prefix)]
    return [
        policy.Statement(
            ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
            [args.stream_arn],
        ),
        policy.Statement(["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"], [function]),
        policy.Statement(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [args.bucket_arn]),
        policy.Statement(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            written,
            why_wildcard="objects that the delivery names, below its own two prefixes",
        ),
        policy.Statement(["logs:PutLogEvents"], [log_stream]),
        *args.bucket_statements,
    ]
