#!/usr/bin/env bash
# moto 5.2.5 (PyPI), Python 3.11 or later.
# Guess: to be able to take a transaction back, moto keeps what the transaction writes, or copies its tables once.
# Seen: it copies the whole table, all items of all partitions, once for each action. Ten new items beside 200 in another partition copy
#       2,000 items; a hundred copy 20,000. What a test of transactions costs grows with what it has put into its table before, times the
#       actions of each transaction.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5"
python/bin/python - > seen <<'CODE'
import types
from collections import Counter
from copy import deepcopy

import boto3
from moto import mock_aws
from moto.dynamodb import models

copied = Counter()


def counting(value):
    if isinstance(value, models.Table):
        copied["tables"] += 1
        copied["items"] += sum(map(len, value.items.values()))
    return deepcopy(value)


def item(partition, number):
    return {"pk": {"S": partition}, "sk": {"S": str(number)}}


models.copy = types.SimpleNamespace(deepcopy=counting)
with mock_aws():
    client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    keys = {"pk": "HASH", "sk": "RANGE"}
    client.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
    )
    for number in range(200):
        client.put_item(TableName="t", Item=item("before", number))
    for partition, actions in (("ten", 10), ("a hundred", 100)):
        copied.clear()
        before = client.describe_table(TableName="t")["Table"]["ItemCount"]
        client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "t", "Item": item(partition, number)}} for number in range(actions)]
        )
        print(f"{actions} puts beside {before} items: {copied['tables']} copies of the table")
    print("at least as many items as before, each time:", copied["items"] >= 100 * 200)
CODE
cat seen
diff seen - <<'EXPECTED'
10 puts beside 200 items: 10 copies of the table
100 puts beside 210 items: 100 copies of the table
at least as many items as before, each time: True
EXPECTED
