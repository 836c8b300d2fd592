"""What exists already may have a KMS key of its own: each role that uses it may use the key, by that service alone."""

import json

import pydantic
import pytest

from components.building_blocks.account import Account
from components.building_blocks.bucket import BucketConfig, key_statements
from components.send_time_attributes import OffersTableConfig
from tests.components import projects
from tests.conftest import run_stack, whole_config
from tests.recorder import ACCOUNT, REGION, record

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0abc"
READS, WRITES = ["kms:Decrypt"], ["kms:Decrypt", "kms:GenerateDataKey"]
BUCKET = {"existing": "theirs", "keyArn": KEY}
USERS = {
    "eventDatabase": {
        "event-database-transformation": WRITES,
        "event-database-delivery": WRITES,
        "event-database-erasure": WRITES,
    },
    "messageArchiver": {
        "message-archiver-transformation": WRITES,
        "message-archiver-delivery": WRITES,
        "message-archiver-archiver": WRITES,
        "message-archiver-records": WRITES,
    },
    "externalTemplates": {"campaign-hook": READS},
    "s3TriggeredImport": {"s3-triggered-import-import": READS, "s3-triggered-import-suppress-tasks": WRITES},
    "smsS3Drop": {"sms-s3-drop-tasks": WRITES},
}
"""Config key -> role -> what it may do with the key."""


@pytest.fixture(scope="module")
def recorder():
    config = whole_config("everything")
    for key in USERS:
        config[key] = {name: value for name, value in config[key].items() if name != "retentionDays"} | {
            "bucket": BUCKET
        }
    config["sendTimeAttributes"] |= {"table": {"existing": "offers", "keyArn": KEY.replace("0abc", "3abc")}}
    config["federatedSegmentation"] |= {
        "catalogKeyArn": KEY.replace("0abc", "4abc"),
        "buckets": [{"name": "lake", "keyArn": KEY.replace("0abc", "1abc")}],
        "catalogs": [
            {
                "name": "shop",
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop",
                "spillBucket": "spill",
                "spillKeyArn": KEY.replace("0abc", "2abc"),
            }
        ],
    }
    return run_stack("everything", config)


def test_every_role_that_uses_the_bucket_may_use_its_key_and_no_other(recorder):
    granted = {
        policy.name.removesuffix("-grants"): [one for one in statements if one["Resource"] == [KEY]]
        for policy in recorder.of("RolePolicy")
        if (statements := json.loads(policy.inputs["policy"])["Statement"])
    }
    wanted = {role: [projects.by_s3(actions, KEY)] for roles in USERS.values() for role, actions in roles.items()}
    assert {role: statements for role, statements in granted.items() if statements} == wanted


def test_queries_may_use_the_keys_of_the_lake_and_of_what_is_spilled(recorder):
    granted = projects.grants(recorder, "federated-segmentation")
    assert projects.by_s3(READS, KEY.replace("0abc", "1abc")) in granted
    assert projects.by_s3(WRITES, KEY.replace("0abc", "2abc")) in granted


def test_queries_may_use_the_key_of_the_encrypted_catalog_by_glue_alone(recorder):
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    wanted = projects.by_service("glue", actions, KEY.replace("0abc", "4abc"))
    assert wanted in projects.grants(recorder, "federated-segmentation")


def test_the_hook_may_use_the_key_of_an_existing_table_by_dynamodb_alone(recorder):
    wanted = projects.by_service("dynamodb", ["kms:Decrypt", "kms:DescribeKey"], KEY.replace("0abc", "3abc"))
    assert [one for one in projects.grants(recorder, "campaign-hook") if one["Resource"] == wanted["Resource"]] == [
        wanted
    ]


@pytest.mark.parametrize("config", [{"key_arn": KEY}, {"existing": "theirs", "key_arn": "alias/theirs"}])
def test_a_key_is_that_of_an_existing_table(config):
    with pytest.raises(pydantic.ValidationError, match=r"keyArn|key_arn"):
        OffersTableConfig(**config)


def test_in_china_s3_has_another_name():
    def program():
        handle = BucketConfig(existing="theirs", key_arn="arn:aws-cn:kms:cn-north-1:123456789012:key/0abc")
        account = Account.current()
        return {"statement": key_statements(handle.key_arn, account)[0].render()}

    answer = record(program, region="cn-north-1", partition="aws-cn").outputs["statement"]
    assert answer["Condition"] == {"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}}


@pytest.mark.parametrize(
    "config", [{"key_arn": KEY}, {"existing": "theirs", "key_arn": "alias/theirs"}, {"new": {}, "key_arn": KEY}]
)
def test_a_key_is_that_of_an_existing_bucket(config):
    with pytest.raises(pydantic.ValidationError, match=r"keyArn|key_arn"):
        BucketConfig(**config)
