#!/usr/bin/env bash
# moto 5.2.5 (PyPI), Python 3.11 or later.
# AWS: of an UpdateItem request only Key and TableName are required (DynamoDB API Reference, UpdateItem); DynamoDB Local 2.5.4 makes the
#      item with its key alone, as for an expression that only removes.
# Guess: the same here.
# Seen: an AttributeError of Python's comes out of the client's call, and yet the item is there. `REMOVE` of an attribute that is not
#       there makes the item, as it does on AWS.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5"
python/bin/python - > seen <<'CODE'
import boto3
from moto import mock_aws

with mock_aws():
    client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    for name, more in (("removing", {"UpdateExpression": "REMOVE absent"}), ("nothing", {})):
        key = {"pk": {"S": name}}
        try:
            client.update_item(TableName="table", Key=key, **more)
        except AttributeError as error:
            print(name, "ends in", type(error).__name__)
        print(name, "left an item:", "Item" in client.get_item(TableName="table", Key=key))
CODE
cat seen
diff seen - <<'EXPECTED'
removing left an item: True
nothing ends in AttributeError
nothing left an item: True
EXPECTED
