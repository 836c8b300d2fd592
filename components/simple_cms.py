"""Architecture 10, simple CMS or static host: files in a private bucket, read by everybody through CloudFront alone.

Bucket -> origin access control -> CloudFront (https, compressed, secure headers) -> readers. S3's and CloudFront's logs
of who read what go to a bucket of their own. Whatever is uploaded is public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import watched
from components.building_blocks.account import Account
from components.building_blocks.bucket import Bucket, BucketArgs
from components.building_blocks.site_domain import DomainConfig, SiteDomain
from components.building_blocks.static_files import content_type, files_of
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.outputs import Component, Declared

CLOUDFRONT_REGION = "us-east-1"
"""Where CloudFront's certificates and log deliveries are kept, whatever region it serves from."""
BUCKET_LOGS = "s3/"
DISTRIBUTION_LOGS = "cloudfront/"
ORIGIN = "content"
MAXIMUM_UPLOAD_FILES = 1000
HSTS_SECONDS = 31_536_000


class SimpleCmsConfig(ArchitectureConfig):
    """Config key `simpleCms`."""

    cache_seconds: int = pydantic.Field(
        default=3600,
        ge=0,
        le=31_536_000,
        description="Seconds for which CloudFront keeps a file that names no time of its own (`Cache-Control`).",
    )
    default_page: str = pydantic.Field(
        default="index.html", pattern=r"^[^/].*$", description="Key that answers for the address without a path."
    )
    not_found_page: str | None = pydantic.Field(
        default=None,
        pattern=r"^[^/].*$",
        description="Key of the page that answers, with status 404, for what does not exist; without it CloudFront's 403 does.",
    )
    content_security_policy: str = pydantic.Field(
        default="upgrade-insecure-requests; frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
        min_length=1,
        description="Header Content-Security-Policy of every answer.",
    )
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = pydantic.Field(
        default="PriceClass_All",
        description="Which of CloudFront's locations serve: 100 is the cheapest, All the nearest.",
    )
    domain: DomainConfig | None = pydantic.Field(
        default=None, description="A domain of one's own, with its certificate."
    )
    first_upload: str | None = pydantic.Field(
        default=None,
        description="Folder, relative to the program, whose files are uploaded when they are not there yet; later changes go by "
        "the upload command.",
    )
    noncurrent_days: int = pydantic.Field(
        default=90, ge=1, description="Days for which overwritten and deleted files can be brought back."
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether files and logs stay in the account when the architecture goes; false deletes them.",
    )
    log_days: int = pydantic.Field(default=365, ge=1, description="Days after which logs are deleted.")

    @pydantic.model_validator(mode="after")
    def has_something_to_upload(self) -> Self:
        if self.first_upload is not None:
            files = files_of(self.first_upload)
            if not files:
                raise ValueError("firstUpload is no folder with files in it; allowed: a folder that exists, with files")
            if len(files) > MAXIMUM_UPLOAD_FILES:
                raise ValueError(
                    f"firstUpload holds {len(files)} files; allowed: {MAXIMUM_UPLOAD_FILES}, more go by the upload command"
                )
        return self


@dataclass(frozen=True)
class SimpleCmsArgs:
    """What the component is built from."""

    config: SimpleCmsConfig
    account: Account


