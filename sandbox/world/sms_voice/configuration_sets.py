"""Configuration sets and their event destinations."""

import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.world.sms_voice.faults import Parameters, invalid, missing, page_of, taken

SERVICE = "sms-voice.amazonaws.com"
SUBJECT = "AWS End User Messaging SMS event"
SNS, FIREHOSE, LOGS = "SnsDestination", "KinesisFirehoseDestination", "CloudWatchLogsDestination"
TRANSACTIONAL = "TRANSACTIONAL"

Publisher = Callable[[dict[str, str]], None]
"""Takes a message for a topic (`Service`, `TopicArn`, `Message`, `Subject`, `SourceArn`), without waiting."""


class ConfigurationSets:
    """Part of the model. publisher: what carries events to topics; without one they are kept in `unpublished`."""

    publisher: Publisher | None = None

    def __init__(self) -> None:
        self.configuration_sets: dict[str, Parameters] = {}
        self.unpublished: list[dict[str, str]] = []

    def tag(self, arn: str, parameters: Parameters) -> None:
        """Gives a new resource its tags."""
        raise NotImplementedError

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's resources."""
        raise NotImplementedError

    def default_of(self, name: str) -> str:
        """The message type of messages that name none."""
        return self.configuration_sets[name].get("DefaultMessageType", TRANSACTIONAL)

    def publish(self, name: str, events: list[dict[str, Any]]) -> None:
        """Hands events to the destinations of a configuration set."""
        found = self.configuration_sets[name]
        for event in events:
            family = event["eventType"].split("_", 1)[0]
            wanted = {"ALL", f"{family}_ALL", event["eventType"]}
            for destination in found["EventDestinations"]:
                if destination["Enabled"] and wanted & set(destination["MatchingEventTypes"]):
                    self._hand_over(destination[SNS]["TopicArn"], event, found["ConfigurationSetArn"])

    def _hand_over(self, topic_arn: str, event: dict[str, Any], source_arn: str) -> None:
        message = {
            "Service": SERVICE,
            "TopicArn": topic_arn,
            "Message": json.dumps(event),
            "Subject": SUBJECT,
            "SourceArn": source_arn,
        }
        publisher = type(self).publisher
        if publisher:
            publisher(message)
        else:
            self.unpublished.append(message)

    def configuration_set(self, name: str) -> Parameters:
        """A set by its name or ARN. Raises SmsVoiceError."""
        found = self.configuration_sets.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise missing("configuration-set", name)
        return found

    def create_configuration_set(self, parameters: Parameters) -> Parameters:
        """CreateConfigurationSet."""
        name = parameters["ConfigurationSetName"]
        if name in self.configuration_sets:
            raise taken("configuration-set", name)
        arn = self.arn(f"configuration-set/{name}")
        self.configuration_sets[name] = {
            "ConfigurationSetArn": arn,
            "ConfigurationSetName": name,
            "EventDestinations": [],
            "CreatedTimestamp": time.time(),
        }
        self.tag(arn, parameters)
        return {**self.configuration_sets[name], "Tags": parameters.get("Tags") or []}

    def delete_configuration_set(self, parameters: Parameters) -> Parameters:
        """DeleteConfigurationSet."""
        found = self.configuration_set(parameters["ConfigurationSetName"])
        return self.configuration_sets.pop(found["ConfigurationSetName"])

    def describe_configuration_sets(self, parameters: Parameters) -> Parameters:
        """DescribeConfigurationSets."""
        names = parameters.get("ConfigurationSetNames")
        found = [self.configuration_set(name) for name in names] if names else list(self.configuration_sets.values())
        page, token = page_of(found, parameters)
        return {"ConfigurationSets": page, **token}

    def _default(self, parameters: Parameters, member: str, kept: str) -> Parameters:
        found = self.configuration_set(parameters["ConfigurationSetName"])
        if member in parameters:
            found[kept] = parameters[member]
            return {**_about(found), member: parameters[member]}
        before = found.pop(kept, None)
        return {**_about(found), **({member: before} if before else {})}

    def set_default_message_type(self, parameters: Parameters) -> Parameters:
        """SetDefaultMessageType."""
        return self._default(parameters, "MessageType", "DefaultMessageType")

    def delete_default_message_type(self, parameters: Parameters) -> Parameters:
        """DeleteDefaultMessageType."""
        return self._default(parameters, "MessageType", "DefaultMessageType")

    def set_default_sender_id(self, parameters: Parameters) -> Parameters:
        """SetDefaultSenderId."""
        return self._default(parameters, "SenderId", "DefaultSenderId")

    def delete_default_sender_id(self, parameters: Parameters) -> Parameters:
        """DeleteDefaultSenderId."""
        return self._default(parameters, "SenderId", "DefaultSenderId")

    def create_event_destination(self, parameters: Parameters) -> Parameters:
        """CreateEventDestination, to a topic."""
        found = self.configuration_set(parameters["ConfigurationSetName"])
        name = parameters["EventDestinationName"]
        if any(item["EventDestinationName"] == name for item in found["EventDestinations"]):
            raise taken("event-destination", name)
        kept = {key: value for key, value in parameters.items() if key not in ("ConfigurationSetName", "ClientToken")}
        destination = {**_checked(kept), "Enabled": True}
        found["EventDestinations"].append(destination)
        return {**_about(found), "EventDestination": destination}

    def update_event_destination(self, parameters: Parameters) -> Parameters:
        """UpdateEventDestination."""
        found, destination = self._destination(parameters)
        changed = {key: value for key, value in parameters.items() if key != "ConfigurationSetName"}
        destination.update(_checked({**destination, **changed}))
        return {**_about(found), "EventDestination": destination}

    def delete_event_destination(self, parameters: Parameters) -> Parameters:
        """DeleteEventDestination."""
        found, destination = self._destination(parameters)
        found["EventDestinations"].remove(destination)
        return {**_about(found), "EventDestination": destination}

    def _destination(self, parameters: Parameters) -> tuple[Parameters, Parameters]:
        found = self.configuration_set(parameters["ConfigurationSetName"])
        for destination in found["EventDestinations"]:
            if destination["EventDestinationName"] == parameters["EventDestinationName"]:
                return found, destination
        raise missing("event-destination", parameters["EventDestinationName"])


def _about(found: Parameters) -> Parameters:
    return {name: found[name] for name in ("ConfigurationSetArn", "ConfigurationSetName")}


def _checked(destination: Parameters) -> Parameters:
    """Raises SmsVoiceError for a destination to which the sandbox cannot publish."""
    for name in (FIREHOSE, LOGS):
        if destination.get(name):
            raise invalid(name, f"the sandbox publishes events to topics ({SNS}), not to a {name}")
    if not (destination.get(SNS) or {}).get("TopicArn"):
        raise invalid(SNS, f"{SNS}.TopicArn is required")
    return destination
