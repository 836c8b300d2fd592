"""Which rights on a KMS key go along with rights on what it encrypts, so that a role with the one has exactly the other.

Sources: SQS Developer Guide, "Key management"; Kinesis Data Streams Developer Guide, "Permissions to use user-generated KMS
keys"; S3 User Guide, "Using server-side encryption with AWS KMS keys"; the CDK's grants on DynamoDB tables
(`perms.KEY_READ_ACTIONS`, `KEY_WRITE_ACTIONS`, here without wildcards).
"""

from collections.abc import Iterable, Sequence

import pulumi

from components.building_blocks.account import DNS_SUFFIXES
from components.building_blocks.guardrails import Encrypted, current

READ = ("kms:Decrypt",)
WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
READ_TABLE = ("kms:Decrypt", "kms:DescribeKey")
WRITE_TABLE = (
    *READ_TABLE,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
NEEDED = {
    "sqs:SendMessage": WRITE,
    "sqs:ReceiveMessage": READ,
    "kinesis:GetRecords": READ,
    "kinesis:SubscribeToShard": READ,
    "kinesis:PutRecords": ("kms:GenerateDataKey",),
    "s3:GetObject": READ,
    "s3:GetObjectVersion": READ,
    # An object in parts is read again by S3 when it is put together.
    "s3:PutObject": WRITE,
    "dynamodb:BatchGetItem": READ_TABLE,
    "dynamodb:GetItem": READ_TABLE,
    "dynamodb:Query": READ_TABLE,
    "dynamodb:BatchWriteItem": WRITE_TABLE,
    "dynamodb:DeleteItem": WRITE_TABLE,
    "dynamodb:PutItem": WRITE_TABLE,
    "dynamodb:UpdateItem": WRITE_TABLE,
}
"""By the action on what is encrypted; others (a queue's attributes, a listing) read and write no data."""


def key_rights(
    granted: Iterable[tuple[Sequence[str], Sequence[pulumi.Input[str]]]],
) -> list[tuple[list[str], str, str]]:
    """(actions, key ARN, endpoint of the one service that uses it) for rights (actions, ARNs) on encrypted resources."""
    found: dict[tuple[str, str], set[str]] = {}
    guardrails = current()
    if not guardrails.encrypted:
        return []
    for actions, arns in granted:
        needed = {key_action for action in actions for key_action in NEEDED.get(action, ())}
        for encrypted in filter(None, (guardrails.encryption_of(arn) for arn in arns if needed)):
            found.setdefault((encrypted.key_arn, _endpoint(encrypted)), set()).update(needed)
    return [(sorted(actions), key, endpoint) for (key, endpoint), actions in sorted(found.items())]


def _endpoint(encrypted: Encrypted) -> str:
    """The service's name in `kms:ViaService`, in the partition and Region of the key, which are the stack's."""
    _, partition, _, region, *_ = encrypted.key_arn.split(":")
    return f"{encrypted.service}.{region}.{DNS_SUFFIXES.get(partition, 'amazonaws.com')}"
