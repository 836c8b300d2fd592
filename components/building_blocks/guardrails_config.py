"""What a person writes under `engagement:guardrails`, in any stack: what a company asks of every resource."""

import re
from collections.abc import Mapping
from typing import Annotated, Self

import pydantic

from components.building_blocks.account import KEY_ARN
from components.config import ConfigModel

BOUNDARY_ARN = r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]{1,512}$"
ROLE_PATH = r"^/([A-Za-z0-9+=,.@_-]+/)*$"
NAME_PREFIX = r"^([a-z][a-z0-9-]{0,19})?$"
SUBNET_ID = r"^subnet-[0-9a-f]{8,17}$"
SECURITY_GROUP_ID = r"^sg-[0-9a-f]{8,17}$"
FUNCTION_NAME = r"^[A-Za-z0-9_-]{1,64}$"
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days for which CloudWatch keeps logs (PutRetentionPolicy)."""
TAGS_AT_MOST = 40
"""AWS takes 50 on a resource; two are ours, the rest are left for the provider's `aws:defaultTags`."""
TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
OUR_TAGS = "engagement:"

KeyArn = Annotated[str, pydantic.Field(pattern=KEY_ARN)]
SubnetId = Annotated[str, pydantic.Field(pattern=SUBNET_ID)]
SecurityGroupId = Annotated[str, pydantic.Field(pattern=SECURITY_GROUP_ID)]
FunctionName = Annotated[str, pydantic.Field(pattern=FUNCTION_NAME)]


class RolesConfig(ConfigModel):
    """What every role has."""

    boundary_arn: str | None = pydantic.Field(
        default=None, pattern=BOUNDARY_ARN, description="The policy that is the permissions boundary of every role."
    )
    path: str = pydantic.Field(
        default="/",
        max_length=490,
        pattern=ROLE_PATH,
        description="Path of every role; the roles of import and export jobs are below it, under `engagement/`.",
    )


class KeysConfig(ConfigModel):
    """KMS keys of one's own, in the stack's Region. Without one, each kind is encrypted as docs/guardrails.md says."""

    topics: KeyArn | None = pydantic.Field(default=None, description="Key of the topics.")
    queues: KeyArn | None = pydantic.Field(default=None, description="Key of the queues.")
    tables: KeyArn | None = pydantic.Field(default=None, description="Key of the DynamoDB tables.")
    stream: KeyArn | None = pydantic.Field(
        default=None, description="Key of the event stream, which stack `foundation` (or `everything`) has."
    )
    logs: KeyArn | None = pydantic.Field(default=None, description="Key of the log groups.")
    buckets: KeyArn | None = pydantic.Field(
        default=None, description="Key of the buckets that are made, and of Athena's query results in them."
    )


class VpcConfig(ConfigModel):
    """The network of functions."""

    subnet_ids: tuple[SubnetId, ...] = pydantic.Field(
        default=(), max_length=16, description="Subnets that the functions are in; they need a way to AWS's APIs."
    )
    security_group_ids: tuple[SecurityGroupId, ...] = pydantic.Field(
        default=(), max_length=5, description="Security groups of the functions."
    )
    functions: tuple[FunctionName, ...] = pydantic.Field(
        default=(),
        description="The functions that are in it, by their names in the program (`engagement-api`); none: all of the stack.",
    )

    @pydantic.model_validator(mode="after")
    def both_or_none(self) -> Self:
        if bool(self.subnet_ids) != bool(self.security_group_ids):
            missing = "securityGroupIds" if self.subnet_ids else "subnetIds"
            raise ValueError(f"{missing} is missing; allowed: subnetIds and securityGroupIds, at least one of each")
        if self.functions and not self.subnet_ids:
            raise ValueError("functions is given without subnetIds and securityGroupIds; needed: at least one of each")
        return self


class GuardrailsConfig(ConfigModel):
    """Config key `guardrails`. Each stack has its own; nothing given changes nothing."""

    roles: RolesConfig = pydantic.Field(default=RolesConfig(), description="What every role has.")
    keys: KeysConfig = pydantic.Field(default=KeysConfig(), description="KMS keys of one's own.")
    log_retention_days: int | None = pydantic.Field(
        default=None, description="Days after which logs are deleted; without it 30."
    )
    name_prefix: str | None = pydantic.Field(
        default=None,
        pattern=NAME_PREFIX,
        description='What physical names begin with, of what is made from then on; "" keeps the names that there are.',
    )
    vpc: VpcConfig = pydantic.Field(default=VpcConfig(), description="The network of functions.")
    tags: Mapping[str, str] = pydantic.Field(
        default={},
        description="Tags that everything gets, beside the program's own (not the objects of a first upload).",
    )

    @pydantic.field_validator("log_retention_days")
    @classmethod
    def days_that_cloudwatch_has(cls, days: int | None) -> int | None:
        if days is not None and days not in RETENTIONS:
            raise ValueError(f"allowed: {', '.join(str(each) for each in RETENTIONS)}")
        return days

    @pydantic.field_validator("tags")
    @classmethod
    def tags_that_aws_takes(cls, tags: Mapping[str, str]) -> Mapping[str, str]:
        if len(tags) > TAGS_AT_MOST:
            raise ValueError(f"{len(tags)} tags; allowed: {TAGS_AT_MOST}")
        for key, value in tags.items():
            if key.lower().startswith(("aws:", OUR_TAGS)):
                raise ValueError(f"tag {key}: allowed: a name that does not begin with aws: or {OUR_TAGS}")
            if not key.strip() or not (TAG_TEXT.fullmatch(key) and TAG_TEXT.fullmatch(value)):
                raise ValueError(f"tag {key}: allowed: letters, digits, spaces and _ . : / = + - @")
            if len(key) > 128 or len(value) > 256:
                raise ValueError(f"tag {key[:128]}: allowed: a name of at most 128 characters, a value of at most 256")
        return tags
