"""A domain of one's own for a CloudFront distribution: certificate and DNS records."""

from typing import Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.config import ConfigModel

CLOUDFRONT_REGION = "us-east-1"
"""The only region whose certificates CloudFront takes."""


class DomainConfig(ConfigModel):
    """A domain, and who holds its DNS or its certificate."""

    name: str = pydantic.Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        description="The domain, like `www.example.com`.",
    )
    hosted_zone_id: str | None = pydantic.Field(
        default=None,
        pattern=r"^Z[A-Z0-9]+$",
        description="Route 53 zone that gets the records; without it one sets them by hand, and names a certificate.",
    )
    certificate_arn: str | None = pydantic.Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/.+$",
        description="Certificate in us-east-1 that covers the domain; without it one is made and proven by the zone's DNS.",
    )

    @pydantic.model_validator(mode="after")
    def can_be_proven(self) -> Self:
        if self.hosted_zone_id is None and self.certificate_arn is None:
            raise ValueError("neither hostedZoneId nor certificateArn is given; allowed: one of them, or both")
        return self


class SiteDomain(pulumi.ComponentResource):
    """The domain's certificate, before the distribution is made; `point_to` sets the records after it."""

    name: str
    certificate_arn: pulumi.Input[str]

    def __init__(self, label: str, config: DomainConfig, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:SiteDomain", label, None, opts)
        self._label = label
        self._zone = config.hosted_zone_id
        self.name = config.name
        self.certificate_arn = config.certificate_arn or self._certificate()
        self.register_outputs({"certificate_arn": self.certificate_arn})

    def _certificate(self) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{self._label}-certificate",
            domain_name=self.name,
            validation_method="DNS",
            region=CLOUDFRONT_REGION,
            opts=child,
        )
        option = certificate.domain_validation_options[0]
        assert self._zone is not None  # the config's own rule
        proof = aws.route53.Record(
            f"{self._label}-proof",
            zone_id=self._zone,
            name=option.resource_record_name.apply(str),
            type=option.resource_record_type.apply(str),
            records=[option.resource_record_value.apply(str)],
            ttl=300,
            allow_overwrite=True,
            opts=child,
        )
        return aws.acm.CertificateValidation(
            f"{self._label}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn],
            region=CLOUDFRONT_REGION,
            opts=child,
        ).certificate_arn

    def point_to(self, distribution: aws.cloudfront.Distribution) -> None:
        """Sets the domain's IPv4 and IPv6 records to the distribution, where the zone is known."""
        if self._zone is None:
            return
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._label}-{kind.lower()}",
                zone_id=self._zone,
                name=self.name,
                type=kind,
                aliases=[
                    {
                        "name": distribution.domain_name,
                        "zone_id": distribution.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
