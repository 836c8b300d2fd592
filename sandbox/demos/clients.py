"""What every demo needs of the running sandbox: a client of the hosted service, a queue that watches topics."""

import json
import secrets
from typing import Any

from commands.service_models import pinpoint_session
from sandbox import servers


def engagement_client(running: servers.Servers, endpoint: str) -> Any:
    """A Pinpoint client of the hosted service, with root rights: it signs for `lambda`, as a function URL asks."""
    client = pinpoint_session().client(
        "pinpoint",
        endpoint_url=endpoint,
        region_name=servers.REGION,
        aws_access_key_id=servers.ACCESS_KEY_ID,
        aws_secret_access_key=servers.SECRET_ACCESS_KEY,
    )

    def sign(context: dict[str, Any], **_: Any) -> None:
        context.setdefault("signing", {})["signing_name"] = "lambda"

    client.meta.events.register("choose-signer.pinpoint.*", sign)
    return client


def subscribe_queue(aws: Any, topic_arns: list[str]) -> str:
    """A new queue that gets all messages of these topics; returns its URL."""
    sqs, sns = aws("sqs"), aws("sns")
    url = sqs.create_queue(QueueName=f"demo-{secrets.token_hex(4)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arns}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    for topic in topic_arns:
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def forget_queue(aws: Any, url: str, topic_arns: list[str]) -> None:
    sqs, sns = aws("sqs"), aws("sns")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for topic in topic_arns:
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic):
            for subscription in page["Subscriptions"]:
                if subscription["Endpoint"] == arn:
                    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)
