"""What running a query takes: its workgroup, the databases, buckets and catalogs that config names, and no others.

Sources: Athena User Guide, "Access from Athena to Amazon S3", "Configure access to databases and tables in the AWS Glue
Data Catalog", "Configure access from Athena to encrypted metadata in the AWS Glue Data Catalog", "Allow access to Athena Federated Query: Example policies".
"""

from collections.abc import Sequence

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.bucket import key_statements, objects
from components.building_blocks.policy import Statement, key_use
from components.federated_queries.config import CatalogConfig, LakeBucketConfig

READ_TABLES = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
GLUE_CATALOG = "AwsDataCatalog"


def workgroup_statements(
    workgroup_arn: pulumi.Input[str], results_arn: pulumi.Input[str], prefix: str
) -> list[Statement]:
    """Queries in one workgroup, whose results Athena writes by the caller's own rights."""
    return [
        Statement(
            ["athena:GetQueryExecution", "athena:StartQueryExecution", "athena:StopQueryExecution"], [workgroup_arn]
        ),
        Statement(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [results_arn]),
        Statement(["s3:ListBucket"], [results_arn], {"StringLike": {"s3:prefix": f"{prefix}*"}}),
        Statement(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            [objects(results_arn, prefix)],
            why_wildcard="query results, which Athena names",
        ),
    ]


def database_statements(account: Account, databases: Sequence[str]) -> list[Statement]:
    """Reading the catalog's entries of these databases."""
    if not databases:
        return []
    return [
        Statement(["athena:GetDataCatalog"], [account.arn("athena", f"datacatalog/{GLUE_CATALOG}")]),
        Statement(
            READ_TABLES,
            [
                account.arn("glue", "catalog"),
                *(account.arn("glue", f"database/{name}") for name in databases),
                *(account.arn("glue", f"table/{name}/*") for name in databases),
            ],
            why_wildcard="all tables of the databases that config names",
        ),
    ]


def catalog_key_statements(account: Account, key_arn: str | None) -> list[Statement]:
    """The use of the encrypted catalog's key by Glue alone; the actions are the guide's."""
    return key_use(key_arn, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], account.endpoint("glue"))


def default_database_statement(account: Account) -> Statement:
    """Athena looks the database `default` up, whatever a query reads: tables of Glue's or of a federated source."""
    return Statement(["glue:GetDatabase"], [account.arn("glue", "catalog"), account.arn("glue", "database/default")])


def bucket_statements(account: Account, buckets: Sequence[LakeBucketConfig]) -> list[Statement]:
    """Reading the files below the prefixes of these buckets."""
    found: list[Statement] = []
    for bucket in buckets:
        arn = account.arn("s3", bucket.name, region=False, account=False)
        found += [
            Statement(["s3:GetBucketLocation"], [arn]),
            Statement(["s3:ListBucket"], [arn], {"StringLike": {"s3:prefix": f"{bucket.prefix}*"}}),
            Statement(["s3:GetObject"], [objects(arn, bucket.prefix)], why_wildcard="files of the data lake"),
        ]
        found += key_statements(bucket.key_arn, account)
    return found


def catalog_statements(account: Account, catalogs: Sequence[CatalogConfig]) -> list[Statement]:
    """Querying these federated sources: the catalog, its connector function, and what that spills (rights as in the guide)."""
    found: list[Statement] = []
    for catalog in catalogs:
        arn = account.arn("s3", catalog.spill_bucket, region=False, account=False)
        found += [
            Statement(["athena:GetDataCatalog"], [account.arn("athena", f"datacatalog/{catalog.name}")]),
            Statement(["lambda:InvokeFunction"], [catalog.function_arn]),
            Statement(["s3:GetBucketLocation"], [arn]),
            Statement(["s3:ListBucket"], [arn], {"StringLike": {"s3:prefix": f"{catalog.spill_prefix}*"}}),
            Statement(
                ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
                [objects(arn, catalog.spill_prefix)],
                why_wildcard="what the connector spills, and Athena by the caller's rights",
            ),
            *key_statements(catalog.spill_key_arn, account, writes=True),
        ]
    return found
