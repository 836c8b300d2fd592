"""AWS End User Messaging: configuration sets and their event destinations, opt-out lists."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, pascal, tag_list, unless_gone

SERVICE = "pinpoint-sms-voice-v2"
DESTINATIONS = {"cloudwatchLogsDestination", "kinesisFirehoseDestination", "snsDestination"}


class ConfigurationSet(Resource):
    pulumi_type = "aws:pinpoint/smsvoicev2ConfigurationSet:Smsvoicev2ConfigurationSet"
    inputs = frozenset(("name", "defaultMessageType", "defaultSenderId", "tags"))
    name_input = "name"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        client, name = aws(SERVICE), inputs["name"]
        made = client.create_configuration_set(ConfigurationSetName=name, Tags=tag_list(inputs))
        if inputs.get("defaultMessageType"):
            client.set_default_message_type(ConfigurationSetName=name, MessageType=inputs["defaultMessageType"])
        if inputs.get("defaultSenderId"):
            client.set_default_sender_id(ConfigurationSetName=name, SenderId=inputs["defaultSenderId"])
        return Created(name, {"arn": made["ConfigurationSetArn"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        client = aws(SERVICE)
        for name, member, kind in (
            ("defaultMessageType", "MessageType", "default_message_type"),
            ("defaultSenderId", "SenderId", "default_sender_id"),
        ):
            if new.get(name) and new.get(name) != old.get(name):
                getattr(client, f"set_{kind}")(ConfigurationSetName=id, **{member: new[name]})
            elif old.get(name) and not new.get(name):
                getattr(client, f"delete_{kind}")(ConfigurationSetName=id)
        if (new.get("tags") or {}) != (old.get("tags") or {}):
            if removed := sorted(set(old.get("tags") or {}) - set(new.get("tags") or {})):
                client.untag_resource(ResourceArn=outputs["arn"], TagKeys=removed)
            client.tag_resource(ResourceArn=outputs["arn"], Tags=tag_list(new))
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws(SERVICE).delete_configuration_set, ConfigurationSetName=id)


class OptOutList(Resource):
    pulumi_type = "aws:pinpoint/smsvoicev2OptOutList:Smsvoicev2OptOutList"
    inputs = frozenset(("name", "tags"))
    name_input = "name"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws(SERVICE).create_opt_out_list(OptOutListName=inputs["name"], Tags=tag_list(inputs))
        return Created(inputs["name"], {"arn": made["OptOutListArn"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        if (new.get("tags") or {}) != (old.get("tags") or {}):
            if removed := sorted(set(old.get("tags") or {}) - set(new.get("tags") or {})):
                aws(SERVICE).untag_resource(ResourceArn=outputs["arn"], TagKeys=removed)
            aws(SERVICE).tag_resource(ResourceArn=outputs["arn"], Tags=tag_list(new))
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws(SERVICE).delete_opt_out_list, OptOutListName=id)


class EventDestination(Resource):
    pulumi_type = "aws:pinpoint/smsvoicev2EventDestination:Smsvoicev2EventDestination"
    inputs = frozenset(("configurationSetName", "eventDestinationName", "enabled", "matchingEventTypes", *DESTINATIONS))
    required = frozenset(("configurationSetName", "eventDestinationName", "matchingEventTypes"))
    replace_on = frozenset(("configurationSetName", "eventDestinationName"))

    def _parameters(self, inputs: Inputs) -> dict[str, Any]:
        return chosen(
            inputs,
            ConfigurationSetName="configurationSetName",
            EventDestinationName="eventDestinationName",
            MatchingEventTypes="matchingEventTypes",
            SnsDestination="snsDestination",
            KinesisFirehoseDestination="kinesisFirehoseDestination",
        ) | (
            {"CloudWatchLogsDestination": pascal(inputs["cloudwatchLogsDestination"])}
            if inputs.get("cloudwatchLogsDestination")
            else {}
        )

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws(SERVICE).create_event_destination(**self._parameters(inputs))
        if not inputs.get("enabled", True):
            aws(SERVICE).update_event_destination(
                ConfigurationSetName=inputs["configurationSetName"],
                EventDestinationName=inputs["eventDestinationName"],
                Enabled=False,
            )
        identifier = f"{inputs['configurationSetName']},{inputs['eventDestinationName']}"
        return Created(identifier, {"configurationSetArn": made["ConfigurationSetArn"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        enabled = bool(new.get("enabled", True))
        aws(SERVICE).update_event_destination(**self._parameters(new), Enabled=enabled)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws(SERVICE).delete_event_destination,
            **chosen(inputs, ConfigurationSetName="configurationSetName", EventDestinationName="eventDestinationName"),
        )
