"""The keys of a table's index, in the form that the provider has not deprecated."""

import pulumi_aws as aws


def index_keys(hash_key: str, range_key: str) -> list[aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgsDict]:
    """Partition key and sort key of a global secondary index, both attributes of the table."""
    return [{"attribute_name": hash_key, "key_type": "HASH"}, {"attribute_name": range_key, "key_type": "RANGE"}]
