"""The check against AWS's reference rejects what AWS would refuse, and accepts what AWS documents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.iam_reference import document_problems, role_problems

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
TEXT = "sms-voice:SendTextMessage"


def sms(*resources: str) -> list[str]:
    return [ARN.format("sms-voice", resource) for resource in resources]


def allow(action: str | list[str], *resources: str, **more: Any) -> dict[str, Any]:
    actions = [action] if isinstance(action, str) else action
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources), **more}


def problems(*statements: dict[str, Any], **options: Any) -> list[str]:
    found = document_problems({"Version": "2012-10-17", "Statement": list(statements)})
    return found + role_problems(statements, **options)


GOOD = {
    "an object": [allow("s3:GetObject", "arn:aws:s3:::bucket/prefix/*")],
    "another partition": [allow("s3:GetObject", "arn:aws-us-gov:s3:::bucket/*")],
    "a bucket by prefix": [allow("s3:ListBucket", "arn:aws:s3:::b", Condition={"StringLike": {"s3:prefix": "a/*"}})],
    "a function's version": [allow("lambda:InvokeFunction", ARN.format("lambda", "function:work:$LATEST"))],
    "streams of a log": [allow("logs:PutLogEvents", ARN.format("logs", "log-group:/aws/lambda/work:*"))],
    "an index": [allow("dynamodb:Query", ARN.format("dynamodb", "table/people/index/addresses"))],
    "a text": [allow(TEXT, *sms("phone-number/*", "configuration-set/own", "protect-configuration/*"))],
    "a listing": [allow("sms-voice:DescribePhoneNumbers", "*")],
    "a number": [allow("sms-voice:DescribePhoneNumbers", *sms("phone-number/phone-0123"))],
    "no resource": [allow("ses:SetActiveReceiptRuleSet", "*")],
    "a key of a service": [
        allow(
            "kms:Decrypt",
            ARN.format("kms", "key/01"),
            Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        )
    ],
    "a key that is asked for where it is there": [
        allow("connect:StartOutboundVoiceContact", "*", Condition={"StringEqualsIfExists": {"connect:InstanceId": "i"}})
    ],
    "two statements that need each other": [
        allow(TEXT, *sms("pool/pool-01")),
        allow(TEXT, *sms("configuration-set/own", "protect-configuration/*")),
    ],
}

BAD = {
    "an action that does not exist": [allow("s3:GetObjct", "arn:aws:s3:::bucket/*")],
    "a service that does not exist": [allow("s4:GetObject", "arn:aws:s3:::bucket/*")],
    "an action with a wildcard": [allow("s3:Get*", "arn:aws:s3:::bucket/*")],
    "no action's name": [allow("s3", "arn:aws:s3:::bucket/*")],
    "a resource of another service": [allow("s3:GetObject", ARN.format("sqs", "queue"))],
    "a bucket for its objects": [allow("s3:GetObject", "arn:aws:s3:::bucket")],
    "objects for their bucket": [allow("s3:ListBucket", "arn:aws:s3:::bucket/prefix/*")],
    "a resource too many": [allow("s3:GetObject", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket")],
    "an action too many": [allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::bucket/*")],
    "a resource where there is none": [allow("ses:SetActiveReceiptRuleSet", ARN.format("ses", "receipt-rule-set/a"))],
    "a contact of a call": [allow("connect:StartOutboundVoiceContact", ARN.format("connect", "instance/i/contact/*"))],
    "everything where there are resources": [allow("s3:GetObject", "*")],
    "a listing of what has names": [allow("sms-voice:DescribePhoneNumbers", *sms("phone-number/*"))],
    "a text without its sets": [allow(TEXT, *sms("phone-number/*", "pool/*", "sender-id/*"))],
    "a text from nobody": [allow(TEXT, *sms("configuration-set/own", "protect-configuration/*"))],
    "a required resource that is missing": [
        allow("glue:GetTable", ARN.format("glue", "database/lake"), ARN.format("glue", "table/lake/*"))
    ],
    "email without its set": [allow("ses:SendEmail", ARN.format("ses", "identity/example.com"))],
    "email without its identity": [allow("ses:SendEmail", ARN.format("ses", "configuration-set/own"))],
    "a condition that no one has": [
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEquals": {"s3:noSuchKey": "x"}})
    ],
    "a condition of another action": [
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringLike": {"s3:prefix": "a/*"}})
    ],
    "a condition of every service that none has": [
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEquals": {"aws:SourceAcount": "1"}})
    ],
    "a condition if it exists that nothing has": [
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEqualsIfExists": {"s3:noSuchKey": "x"}})
    ],
    "all actions but some": [{"Effect": "Allow", "NotAction": ["s3:GetObject"], "Resource": ["*"]}],
    "no statement": [],
}


@pytest.mark.parametrize("name", GOOD)
def test_what_aws_takes_passes(name: str) -> None:
    assert problems(*GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_aws_refuses_is_found(name: str) -> None:
    assert problems(*BAD[name])


def test_what_a_role_never_names_is_excused_for_that_role_alone() -> None:
    replies = allow(TEXT, *sms("phone-number/phone-01", "protect-configuration/*"))
    assert problems(replies) == [
        f"{TEXT} lacks its resource ConfigurationSet "
        "(arn:${Partition}:sms-voice:${Region}:${Account}:configuration-set/${ConfigurationSetName})"
    ]
    assert problems(replies, not_named=[(TEXT, "ConfigurationSet")]) == []


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "sts:AssumeRoll", "Principal": {"Service": "lambda.amazonaws.com"}},
        {
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "a"},
            "Condition": {"StringEquals": {"sts:ExternalIdd": "1"}},
        },
        {"Action": "sqs:SendMessage", "Principal": {"Service": "a"}, "Resource": [ARN.format("sns", "topic")]},
    ],
)
def test_resource_policies_are_held_to_it_too(statement: dict[str, Any]) -> None:
    assert document_problems({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
