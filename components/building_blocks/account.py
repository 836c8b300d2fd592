"""Where the stack is deployed: account, region and partition, and the ARNs that follow from them."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

KEY_ARN = r"^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$"
"""A KMS key of somebody's own; an alias is none, since policies cannot name it."""
DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
"""Of partitions whose services are not below amazonaws.com."""


@dataclass(frozen=True)
class Account:
    """An AWS account in one region."""

    id: pulumi.Input[str]
    region: pulumi.Input[str]
    partition: pulumi.Input[str]

    @staticmethod
    def current(parent: pulumi.Resource | None = None) -> "Account":
        """The account, region and partition that the AWS provider is configured for: `parent`'s, where one is given."""
        opts = pulumi.InvokeOptions(parent=parent)
        return Account(
            id=aws.get_caller_identity_output(opts=opts).account_id,
            region=aws.get_region_output(opts=opts).region,
            partition=aws.get_partition_output(opts=opts).partition,
        )

    def endpoint(self, service: str) -> pulumi.Output[str]:
        """The name that a service has in this Region where policies name it, as kms:ViaService does."""
        suffix = pulumi.Output.from_input(self.partition).apply(lambda name: DNS_SUFFIXES.get(name, "amazonaws.com"))
        return pulumi.Output.format("{0}.{1}.{2}", service, self.region, suffix)

    def arn(
        self, service: str, resource: pulumi.Input[str], *, region: bool = True, account: bool = True
    ) -> pulumi.Output[str]:
        """Builds `arn:partition:service:region:account:resource`; a global service leaves out its region or account."""
        return pulumi.Output.format(
            "arn:{0}:{1}:{2}:{3}:{4}",
            self.partition,
            service,
            self.region if region else "",
            self.id if account else "",
            resource,
        )
