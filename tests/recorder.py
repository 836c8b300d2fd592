"""Runs a program on Pulumi's mocks and keeps what it registered."""

import asyncio
import gc
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
import pulumi.runtime
from pulumi.runtime import settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import run_in_stack

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PROJECT = "engagement"
MADE_APPLICATION = "a1" * 16
"""The id of an application that the setup function makes."""

ARN_SERVICES = {
    "aws:kms/key:Key": "kms:{region}:{account}:key/{name}",
    "aws:sns/topic:Topic": "sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "sqs:{region}:{account}:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cloudwatch/eventRule:EventRule": "events:{region}:{account}:rule/{name}",
    "aws:iam/role:Role": "iam::{account}:role{path}{name}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:lambda/layerVersion:LayerVersion": "lambda:{region}:{account}:layer:{name}:1",
    "aws:sfn/stateMachine:StateMachine": "states:{region}:{account}:stateMachine:{name}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:cloudfront/distribution:Distribution": "cloudfront::{account}:distribution/{name}",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "logs:us-east-1:{account}:delivery-source:{name}",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "logs:us-east-1:{account}:delivery-destination:{name}",
    "aws:acm/certificate:Certificate": "acm:us-east-1:{account}:certificate/{name}",
    "aws:dynamodb/table:Table": "dynamodb:{region}:{account}:table/{name}",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "firehose:{region}:{account}:deliverystream/{name}",
    "aws:kinesis/stream:Stream": "kinesis:{region}:{account}:stream/{name}",
    "aws:kinesis/streamConsumer:StreamConsumer": "kinesis:{region}:{account}:stream/engagement-events/consumer/{name}:1",
    "aws:athena/workgroup:Workgroup": "athena:{region}:{account}:workgroup/{name}",
    "aws:scheduler/schedule:Schedule": "scheduler:{region}:{account}:schedule/default/{name}",
}


@dataclass(frozen=True)
class Resource:
    """One registered resource: `inputs` as the provider gets them (camelCase), an archive as its path."""

    type: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Mocks that answer with plausible ARNs and remember every resource.

    stacks: outputs by stack reference name. region, partition: where the provider is configured for. active_rule_set: SES's, empty for none.
    """

    stacks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    region: str = REGION
    partition: str = "aws"
    active_rule_set: str = ""
    invoked: ClassVar[Mapping[str, Any]] = {}
    """What every invoked function answers beside the usual."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            name = args.inputs["name"]
            return name, {"name": name, "outputs": self.stacks.get(name, {})}
        inputs = {
            key: value.path if isinstance(value, pulumi.FileArchive | pulumi.FileAsset) else value
            for key, value in args.inputs.items()
        }
        outputs = dict(args.inputs)
        if args.typ in ARN_SERVICES:
            outputs.setdefault("name", args.name)
            rest = ARN_SERVICES[args.typ].format(
                region=self.region, account=ACCOUNT, name=args.name, path=args.inputs.get("path", "/")
            )
            outputs["arn"] = f"arn:{self.partition}:{rest}"
        match args.typ:
            case "aws:s3/bucket:Bucket":
                outputs.setdefault("bucket", args.name)
                outputs["bucketRegionalDomainName"] = f"{args.name}.s3.{self.region}.amazonaws.com"
            case "aws:cloudfront/distribution:Distribution":
                outputs["domainName"] = "d111111abcdef8.cloudfront.net"
                outputs["hostedZoneId"] = "Z2FDTNDATAQYW2"
            case "aws:acm/certificate:Certificate":
                proof = {"resourceRecordName": "_p.example.com", "resourceRecordType": "CNAME"}
                outputs["domainValidationOptions"] = [{**proof, "resourceRecordValue": "_v.acm-validations.aws"}]
            case "aws:route53/record:Record":
                outputs["fqdn"] = args.inputs["name"]
            case "aws:sqs/queue:Queue":
                outputs["url"] = f"https://sqs.{self.region}.amazonaws.com/{ACCOUNT}/{args.name}"
            case "aws:lambda/functionUrl:FunctionUrl":
                outputs["functionUrl"] = f"https://{args.name}.lambda-url.{self.region}.on.aws/"
            case "aws:lambda/invocation:Invocation":
                pinned = json.loads(args.inputs["input"]).get("ApplicationId", MADE_APPLICATION)
                result = {"Called": args.name, "SegmentId": "5" * 32, "ApplicationId": pinned, **self.invoked}
                outputs["result"] = json.dumps(result)
            case "aws:pinpoint/app:App":
                outputs["applicationId"] = "c" * 32
        self.resources.append(Resource(args.typ, args.name, inputs, outputs))
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        self.calls.append(args.token)
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": self.region},
            "aws:index/getPartition:getPartition": {"partition": self.partition},
            "aws:ses/getActiveReceiptRuleSet:getActiveReceiptRuleSet": {"ruleSetName": self.active_rule_set},
        }
        return {**answers[args.token], "id": "id"}, []

    def of(self, kind: str) -> list[Resource]:
        """Resources whose type ends with `kind`, for example `Bucket`."""
        return [
            resource
            for resource in self.resources
            if resource.type.startswith("aws:") and resource.type.endswith(f":{kind}")
        ]

    def one(self, kind: str, part: str = "") -> Resource:
        """The one resource of a kind whose name holds `part`."""
        found = [resource for resource in self.of(kind) if part in resource.name]
        assert len(found) == 1, f"{kind} {part!r}: {[resource.name for resource in found] or 'none'}"
        return found[0]

    def named(self) -> set[tuple[str, str]]:
        """Type and name of everything."""
        return {(resource.type, resource.name) for resource in self.resources}


def record(
    program: Callable[[], Any],
    *,
    stack: str = "everything",
    config: Mapping[str, Any] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
    resources: list[Resource] | None = None,
    region: str = REGION,
    partition: str = "aws",
    organization: str = "organization",
    active_rule_set: str = "",
) -> Recorder:
    """Runs `program` (plain or async) to its end and returns what it registered; raises what it raised.

    config: values by key of the namespace `engagement`. stacks: outputs of other stacks by their name. What the program
    returns, when that is a mapping, is in `outputs` with its values known. resources: the list to record into, for a
    program that is to fail. region, partition: of the account. organization: Pulumi's. active_rule_set: SES's.
    """
    recorder = Recorder({f"{organization}/{PROJECT}/{name}": outputs for name, outputs in (stacks or {}).items()})
    recorder.region, recorder.partition, recorder.active_rule_set = region, partition, active_rule_set
    if resources is not None:
        recorder.resources = resources
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(recorder, project=PROJECT, stack=stack, organization=organization)
    settings.set_root_resource(None)  # run_in_stack makes its own, as the language host does
    set_all_config({f"{PROJECT}:{key}": json.dumps(value) for key, value in (config or {}).items()})
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()

    async def run() -> None:
        result = program()
        if asyncio.iscoroutine(result):
            result = await result
        if isinstance(result, Mapping):
            recorder.outputs = await pulumi.Output.from_input(dict(result)).future() or {}

    gc.disable()  # it takes half of the time: hundreds of thousands of objects of pulumi-aws are looked through each time
    try:
        loop.run_until_complete(run_in_stack(run))
    finally:
        gc.enable()
        set_all_config({})
        loop.close()
        asyncio.set_event_loop(asyncio.new_event_loop())
    return recorder
