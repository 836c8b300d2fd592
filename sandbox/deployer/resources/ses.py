"""SES v2 configuration sets and their event destinations."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import (
    Created,
    Inputs,
    Outputs,
    Resource,
    chosen,
    pascal,
    tag_list,
    unless_gone,
)

OPTIONS = {
    "deliveryOptions": "put_configuration_set_delivery_options",
    "reputationOptions": "put_configuration_set_reputation_options",
    "sendingOptions": "put_configuration_set_sending_options",
    "suppressionOptions": "put_configuration_set_suppression_options",
    "trackingOptions": "put_configuration_set_tracking_options",
}
"""The call that changes each of a configuration set's options."""
DEFAULTS: dict[str, dict[str, Any]] = {
    "reputationOptions": {"reputationMetricsEnabled": False},
    "sendingOptions": {"sendingEnabled": True},
    "suppressionOptions": {"suppressedReasons": []},
}
"""What removing an option means; the others take a call without members."""
READ_ONLY = frozenset(("lastFreshStart",))


def _option(given: Inputs) -> dict[str, Any]:
    return pascal({name: value for name, value in given.items() if name not in READ_ONLY})


class ConfigurationSet(Resource):
    pulumi_type = "aws:sesv2/configurationSet:ConfigurationSet"
    inputs = frozenset(("configurationSetName", "tags", *OPTIONS))
    replace_on = frozenset(("configurationSetName",))
    name_input = "configurationSetName"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        name = inputs["configurationSetName"]
        options = {option[0].upper() + option[1:]: _option(inputs[option]) for option in OPTIONS if inputs.get(option)}
        aws("sesv2").create_configuration_set(ConfigurationSetName=name, Tags=tag_list(inputs), **options)
        arn = f"arn:aws:ses:{aws.region}:{aws.account}:configuration-set/{name}"
        return Created(name, {"arn": arn})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        for option, call in OPTIONS.items():
            if old.get(option) != new.get(option):
                value = new.get(option) or DEFAULTS.get(option, {})
                getattr(aws("sesv2"), call)(ConfigurationSetName=id, **_option(value))
        before, after = old.get("tags") or {}, new.get("tags") or {}
        if before != after:
            self._tags(aws, outputs["arn"], before, after)
        return {}

    def _tags(self, aws: Clients, arn: str, before: dict[str, str], after: dict[str, str]) -> None:
        if removed := sorted(set(before) - set(after)):
            aws("sesv2").untag_resource(ResourceArn=arn, TagKeys=removed)
        if after:
            aws("sesv2").tag_resource(ResourceArn=arn, Tags=tag_list({"tags": after}))

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("sesv2").delete_configuration_set, ConfigurationSetName=id)


class ConfigurationSetEventDestination(Resource):
    pulumi_type = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"
    inputs = frozenset(("configurationSetName", "eventDestinationName", "eventDestination"))
    required = inputs
    replace_on = frozenset(("configurationSetName", "eventDestinationName"))

    def _parameters(self, inputs: Inputs) -> dict[str, Any]:
        return {
            "ConfigurationSetName": inputs["configurationSetName"],
            "EventDestinationName": inputs["eventDestinationName"],
            "EventDestination": pascal(inputs["eventDestination"], {"cloudWatchDestination": "CloudWatchDestination"}),
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("sesv2").create_configuration_set_event_destination(**self._parameters(inputs))
        return Created(f"{inputs['configurationSetName']}|{inputs['eventDestinationName']}", {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("sesv2").update_configuration_set_event_destination(**self._parameters(new))
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("sesv2").delete_configuration_set_event_destination,
            **chosen(inputs, ConfigurationSetName="configurationSetName", EventDestinationName="eventDestinationName"),
        )
