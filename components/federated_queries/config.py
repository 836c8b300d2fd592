"""What a person writes about the data that queries read, and about queries that run by themselves."""

from typing import Any, Literal, Self

import pydantic

from components.building_blocks.bucket import KEY_ARN
from components.config import ConfigModel

NO_WILDCARD = r"^[^*?$]*$"


class LakeBucketConfig(ConfigModel):
    """A bucket of the data lake, or a part of it."""

    name: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="The bucket.")
    prefix: str = pydantic.Field(
        default="", pattern=NO_WILDCARD, description="What the keys of the files begin with; empty: all of the bucket."
    )
    key_arn: str | None = pydantic.Field(
        default=None,
        pattern=KEY_ARN,
        description="The KMS key of a bucket that is encrypted with a key of yours.",
    )


class CatalogConfig(ConfigModel):
    """An Athena catalog beside Glue's: a federated source, which a connector function reads."""

    name: str = pydantic.Field(
        pattern=r"^[A-Za-z0-9_@-]{1,256}$", description="The catalog as Athena knows it and queries name it."
    )
    function_arn: str = pydantic.Field(
        pattern=r"^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+$", description="Its connector function."
    )
    spill_bucket: str = pydantic.Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="Where the connector puts what is large."
    )
    spill_prefix: str = pydantic.Field(
        default="", pattern=NO_WILDCARD, description="What the keys of what it puts there begin with."
    )
    spill_key_arn: str | None = pydantic.Field(
        default=None,
        pattern=KEY_ARN,
        description="The KMS key of that bucket, where it is encrypted with a key of yours.",
    )


class QueryScheduleConfig(ConfigModel):
    """A query that runs by itself: the members of a run's input, and when."""

    name: str = pydantic.Field(
        pattern=r"^[a-z][a-z0-9-]{0,23}$", description="Its own name, of lower-case letters, digits and -."
    )
    expression: str = pydantic.Field(
        pattern=r"^(rate|cron|at)\(.+\)$",
        description="When: `rate(1 day)`, `cron(0 3 * * ? *)` or `at(2030-01-01T03:00:00)`.",
    )
    timezone: str = pydantic.Field(default="UTC", description="Time zone of the expression, for example Europe/Berlin.")
    type: Literal["direct", "mutate"] = pydantic.Field(description="`direct` makes a segment, `mutate` attributes.")
    query: str = pydantic.Field(min_length=1, description="The query; its columns are an import file's.")
    segment_name: str | None = pydantic.Field(default=None, min_length=1, description="`direct`: the segment's name.")
    segment_id: str | None = pydantic.Field(
        default=None,
        min_length=1,
        description="`direct`: the imported segment that gets a new version with each run; none: a new segment each time.",
    )

    @pydantic.model_validator(mode="after")
    def names_a_segment_where_it_makes_one(self) -> Self:
        if self.type == "direct" and self.segment_name is None:
            raise ValueError("a schedule of type direct has no segmentName; allowed: the name of its segment")
        if self.type == "mutate" and (self.segment_name or self.segment_id):
            raise ValueError("a schedule of type mutate has a segmentName or segmentId; allowed: none, it makes none")
        return self

    def run_input(self) -> dict[str, Any]:
        """The input of the run that it starts."""
        return {
            "Query": self.query,
            "Type": self.type,
            **({"SegmentName": self.segment_name} if self.segment_name else {}),
            **({"SegmentId": self.segment_id} if self.segment_id else {}),
        }
