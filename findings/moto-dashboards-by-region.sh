#!/usr/bin/env bash
# moto 5.2.5 (PyPI), Python 3.11 or later.
# AWS: "All dashboards in your account are global, not region-specific" (CloudWatch API Reference, PutDashboard); what is wrong
#      with a body is told in the answer, or refuses it.
# Guess: a dashboard that was put in one Region is listed in every other one, since its ARN names no Region, and the second of one
#        name replaces the first.
# Seen: each Region has dashboards of its own, two of them with one and the same ARN and different bodies. A body whose `widgets`
#       are no list is stored without a word. So two stacks that give their dashboards one name pass here, and take each other's
#       dashboard on AWS.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "moto[cloudwatch]==5.2.5"
python/bin/python - > seen <<'CODE'
import boto3
from moto import mock_aws

KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
with mock_aws():
    here, there = (boto3.client("cloudwatch", region, **KEYS) for region in ("us-east-1", "eu-west-1"))
    here.put_dashboard(DashboardName="mail", DashboardBody='{"widgets": []}')
    print("elsewhere:", there.list_dashboards()["DashboardEntries"])
    answer = there.put_dashboard(DashboardName="mail", DashboardBody='{"widgets": "none"}')
    print("wrong with it:", answer["DashboardValidationMessages"])
    found = [client.get_dashboard(DashboardName="mail") for client in (here, there)]
    print("ARNs:", len({each["DashboardArn"] for each in found}), "bodies:", len({each["DashboardBody"] for each in found}))
    print("a Region in the ARN:", "us-east-1" in found[0]["DashboardArn"])
CODE
cat seen
diff seen - <<'EXPECTED'
elsewhere: []
wrong with it: []
ARNs: 1 bodies: 2
a Region in the ARN: False
EXPECTED