class SimpleCms(Component):
    """See the module."""

    domain: Declared[str] = Declared("Domain that serves the files.")
    bucket_name: Declared[str] = Declared("Bucket that the files are uploaded to.")
    url: Declared[str] = Declared("Address of the files, with `/` at its end.")
    distribution_id: Declared[str] = Declared("CloudFront distribution, for invalidations.")
    log_bucket_name: Declared[str] = Declared("Bucket with the logs of who read what.")

    def __init__(self, name: str, args: SimpleCmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SimpleCms", name, None, tagged(opts, "simpleCms"))
        self._name = name
        self._args = args
        config = args.config
        self._logs = Bucket(
            f"{name}-logs",
            BucketArgs(
                versioned=False,
                retain_data=config.retain_data,
                expire_prefixes={BUCKET_LOGS: config.log_days, DISTRIBUTION_LOGS: config.log_days},
                readers_follow=True,
                access_logs=True,
            ),
            self._child(),
        )
        self._content = Bucket(
            f"{name}-content",
            BucketArgs(noncurrent_days=config.noncurrent_days, retain_data=config.retain_data, readers_follow=True),
            self._child(),
        )
        site = None if config.domain is None else SiteDomain(f"{name}-domain", config.domain, self._child())
        distribution = self._distribution(site)
        watched.note(watched.Kind.DISTRIBUTION, name, distribution.id)
        if site is not None:
            site.point_to(distribution)
        self._content.admit([self._only_through(distribution)])
        self._log_bucket_reads()
        self._log_distribution(distribution)
        self._upload()
        self.domain = (
            pulumi.Output.from_input(config.domain.name) if config.domain is not None else distribution.domain_name
        )
        self.url = pulumi.Output.format("https://{0}/", self.domain)
        self.bucket_name = self._content.name
        self.log_bucket_name = self._logs.name
        self.distribution_id = distribution.id
        self.register()

    def _child(self, depends_on: list[pulumi.Resource] | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=depends_on)

    def _distribution(self, site: SiteDomain | None) -> aws.cloudfront.Distribution:
        config = self._args.config
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-access",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child(),
        )
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            comment="Static files",
            http_version="http2and3",
            is_ipv6_enabled=True,
            default_root_object=config.default_page,
            price_class=config.price_class,
            aliases=[] if site is None else [site.name],
            origins=[
                {
                    "origin_id": ORIGIN,
                    "domain_name": self._content.bucket.bucket_regional_domain_name,
                    "origin_access_control_id": access.id,
                }
            ],
            default_cache_behavior={
                "target_origin_id": ORIGIN,
                "allowed_methods": ["GET", "HEAD", "OPTIONS"],
                "cached_methods": ["GET", "HEAD", "OPTIONS"],
                "viewer_protocol_policy": "redirect-to-https",
                "compress": True,
                "cache_policy_id": self._cache_policy().id,
                "response_headers_policy_id": self._headers().id,
            },
            custom_error_responses=[]
            if config.not_found_page is None
            else [
                {
                    # S3's answer for a key that does not exist, to one who may not list the bucket.
                    "error_code": 403,
                    "response_code": 404,
                    "response_page_path": f"/{config.not_found_page}",
                    "error_caching_min_ttl": 10,
                }
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={"cloudfront_default_certificate": True}
            if site is None
            else {
                "acm_certificate_arn": site.certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            opts=self._child(),
        )

    def _cache_policy(self) -> aws.cloudfront.CachePolicy:
        seconds = self._args.config.cache_seconds
        return aws.cloudfront.CachePolicy(
            f"{self._name}-cache",
            comment=f"{seconds} s where the file names no time of its own",
            min_ttl=0,
            default_ttl=seconds,
            max_ttl=max(seconds, HSTS_SECONDS),
            parameters_in_cache_key_and_forwarded_to_origin={
                "enable_accept_encoding_brotli": True,
                "enable_accept_encoding_gzip": True,
                "cookies_config": {"cookie_behavior": "none"},
                "headers_config": {"header_behavior": "none"},
                "query_strings_config": {"query_string_behavior": "none"},
            },
            opts=self._child(),
        )

    def _headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        config = self._args.config
        return aws.cloudfront.ResponseHeadersPolicy(
            f"{self._name}-headers",
            comment="Secure headers",
            security_headers_config={
                "strict_transport_security": {"access_control_max_age_sec": HSTS_SECONDS, "override": True},
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "SAMEORIGIN", "override": True},
                "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
                "content_security_policy": {
                    "content_security_policy": config.content_security_policy,
                    "override": True,
                },
            },
            opts=self._child(),
        )

    def _only_through(self, distribution: aws.cloudfront.Distribution) -> Mapping[str, Any]:
        return {
            "Sid": "ThroughTheDistribution",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": pulumi.Output.format("{0}/*", self._content.arn),
            "Condition": {"StringEquals": {"aws:SourceArn": distribution.arn}},
        }

    def _log_bucket_reads(self) -> None:
        account = self._args.account
        deliveries = pulumi.Output.format(
            "arn:{0}:logs:{1}:{2}:delivery-source:*", account.partition, CLOUDFRONT_REGION, account.id
        )
        admitted = self._logs.admit(
            [
                {
                    "Sid": "BucketLogs",
                    "Effect": "Allow",
                    "Principal": {"Service": "logging.s3.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": pulumi.Output.format("{0}/{1}*", self._logs.arn, BUCKET_LOGS),
                    "Condition": {
                        "ArnLike": {"aws:SourceArn": self._content.arn},
                        "StringEquals": {"aws:SourceAccount": account.id},
                    },
                },
                {
                    "Sid": "DistributionLogs",
                    "Effect": "Allow",
                    "Principal": {"Service": "delivery.logs.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": pulumi.Output.format("{0}/{1}*", self._logs.arn, DISTRIBUTION_LOGS),
                    "Condition": {
                        "ArnLike": {"aws:SourceArn": deliveries},
                        "StringEquals": {"aws:SourceAccount": account.id},
                    },
                },
            ]
        )
        self._admitted: list[pulumi.Resource] = [admitted]
        aws.s3.BucketLogging(
            f"{self._name}-bucket-logging",
            bucket=self._content.name,
            target_bucket=self._logs.name,
            target_prefix=BUCKET_LOGS,
            opts=self._child(self._admitted),
        )

    def _log_distribution(self, distribution: aws.cloudfront.Distribution) -> None:
        source = aws.cloudwatch.LogDeliverySource(
            f"{self._name}-reads",
            log_type="ACCESS_LOGS",
            resource_arn=distribution.arn,
            region=CLOUDFRONT_REGION,
            opts=self._child(),
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{self._name}-logs",
            output_format="w3c",
            delivery_destination_configuration={
                "destination_resource_arn": pulumi.Output.format(
                    "{0}/{1}", self._logs.arn, DISTRIBUTION_LOGS.rstrip("/")
                )
            },
            region=CLOUDFRONT_REGION,
            opts=self._child(self._admitted),
        )
        aws.cloudwatch.LogDelivery(
            f"{self._name}-delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            region=CLOUDFRONT_REGION,
            opts=self._child(),
        )

    def _upload(self) -> None:
        config = self._args.config
        if config.first_upload is None:
            return
        for key, path in files_of(config.first_upload).items():
            aws.s3.BucketObjectv2(
                f"{self._name}-{key}",
                bucket=self._content.name,
                key=key,
                source=pulumi.FileAsset(str(path)),
                content_type=content_type(key),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=self._content.ready,
                    # The first upload only: what people change later by other means is theirs.
                    ignore_changes=["source", "contentType", "sourceHash"],
                    retain_on_delete=config.retain_data,
                ),
            )
