"""SNS topics, their policies and subscriptions."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, tag_list, unless_gone, update_tags

TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "fifoTopic": "FifoTopic",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "signatureVersion": "SignatureVersion",
}
SUBSCRIPTION_ATTRIBUTES = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)


def _attributes(names: dict[str, str], inputs: Inputs) -> dict[str, str]:
    return {api: _text(inputs[name]) for name, api in names.items() if inputs.get(name) is not None}


class Topic(Resource):
    pulumi_type = "aws:sns/topic:Topic"
    inputs = frozenset(("name", "tags", *TOPIC_ATTRIBUTES))
    replace_on = frozenset(("fifoTopic",))
    name_input = "name"
    name_limit = 256

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        arn = aws("sns").create_topic(
            Name=inputs["name"], Attributes=_attributes(TOPIC_ATTRIBUTES, inputs), Tags=tag_list(inputs)
        )["TopicArn"]
        return Created(arn, {"arn": arn, "owner": aws.account})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        after = _attributes(TOPIC_ATTRIBUTES, new)
        for name in {*after, *_attributes(TOPIC_ATTRIBUTES, old)} - {"FifoTopic"}:
            if _attributes(TOPIC_ATTRIBUTES, old).get(name) != after.get(name):
                aws("sns").set_topic_attributes(TopicArn=id, AttributeName=name, AttributeValue=after.get(name, ""))
        update_tags(aws, id, old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("sns").delete_topic, TopicArn=id)


class TopicPolicy(Resource):
    """Deleting it leaves the topic, which in a stack goes with it: SNS knows no topic without a policy."""

    pulumi_type = "aws:sns/topicPolicy:TopicPolicy"
    inputs = frozenset(("arn", "policy"))
    required = inputs
    replace_on = frozenset(("arn",))

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("sns").set_topic_attributes(TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"])
        return Created(inputs["arn"], {"owner": aws.account})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        return


class TopicSubscription(Resource):
    pulumi_type = "aws:sns/topicSubscription:TopicSubscription"
    inputs = frozenset(("topic", "protocol", "endpoint", *SUBSCRIPTION_ATTRIBUTES))
    required = frozenset(("topic", "protocol", "endpoint"))
    replace_on = required

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        arn = aws("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=_attributes(SUBSCRIPTION_ATTRIBUTES, inputs),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Created(arn, {"arn": arn, "ownerId": aws.account})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        before, after = _attributes(SUBSCRIPTION_ATTRIBUTES, old), _attributes(SUBSCRIPTION_ATTRIBUTES, new)
        for name in {*before, *after}:
            if before.get(name) != after.get(name):
                aws("sns").set_subscription_attributes(
                    SubscriptionArn=id, AttributeName=name, AttributeValue=after.get(name, "")
                )
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("sns").unsubscribe, SubscriptionArn=id)
