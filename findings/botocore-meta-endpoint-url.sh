#!/usr/bin/env bash
# botocore 1.44.8 (PyPI), Python 3.10 or later.
# Guess: `client.meta.endpoint_url` is where the client's calls go; whoever writes requests of their own, an allow list or a log asks it.
# Seen: it comes of the old list of endpoints, and calls go where the service's rules say. In GovCloud with FIPS, DynamoDB's says
#       dynamodb-fips and calls go to dynamodb; with dual stack, Step Functions' says states and calls go to states-fips.
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


def compared(service, operation, region, **variants):
    client = get_session().create_client(
        service, region_name=region, aws_access_key_id="a", aws_secret_access_key="b", config=Config(**variants)
    )
    went = []
    client.meta.events.register(
        "before-send", lambda request, **_: went.append(request.url) or AWSResponse(request.url, 200, {}, Empty())
    )
    getattr(client, operation)()
    print(region, *variants, "says", client.meta.endpoint_url, "goes to", went[0].rstrip("/"))


compared("dynamodb", "list_tables", "us-east-1", use_fips_endpoint=True)
compared("dynamodb", "list_tables", "us-gov-west-1", use_fips_endpoint=True)
compared("stepfunctions", "list_state_machines", "us-gov-west-1", use_dualstack_endpoint=True)
CODE
cat seen
diff seen - <<'EXPECTED'
us-east-1 use_fips_endpoint says https://dynamodb-fips.us-east-1.amazonaws.com goes to https://dynamodb-fips.us-east-1.amazonaws.com
us-gov-west-1 use_fips_endpoint says https://dynamodb-fips.us-gov-west-1.amazonaws.com goes to https://dynamodb.us-gov-west-1.amazonaws.com
us-gov-west-1 use_dualstack_endpoint says https://states.us-gov-west-1.api.aws goes to https://states-fips.us-gov-west-1.api.aws
EXPECTED
