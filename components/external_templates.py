"""Architecture 15: subject and HTML of a campaign's email from templates outside of the project.

A filter of the project's campaign hook: folder and language of each endpoint -> templates below a prefix of a bucket,
each version read once -> rendered with the endpoint -> attributes `subject` and `html`, which the campaign's message prints.
"""

import re
from dataclasses import dataclass

import pulumi
import pydantic

from components.building_blocks.bucket import BucketConfig, bucket_or_existing, objects
from components.building_blocks.policy import Statement
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.engagement.filter_hook import HookFilter, trouble_alarm
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "externalTemplates"
PREFIX = re.compile(r"([A-Za-z0-9!_.*'()-]+/)*")
LANGUAGE = r"^[a-z]{2,8}(-[a-z0-9]{1,8})*$"
LANGUAGE_FIELD = r"^(Demographic\.Locale|(Attributes|User\.UserAttributes)\..{1,50})$"
WHY_ANY_TEMPLATE = "templates below the prefix, which their authors name"


class ExternalTemplatesConfig(ArchitectureConfig):
    """Config key `externalTemplates`."""

    bucket: BucketConfig = pydantic.Field(default=BucketConfig(), description="Where the templates are.")
    prefix: str = pydantic.Field(
        default="templates/",
        description="Key prefix of the templates: folders that end in /, or empty for the whole bucket.",
    )
    template: str = pydantic.Field(
        default="",
        max_length=200,
        pattern=r"^[^/\x00-\x1f]*$",
        description="Folder that all campaigns take their template from; empty: the one named like the campaign.",
    )
    template_attribute: str = pydantic.Field(
        default="ExternalTemplate",
        max_length=50,
        description="Endpoint attribute that, where it is there, names the folder for this endpoint.",
    )
    language_field: str = pydantic.Field(
        default="Demographic.Locale",
        pattern=LANGUAGE_FIELD,
        description="Endpoint value with the language, such as `de` or `pt_BR`: `Demographic.Locale`, `Attributes.NAME` or "
        "`User.UserAttributes.NAME`.",
    )
    default_language: str = pydantic.Field(
        default="en",
        pattern=LANGUAGE,
        description="Language of endpoints that have none, or one that a template lacks; lower case.",
    )
    default_subject: str = pydantic.Field(
        default="News for you", min_length=1, max_length=200, description="Subject where no template can be had."
    )
    default_html: str = pydantic.Field(
        default="<p>There is news for you. Please visit our website.</p>",
        min_length=1,
        max_length=1000,
        description="HTML where no template can be had.",
    )
    seconds: int = pydantic.Field(
        default=3, ge=1, le=5, description="How long reading the templates of 50 endpoints may take."
    )
    fresh_seconds: int = pydantic.Field(
        default=60,
        ge=1,
        le=86_400,
        description="For how long a template is used before S3 is asked for a newer version.",
    )

    @pydantic.field_validator("prefix")
    @classmethod
    def whole_folders(cls, prefix: str) -> str:
        if not PREFIX.fullmatch(prefix) or len(prefix) > 200:
            raise ValueError(
                "allowed: folders of letters, digits and !_.*'()- that end in /, such as templates/, or nothing"
            )
        return prefix


@dataclass(frozen=True)
class ExternalTemplatesArgs:
    """The config, and the project whose campaigns get the templates."""

    config: ExternalTemplatesConfig
    project: EngagementProject


class ExternalTemplates(Component):
    """The bucket (unless there is one), and `hook_filter`: what the campaign hook needs to read it."""

    bucket_name: Declared[str] = Declared(
        "Bucket with the templates of campaigns.", export="externalTemplatesBucketName"
    )
    prefix: Declared[str] = Declared("Key prefix of the templates in that bucket.", export="externalTemplatesPrefix")

    def __init__(self, name: str, args: ExternalTemplatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:ExternalTemplates", name, None, tagged(opts, ARCHITECTURE))
        config, project = args.config, args.project
        child = pulumi.ResourceOptions(parent=self)
        bucket = bucket_or_existing(f"{name}-templates", config.bucket, project.account.partition, child)
        self.bucket_name = bucket.name
        self.prefix = config.prefix
        statements = [
            Statement(["s3:GetObject"], [objects(bucket.arn, config.prefix)], why_wildcard=WHY_ANY_TEMPLATE),
            # Without it S3 says of a template that is not there that access is denied.
            Statement(["s3:ListBucket"], [bucket.arn], {"StringLike": {"s3:prefix": f"{config.prefix}*"}}),
            *bucket.key_statements(project.account),
        ]
        if not config.template:
            statements += project.statements("GetCampaign")
        environment: dict[str, pulumi.Input[str]] = {
            "TEMPLATES_BUCKET": bucket.name,
            "TEMPLATES_PREFIX": config.prefix,
            "TEMPLATES_FOLDER": config.template,
            "TEMPLATES_ATTRIBUTE": config.template_attribute,
            "TEMPLATES_LANGUAGE_FIELD": config.language_field,
            "TEMPLATES_DEFAULT_LANGUAGE": config.default_language,
            "TEMPLATES_DEFAULT_SUBJECT": config.default_subject,
            "TEMPLATES_DEFAULT_HTML": config.default_html,
            "TEMPLATES_SECONDS": str(config.seconds),
            "TEMPLATES_FRESH_SECONDS": str(config.fresh_seconds),
        }
        trouble_alarm(
            name, ARCHITECTURE, project, "Templates could not be read in time: endpoints got the default", child
        )
        self.hook_filter = HookFilter("external_templates", environment, statements, bucket.ready)
        self.register()
