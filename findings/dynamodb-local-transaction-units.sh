#!/usr/bin/env bash
# DynamoDB Local 2.5.4 (com.amazonaws:DynamoDBLocal, from Maven Central), asked by botocore 1.43.54 for ReturnConsumedCapacity.
# Guess: a transaction's write of an item of up to 1 KB is told as 2 units, as DynamoDB charges it, and its entry in an index as 1.
# Seen: 4 units for the item and 4 for the entry, where the same PutItem by itself is told as 1 and 1. Who tells what a design costs from
# this engine's answers has twice the table's units, and four times the index's (which a transaction does not double on AWS:
# https://github.com/nubo-db/dynoxide/pull/188).
set -euo pipefail
folder=$(mktemp -d)
engine=
trap 'kill "$engine" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>2.5.4</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B dependency:copy-dependencies -DoutputDirectory=libraries >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
java -Djava.library.path=libraries -cp "libraries/*" com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
  -inMemory -disableTelemetry -port "$port" >log 2>&1 &
engine=$!
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check botocore==1.43.54
seen=$(AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y v/bin/python - "http://127.0.0.1:$port" <<'PYTHON'
import sys, time
from botocore.exceptions import ConnectionError
from botocore.session import Session

dynamodb = Session().create_client("dynamodb", "us-east-1", endpoint_url=sys.argv[1])
for _ in range(100):
    try:
        dynamodb.list_tables()
        break
    except ConnectionError:
        time.sleep(0.2)
dynamodb.create_table(
    TableName="people",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "mail")],
    GlobalSecondaryIndexes=[
        {
            "IndexName": "by-mail",
            "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    BillingMode="PAY_PER_REQUEST",
)


def item(name):
    return {"TableName": "people", "Item": {"id": {"S": name}, "mail": {"S": f"{name}@example.com"}}}


def told(consumed):
    return consumed["Table"]["CapacityUnits"], consumed["GlobalSecondaryIndexes"]["by-mail"]["CapacityUnits"]


alone = dynamodb.put_item(**item("ana"), ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
[together] = dynamodb.transact_write_items(
    TransactItems=[{"Put": item("bo")}], ReturnConsumedCapacity="INDEXES"
)["ConsumedCapacity"]
print("by itself", *told(alone), "in a transaction", *told(together))
PYTHON
)
grep -q "Version:.*2.5.4" log
echo "units of table and index: $seen"
[ "$seen" = "by itself 1.0 1.0 in a transaction 4.0 4.0" ]
