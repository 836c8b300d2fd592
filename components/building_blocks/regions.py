"""Services that are not in every Region, and what to say where they are missing."""

from collections.abc import Collection

import pulumi

NUMBER_VALIDATION = frozenset(
    (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-west-2",
        "us-gov-west-1",
    )
)
"""Where PhoneNumberValidate is: the endpoints of `pinpoint` that botocore knows."""

MAIL_RECEIVING = frozenset(
    (
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    )
)
"""Where SES is known to receive mail; AWS General Reference, "Amazon SES endpoints and quotas", has those that came since."""


def checked(region: pulumi.Input[str], known: Collection[str], what: str, remedy: str) -> pulumi.Output[str]:
    """The Region, where the service is. Elsewhere the preview fails with a sentence: what is missing, and the remedy."""

    def check(name: str) -> str:
        if name not in known:
            raise pulumi.RunError(f"{what} is not in Region {name}; {remedy}: {', '.join(sorted(known))}")
        return name

    return pulumi.Output.from_input(region).apply(check)


def warn_unless_in(region: pulumi.Input[str], known: Collection[str], what: str, resource: pulumi.Resource) -> None:
    """A warning at the preview where a service is not known to be: AWS may have brought it there since."""

    def check(name: str) -> None:
        if name not in known:
            pulumi.log.warn(
                f"{what} is not known to be in Region {name}; known are {', '.join(sorted(known))}", resource
            )

    pulumi.Output.from_input(region).apply(check)
