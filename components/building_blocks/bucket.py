"""A private bucket, or one that exists already; never both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import guardrails, policy
from components.building_blocks.account import Account
from components.building_blocks.policy import KEY_ARN
from components.config import ConfigModel

INCOMPLETE_UPLOAD_DAYS = 7


class NewBucketConfig(ConfigModel):
    """How a bucket is made."""

    versioned: bool = pydantic.Field(default=True, description="Whether overwritten and deleted objects stay readable.")
    noncurrent_days: int = pydantic.Field(
        default=30, ge=1, description="Days after which overwritten and deleted objects are gone for good."
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the bucket stays in the account when the architecture goes; false deletes it with its objects.",
    )


class BucketConfig(ConfigModel):
    """Which bucket: an existing one by name, or a new one (the default)."""

    existing: str | None = pydantic.Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="Name of a bucket that exists already, in this account and region.",
    )
    key_arn: str | None = pydantic.Field(
        default=None,
        pattern=KEY_ARN,
        description="The KMS key of an existing bucket that is encrypted with a key of yours; it lets the account's "
        "policies decide.",
    )
    new: NewBucketConfig | None = pydantic.Field(default=None, description="How to make a bucket, where none is named.")

    @pydantic.model_validator(mode="after")
    def never_both(self) -> Self:
        if self.existing is not None and self.new is not None:
            raise ValueError("both existing and new are given; allowed: one of them")
        if self.key_arn is not None and self.existing is None:
            raise ValueError("keyArn is given without existing; allowed: the key of an existing bucket")
        return self


@dataclass(frozen=True)
class BucketArgs:
    """What a new bucket is like.

    noncurrent_days: how long overwritten versions live. retain_data: the bucket outlives the stack; False deletes it
    with its objects. eventbridge: object events go to EventBridge. expire_prefixes: `{key prefix: days}` after which
    objects there are deleted. readers_follow: who else may use the bucket is only known once it is there: `admit` has
    to be called, once. access_logs: S3 writes its access logs there, which it does with keys of its own (SSE-S3) only.
    """

    versioned: bool = True
    noncurrent_days: int = 30
    retain_data: bool = True
    eventbridge: bool = False
    expire_prefixes: Mapping[str, int] = field(default_factory=dict)
    readers_follow: bool = False
    access_logs: bool = False


class Bucket(pulumi.ComponentResource):
    """A bucket that is encrypted, blocks public access, has no ACLs and refuses whoever does not come by TLS."""

    def __init__(self, name: str, args: BucketArgs | None = None, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Bucket", name, None, opts)
        args = args or BucketArgs()
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            force_destroy=not args.retain_data,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=args.retain_data),
        )
        self.name = self.bucket.bucket
        self.arn = self.bucket.arn
        self._label = name
        asked = guardrails.current()
        self.key_arn = None if args.access_logs else asked.config.keys.buckets
        asked.encrypts(self.arn, "s3", self.key_arn)
        self._access_block = aws.s3.BucketPublicAccessBlock(
            f"{name}-access-block",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        ownership = aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=self.name, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=self.name,
            rules=[_encryption(self.key_arn)],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.name,
            versioning_configuration={"status": "Enabled" if args.versioned else "Suspended"},
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=self.name,
            rules=_lifecycle_rules(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        self.ready: list[pulumi.Resource] = [self.bucket, ownership, encryption]
        if not args.readers_follow:
            self.ready.append(self.admit([]))
        if args.eventbridge:
            self.ready.append(
                aws.s3.BucketNotification(f"{name}-events", bucket=self.name, eventbridge=True, opts=child)
            )
        self.register_outputs({"name": self.name, "arn": self.arn})

    def admit(self, statements: Sequence[Mapping[str, Any]]) -> aws.s3.BucketPolicy:
        """Gives the bucket its policy: TLS only, and these whole statements (with Effect and Principal)."""
        tls_only = policy.tls_only(["s3:*"], [self.arn, pulumi.Output.format("{0}/*", self.arn)])
        return aws.s3.BucketPolicy(
            f"{self._label}-policy",
            bucket=self.name,
            policy=policy.resource_document([tls_only, *statements]),
            # S3 refuses a policy while the access block of the same bucket is being written.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._access_block]),
        )

    def query_results_encryption(
        self,
    ) -> aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgsDict:
        """How Athena encrypts the results that it writes here."""
        if self.key_arn is None:
            return {"encryption_option": "SSE_S3"}
        return {"encryption_option": "SSE_KMS", "kms_key_arn": self.key_arn}


def _encryption(key_arn: str | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,
    }


def _lifecycle_rules(args: BucketArgs) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    clear_up: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": "clear-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrent_version_expiration": {"noncurrent_days": args.noncurrent_days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": INCOMPLETE_UPLOAD_DAYS},
    }
    expire: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": f"expire-{prefix.strip('/').replace('/', '-')}",
            "status": "Enabled",
            "filter": {"prefix": prefix},
            "expiration": {"days": days},
        }
        for prefix, days in sorted(args.expire_prefixes.items())
    ]
    return [clear_up, *expire]


@dataclass(frozen=True)
class BucketHandle:
    """A bucket, whoever made it. `created` is None for one that existed already, which may have a KMS key of its own."""

    name: pulumi.Input[str]
    arn: pulumi.Input[str]
    created: Bucket | None
    key_arn: str | None = None

    @property
    def ready(self) -> list[pulumi.Resource]:
        return [] if self.created is None else self.created.ready

    def key_statements(self, account: Account, *, writes: bool = False) -> list[policy.Statement]:
        """What reading needs beside S3's own rights, or writing (of an object in parts, which S3 reads again)."""
        return key_statements(self.key_arn, account, writes=writes)


def key_statements(key_arn: str | None, account: Account, *, writes: bool = False) -> list[policy.Statement]:
    """The use of a bucket's key by S3, and by nothing else; nothing for a bucket without a key of its own."""
    actions = ["kms:Decrypt", "kms:GenerateDataKey"] if writes else ["kms:Decrypt"]
    return policy.key_use(key_arn, actions, account.endpoint("s3"))


def bucket_or_existing(
    name: str,
    config: BucketConfig,
    partition: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
    defaults: BucketArgs | None = None,
) -> BucketHandle:
    """The bucket that the config names, or a new one as the config describes it, on top of `defaults`."""
    if config.existing is not None:
        arn = pulumi.Output.format("arn:{0}:s3:::{1}", partition, config.existing)
        return BucketHandle(config.existing, arn, None, config.key_arn)
    new = config.new or NewBucketConfig()
    args = replace(
        defaults or BucketArgs(),
        versioned=new.versioned,
        noncurrent_days=new.noncurrent_days,
        retain_data=new.retain_data,
    )
    created = Bucket(name, args, opts)
    return BucketHandle(created.name, created.arn, created)


def objects(bucket_arn: pulumi.Input[str], prefix: str = "") -> pulumi.Output[str]:
    """The ARN of all objects below a key prefix; the statement that uses it says why."""
    return one_object(bucket_arn, f"{prefix}*")


def one_object(bucket_arn: pulumi.Input[str], key: str) -> pulumi.Output[str]:
    """The ARN of the object of that key, which the bucket's own key encrypts where it has one."""
    arn = pulumi.Output.format("{0}/{1}", bucket_arn, key)
    guardrails.current().derived(arn, bucket_arn)
    return arn
