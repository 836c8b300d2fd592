"""A Pulumi program for test_inbound.py: rules that reach a function, a topic and a bucket, and a two-way topic."""

import json
from pathlib import Path

import pulumi
import pulumi_aws as aws

ACCOUNT = "000000000000"
FUNCTION = Path(__file__).with_name("function.zip")


def policy(service: str, action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


texts, mails = aws.sns.Topic("texts"), aws.sns.Topic("mails")
for name, topic, service in (("texts", texts, "sms-voice.amazonaws.com"), ("mails", mails, "ses.amazonaws.com")):
    allowed = topic.arn.apply(lambda arn, service=service: policy(service, "sns:Publish", arn))
    aws.sns.TopicPolicy(f"{name}-policy", arn=topic.arn, policy=allowed)
    queue = aws.sqs.Queue(name)
    deliver = queue.arn.apply(lambda arn: policy("sns.amazonaws.com", "sqs:SendMessage", arn))
    aws.sqs.QueuePolicy(f"{name}-queue-policy", queue_url=queue.url, policy=deliver)
    aws.sns.TopicSubscription(name, topic=topic.arn, protocol="sqs", endpoint=queue.arn, raw_message_delivery=True)
    pulumi.export(f"{name}QueueUrl", queue.url)
pulumi.export("textsTopicArn", texts.arn)

bucket = aws.s3.Bucket("mails")
written = bucket.arn.apply(lambda arn: policy("ses.amazonaws.com", "s3:PutObject", f"{arn}/*"))
bucket_policy = aws.s3.BucketPolicy("mails", bucket=bucket.bucket, policy=written)

role = aws.iam.Role("reader", assume_role_policy=policy("lambda.amazonaws.com", "sts:AssumeRole", "*"))
function = aws.lambda_.Function(
    "reader",
    role=role.arn,
    runtime="python3.13",
    handler="reader.handler",
    code=pulumi.FileArchive(str(FUNCTION)),
)
permission = aws.lambda_.Permission(
    "reader",
    action="lambda:InvokeFunction",
    function=function.name,
    principal="ses.amazonaws.com",
    source_account=ACCOUNT,
    source_arn=f"arn:aws:ses:us-east-1:{ACCOUNT}:receipt-rule-set/inbound:receipt-rule/ask",
)

rules = aws.ses.ReceiptRuleSet("inbound", rule_set_name="inbound")
active = aws.ses.ActiveReceiptRuleSet("inbound", rule_set_name=rules.rule_set_name)
ask = aws.ses.ReceiptRule(
    "ask",
    name="ask",
    rule_set_name=rules.rule_set_name,
    enabled=True,
    scan_enabled=True,
    recipients=["ask@example.com", ".example.com"],
    lambda_actions=[{"position": 1, "function_arn": function.arn, "invocation_type": "RequestResponse"}],
    opts=pulumi.ResourceOptions(depends_on=[permission]),
)
keep = aws.ses.ReceiptRule(
    "keep",
    name="keep",
    rule_set_name=rules.rule_set_name,
    after=ask.name,
    enabled=True,
    recipients=["example.com", ".example.com"],
    add_header_actions=[{"position": 1, "header_name": "X-Kept", "header_value": "yes"}],
    s3_actions=[{"position": 2, "bucket_name": bucket.bucket, "object_key_prefix": "in/"}],
    sns_actions=[{"position": 3, "topic_arn": mails.arn}],
    stop_actions=[{"position": 4, "scope": "RuleSet"}],
    opts=pulumi.ResourceOptions(depends_on=[bucket_policy]),
)
aws.ses.ReceiptRule(
    "rest",
    name="rest",
    rule_set_name=rules.rule_set_name,
    after=keep.name,
    enabled=True,
    recipients=["example.com", "nobody@example.org"],
    bounce_actions=[
        {
            "position": 1,
            "message": "no such mailbox",
            "sender": "postmaster@example.com",
            "smtp_reply_code": "550",
            "status_code": "5.1.1",
        }
    ],
)
pulumi.export("bucket", bucket.bucket)
pulumi.export("function", function.name)
