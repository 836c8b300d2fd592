"""Architecture 14: attributes, such as an offer, that are looked up in the moment a campaign sends.

A filter of the project's campaign hook: endpoints' keys -> DynamoDB in batches (or a function of one's own) -> attributes
of the endpoints, for this campaign only. Nothing is stored in the project.
"""

import json
from dataclasses import dataclass

import pulumi
import pydantic

from components.building_blocks.policy import KEY_ARN, Statement, key_use
from components.building_blocks.table import table
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig, ConfigModel
from components.engagement.filter_hook import HookFilter, trouble_alarm
from components.engagement.project import EngagementProject
from components.engagement.project_config import LAMBDA_ARN
from components.outputs import Component, Declared

ARCHITECTURE = "sendTimeAttributes"
PACKAGE = "send_time_attributes"
LOOKUP_KEY = r"^(Id|Address|User\.UserId|(Attributes|User\.UserAttributes)\..{1,50})$"
ATTRIBUTES_BYTES = 1500
"""All environment variables of the hook's function together have 4 KB."""


class SendTimeAttribute(ConfigModel):
    """One attribute that endpoints get."""

    attribute: str = pydantic.Field(min_length=1, max_length=50, description="Endpoint attribute that is set.")
    column: str = pydantic.Field(
        min_length=1, max_length=255, description="Column of the table, or member of the function's answer."
    )
    default: str = pydantic.Field(default="", description="Value where the look-up has none, or failed.")


class OffersTableConfig(ConfigModel):
    """Which DynamoDB table: an existing one by name, or a new one (the default)."""

    existing: str | None = pydantic.Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]{3,255}$",
        description="Name of a table that exists already, in this account and region, with one text column as its key.",
    )
    key_arn: str | None = pydantic.Field(
        default=None,
        pattern=KEY_ARN,
        description="The KMS key of an existing table that is encrypted with a key of yours; it lets the account's "
        "policies decide.",
    )
    key_column: str = pydantic.Field(
        default="key", min_length=1, max_length=255, description="Column that is the table's key."
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether a new table stays in the account, protected from deletion, when the architecture goes.",
    )

    @pydantic.model_validator(mode="after")
    def key_of_an_existing_one(self) -> "OffersTableConfig":
        if self.key_arn is not None and self.existing is None:
            raise ValueError("keyArn is given without existing; allowed: the key of an existing table")
        return self


class SendTimeAttributesConfig(ArchitectureConfig):
    """Config key `sendTimeAttributes`."""

    lookup_key: str = pydantic.Field(
        default="Id",
        pattern=LOOKUP_KEY,
        description="Endpoint value by which is looked up: `Id`, `Address`, `User.UserId`, `Attributes.NAME` or "
        "`User.UserAttributes.NAME`.",
    )
    attributes: tuple[SendTimeAttribute, ...] = pydantic.Field(
        default=(SendTimeAttribute(attribute="Offer", column="offer"),),
        min_length=1,
        max_length=20,
        description="What endpoints get.",
    )
    table: OffersTableConfig = pydantic.Field(default=OffersTableConfig(), description="Where the values are.")
    function: str | None = pydantic.Field(
        default=None,
        pattern=f"^{LAMBDA_ARN}$",
        description="ARN of a function of one's own that is asked instead of a table.",
    )
    seconds: int = pydantic.Field(
        default=3,
        ge=1,
        le=5,
        description="How long the look-ups of 50 endpoints may take; slower ones get the default.",
    )

    @pydantic.field_validator("attributes")
    @classmethod
    def distinct_and_small(cls, attributes: tuple[SendTimeAttribute, ...]) -> tuple[SendTimeAttribute, ...]:
        names = [each.attribute for each in attributes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is set twice; allowed is once each")
        size = len(attributes_json(attributes).encode())
        if size > ATTRIBUTES_BYTES:
            raise ValueError(f"the attributes have {size:,} bytes as JSON; at most {ATTRIBUTES_BYTES:,} are allowed")
        return attributes

    @pydantic.model_validator(mode="after")
    def one_source(self) -> "SendTimeAttributesConfig":
        if self.function is not None and self.table.existing is not None:
            raise ValueError("both function and table.existing are given; allowed: one of them")
        return self


def attributes_json(attributes: tuple[SendTimeAttribute, ...]) -> str:
    """The attributes as the hook reads them."""
    rows = [[each.attribute, each.column, each.default] for each in attributes]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class SendTimeAttributesArgs:
    """The config, and the project whose campaigns get the attributes."""

    config: SendTimeAttributesConfig
    project: EngagementProject


class SendTimeAttributes(Component):
    """The table (unless there is one, or a function), and `hook_filter`: what the campaign hook needs to ask it."""

    table_name: Declared[str] = Declared(
        "DynamoDB table where attributes are looked up when a campaign sends; empty where a function is asked instead.",
        export="sendTimeAttributesTableName",
    )

    def __init__(self, name: str, args: SendTimeAttributesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SendTimeAttributes", name, None, tagged(opts, ARCHITECTURE))
        config = args.config
        environment: dict[str, pulumi.Input[str]] = {
            "ATTRIBUTES_LOOKUP_KEY": config.lookup_key,
            "ATTRIBUTES": attributes_json(config.attributes),
            "ATTRIBUTES_SECONDS": str(config.seconds),
        }
        ready: list[pulumi.Resource] = []
        self.table_name = ""
        if config.function is not None:
            environment["ATTRIBUTES_FUNCTION"] = config.function
            statements = [Statement(["lambda:InvokeFunction"], [config.function])]
        else:
            self.table_name, table_arn, ready = self._table(name, args)
            environment |= {
                "ATTRIBUTES_TABLE": self.table_name,
                "ATTRIBUTES_KEY_COLUMN": config.table.key_column,
            }
            statements = [
                Statement(["dynamodb:BatchGetItem", "dynamodb:GetItem"], [table_arn]),
                # What the CDK grants readers of such a table (aws-dynamodb, KEY_READ_ACTIONS), by DynamoDB alone.
                *key_use(
                    config.table.key_arn, ["kms:Decrypt", "kms:DescribeKey"], args.project.account.endpoint("dynamodb")
                ),
            ]
        trouble_alarm(
            name,
            ARCHITECTURE,
            args.project,
            "Send-time look-ups were slow, throttled or failed: endpoints got the default",
            pulumi.ResourceOptions(parent=self),
        )
        self.hook_filter = HookFilter(PACKAGE, environment, statements, ready)
        self.register()

    def _table(
        self, name: str, args: SendTimeAttributesArgs
    ) -> tuple[pulumi.Input[str], pulumi.Input[str], list[pulumi.Resource]]:
        config = args.config.table
        if config.existing is not None:
            return config.existing, args.project.account.arn("dynamodb", f"table/{config.existing}"), []
        made = table(f"{name}-table", self, hash_key=config.key_column, retain=config.retain_data)
        return made.name, made.arn, [made]
