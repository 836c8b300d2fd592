"""What functions may do with objects of records: keep those that they refuse, and erase a person from them."""

import pulumi

from components.building_blocks import policy
from components.building_blocks.bucket import objects

ERRORS = "errors/"
"""Key prefix of refused records."""


def refused_records_statement(bucket_arn: pulumi.Input[str]) -> policy.Statement:
    """What a transformation function needs to keep refused records with their reason."""
    return policy.Statement(
        ["s3:PutObject"],
        [objects(bucket_arn, ERRORS)],
        why_wildcard="one object for each batch with refused records, named by what is in it",
    )


def erasure_statements(bucket_arn: pulumi.Input[str], prefixes: tuple[str, ...]) -> list[policy.Statement]:
    """What a function needs that looks through all versions below some prefixes, rewrites and deletes."""
    return [
        policy.Statement(
            ["s3:ListBucketVersions"],
            [bucket_arn],
            {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        ),
        policy.Statement(
            ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            [objects(bucket_arn, prefix) for prefix in prefixes],
            why_wildcard="any object may hold the person",
        ),
    ]
