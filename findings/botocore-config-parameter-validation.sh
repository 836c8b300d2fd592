#!/usr/bin/env bash
# botocore 1.44.8 (PyPI), Python 3.10 or later.
# Guess: `client.meta.config` is the Config that the client was made with, so whoever wants to know whether it checks parameters asks
#        `client.meta.config.parameter_validation`.
# Seen: it says True of a client that was made with False and checks nothing. Timeouts and tcp_keepalive of the same Config are there.
#       botocore takes parameter_validation out for the serializer and makes the client a Config without it, which has the default.
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
from botocore.session import get_session


class Empty:
    def stream(self):
        return iter([b"{}"])


given = Config(parameter_validation=False, read_timeout=7, tcp_keepalive=True)
client = get_session().create_client(
    "dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b", config=given
)
client.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Empty()))
client.get_item(TableName="orders", Key={"pk": {"S": "a"}}, ConsistentRead="yes")  # a text where the model asks for a boolean
print("sent unchecked")
told = client.meta.config
print("given", given.parameter_validation, "told", told.parameter_validation)
print("beside it", told.read_timeout, told.tcp_keepalive)
CODE
cat seen
diff seen - <<'EXPECTED'
sent unchecked
given False told True
beside it 7 True
EXPECTED
