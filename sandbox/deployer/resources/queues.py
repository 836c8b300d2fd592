"""SQS queues and what hangs on them."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone, update_tags

ATTRIBUTES = {
    "fifoQueue": "FifoQueue",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "policy": "Policy",
}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) else str(value)


def _attributes(inputs: Inputs) -> dict[str, str]:
    return {api: _text(inputs[name]) for name, api in ATTRIBUTES.items() if inputs.get(name) is not None}


class Queue(Resource):
    pulumi_type = "aws:sqs/queue:Queue"
    inputs = frozenset(("name", "tags", *ATTRIBUTES))
    replace_on = frozenset(("fifoQueue",))
    name_input = "name"
    name_limit = 80

    def auto_name(self, name: str, inputs: Inputs) -> str:
        return super().auto_name(name, inputs) + (".fifo" if inputs.get("fifoQueue") else "")

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        url = aws("sqs").create_queue(
            QueueName=inputs["name"], Attributes=_attributes(inputs), tags=inputs.get("tags") or {}
        )["QueueUrl"]
        arn = f"arn:aws:sqs:{aws.region}:{aws.account}:{inputs['name']}"
        return Created(url, {"arn": arn, "url": url})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        attributes = _attributes(new)
        attributes.pop("FifoQueue", None)
        cleared = {ATTRIBUTES[name]: "" for name in ("redrivePolicy", "policy") if old.get(name) and not new.get(name)}
        aws("sqs").set_queue_attributes(QueueUrl=id, Attributes={**attributes, **cleared})
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("sqs").delete_queue, QueueUrl=id)


class _QueueAttribute(Resource):
    """A queue's attribute as a resource of its own."""

    attribute = ""
    input = ""

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("sqs").set_queue_attributes(QueueUrl=inputs["queueUrl"], Attributes={self.attribute: inputs[self.input]})
        return Created(inputs["queueUrl"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("sqs").set_queue_attributes, QueueUrl=inputs["queueUrl"], Attributes={self.attribute: ""})


class QueuePolicy(_QueueAttribute):
    pulumi_type = "aws:sqs/queuePolicy:QueuePolicy"
    inputs = frozenset(("queueUrl", "policy"))
    required = inputs
    replace_on = frozenset(("queueUrl",))
    attribute = "Policy"
    input = "policy"


class RedriveAllowPolicy(_QueueAttribute):
    pulumi_type = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
    inputs = frozenset(("queueUrl", "redriveAllowPolicy"))
    required = inputs
    replace_on = frozenset(("queueUrl",))
    attribute = "RedriveAllowPolicy"
    input = "redriveAllowPolicy"


class RedrivePolicy(_QueueAttribute):
    pulumi_type = "aws:sqs/redrivePolicy:RedrivePolicy"
    inputs = frozenset(("queueUrl", "redrivePolicy"))
    required = inputs
    replace_on = frozenset(("queueUrl",))
    attribute = "RedrivePolicy"
    input = "redrivePolicy"
