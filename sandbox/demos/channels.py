"""People who are called by Amazon Connect and written to in WhatsApp, for the demo of the extensions."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import outbox, servers
from sandbox.errors import SandboxError
from sandbox.folder import Folder
from sandbox.world.sms_voice.events import FAILING

PEOPLE = 8
CHANNELS = {"connectChannel": "VOICE", "whatsAppChannel": "WHATSAPP"}
"""Config key of each channel, and its name in the outbox."""
TEXT = "Hi {{Attributes.FirstName}}, your renewal is due"
DEADLINE_SECONDS = 120


@dataclass(frozen=True)
class Callers:
    """People with telephones, and whom a campaign reached. run: what tells them from those of another run."""

    folder: Folder
    running: servers.Servers
    exports: Mapping[str, Any]
    client: Any
    run: str

    @property
    def application(self) -> str:
        return self.exports["applicationId"]

    @property
    def numbers(self) -> dict[str, str]:
        """Endpoint -> number: the first one is the simulator's, which both services refuse."""
        digits = int(self.run[-6:], 16) % 8000
        numbers = [FAILING, *(f"+1206555{(digits + n) % 10000:04}" for n in range(1, PEOPLE))]
        return {f"{self.run}-sms-{n}": number for n, number in enumerate(numbers)}

    def prepare(self) -> str:
        """Makes the people and their segment."""
        items = [
            {
                "Id": endpoint,
                "ChannelType": "SMS",
                "Address": number,
                "Attributes": {"Called": [self.run], "FirstName": [f"Person{n}"]},
            }
            for n, (endpoint, number) in enumerate(self.numbers.items())
        ]
        self.client.update_endpoints_batch(ApplicationId=self.application, EndpointBatchRequest={"Item": items})
        dimension = {"AttributeType": "INCLUSIVE", "Values": [self.run]}
        answer = self.client.create_segment(
            ApplicationId=self.application,
            WriteSegmentRequest={"Name": f"{self.run}-called", "Dimensions": {"Attributes": {"Called": dimension}}},
        )
        return answer["SegmentResponse"]["Id"]

    def campaign(self, key: str, segment: str) -> list[str]:
        """Sends by a channel; returns what is wrong with what came of it."""
        before = len(outbox.messages(self.folder, self.running))
        request = {
            "Name": f"{self.run}-{key}",
            "SegmentId": segment,
            "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"CustomMessage": {"Data": json.dumps({"Message": TEXT})}},
            "CustomDeliveryConfiguration": {
                "DeliveryUri": self.exports[f"{key}FunctionArn"],
                "EndpointTypes": ["SMS"],
            },
        }
        self.client.create_campaign(ApplicationId=self.application, WriteCampaignRequest=request)
        refused = self._refused(self.exports[f"{key}RefusedQueueUrl"])
        wanted = {
            number: TEXT.replace("{{Attributes.FirstName}}", f"Person{n}")
            for n, number in enumerate(self.numbers.values())
            if number != FAILING
        }
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(found := self._reached(key, before)) < len(wanted):
            if time.monotonic() > deadline:
                break
            time.sleep(0.3)
        problems = [] if dict(found) == wanted and len(found) == len(wanted) else [f"{key} reached {found}"]
        return problems if refused else [*problems, f"{key} does not tell of {FAILING}"]

    def _reached(self, key: str, before: int) -> list[tuple[str, str]]:
        mine = set(self.numbers.values())
        return [
            (found.to, found.body)
            for found in outbox.messages(self.folder, self.running)[before:]
            if found.channel == CHANNELS[key] and found.to in mine
        ]

    def _refused(self, url: str) -> bool:
        """Whether the channel tells of the number that is refused; what it told of other runs is taken too."""
        sqs = self.running.clients()("sqs")
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                if json.loads(message["Body"])["EndpointId"] == next(iter(self.numbers)):
                    return True
        return False


def called(callers: Callers) -> list[str]:
    """Runs a campaign by each channel; returns what is wrong."""
    missing = [key for key in CHANNELS if f"{key}FunctionArn" not in callers.exports]
    if missing:
        raise SandboxError(f"the demo needs {', '.join(missing)} switched on", "sandbox up everything")
    segment = callers.prepare()
    return [problem for key in CHANNELS for problem in callers.campaign(key, segment)]
