"""Vended logs: what delivers its logs (source), where to (destination), and the two joined (delivery)."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, unless_gone, update_tags


def _tags(inputs: Inputs) -> dict[str, Any]:
    return {"tags": inputs["tags"]} if inputs.get("tags") else {}


class LogDeliverySource(Resource):
    pulumi_type = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
    inputs = frozenset(("name", "logType", "resourceArn", "tags"))
    required = frozenset(("logType", "resourceArn"))
    replace_on = frozenset(("logType", "resourceArn"))
    name_input = "name"

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("logs").put_delivery_source(
            name=inputs["name"], resourceArn=inputs["resourceArn"], logType=inputs["logType"], **_tags(inputs)
        )["deliverySource"]
        return Created(inputs["name"], {"arn": made["arn"], "service": made["service"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("logs").delete_delivery_source, name=inputs["name"])


class LogDeliveryDestination(Resource):
    pulumi_type = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
    inputs = frozenset(("name", "outputFormat", "deliveryDestinationConfiguration", "tags"))
    required = frozenset(("deliveryDestinationConfiguration",))
    name_input = "name"
    name_limit = 60

    def _put(self, aws: Clients, inputs: Inputs) -> dict[str, Any]:
        resource = inputs["deliveryDestinationConfiguration"]["destinationResourceArn"]
        return aws("logs").put_delivery_destination(
            name=inputs["name"],
            deliveryDestinationConfiguration={"destinationResourceArn": resource},
            **chosen(inputs, outputFormat="outputFormat"),
            **_tags(inputs),
        )["deliveryDestination"]

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = self._put(aws, inputs)
        outputs = {"arn": made["arn"], "deliveryDestinationType": made["deliveryDestinationType"]}
        return Created(inputs["name"], outputs)

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._put(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("logs").delete_delivery_destination, name=inputs["name"])


class LogDelivery(Resource):
    pulumi_type = "aws:cloudwatch/logDelivery:LogDelivery"
    inputs = frozenset(("deliverySourceName", "deliveryDestinationArn", "tags"))
    required = frozenset(("deliverySourceName", "deliveryDestinationArn"))
    replace_on = required

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("logs").create_delivery(
            deliverySourceName=inputs["deliverySourceName"],
            deliveryDestinationArn=inputs["deliveryDestinationArn"],
            **_tags(inputs),
        )["delivery"]
        return Created(made["id"], {"arn": made["arn"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("logs").delete_delivery, id=id)
