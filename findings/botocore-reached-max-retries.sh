#!/usr/bin/env bash
# botocore 1.44.8 (PyPI), Python 3.10 or later.
# Guess: "(reached max retries: N)" in an error's message says that the call was worth another try and all were used up. A refusal for good,
#        which is never tried again, does not have it.
# Seen: it is there for any error of the last allowed try. A client of one try (total_max_attempts 1, as for calls that must not be made
#       twice) says "(reached max retries: 0)" of a condition that did not hold; the same answer without those words at a client of two.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "botocore==1.44.8"
python/bin/python - > seen <<'CODE'
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

BODY = b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no"}'


class Raw:
    def stream(self):
        return iter([BODY])


for attempts in (1, 2):
    calls = []
    client = get_session().create_client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )
    client.meta.events.register(
        "before-send", lambda request, **_: calls.append(1) or AWSResponse(request.url, 400, {}, Raw())
    )
    try:
        client.put_item(TableName="orders", Item={"pk": {"S": "a"}})
    except ClientError as error:
        print(attempts, "allowed,", len(calls), "made:", error)
CODE
cat seen
diff seen - <<'EXPECTED'
1 allowed, 1 made: An error occurred (ConditionalCheckFailedException) when calling the PutItem operation (reached max retries: 0): no
2 allowed, 1 made: An error occurred (ConditionalCheckFailedException) when calling the PutItem operation: no
EXPECTED
