"""Faults by which every queue of a sandbox gets dead letters: its readers lose their rights, and messages get one try."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

POLICY = "fault"
EVERYTHING = ["*"]


class Faults:
    """Takes rights away, and gives them back."""

    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self._denied: set[str] = set()

    def deny(self, function: str, actions: Sequence[str] = EVERYTHING) -> None:
        """From now on a function may do none of these, nor write its log."""
        role = self._aws("lambda").get_function(FunctionName=function)["Configuration"]["Role"].rpartition("/")[2]
        self.deny_role(role, actions)

    def deny_role(self, role: str, actions: Sequence[str] = EVERYTHING) -> None:
        statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._aws("iam").put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document)
        self._denied.add(role)

    def lift(self) -> None:
        """All may what they could before."""
        while self._denied:
            self._aws("iam").delete_role_policy(RoleName=self._denied.pop(), PolicyName=POLICY)

    def readers(self, queue_arn: str) -> list[str]:
        """The functions that read a queue."""
        found = self._aws("lambda").list_event_source_mappings(EventSourceArn=queue_arn)["EventSourceMappings"]
        return [mapping["FunctionArn"] for mapping in found]

    @contextmanager
    def one_try(self, dead_letter_urls: Sequence[str]) -> Iterator[None]:
        """The queues of these dead-letter queues give up a message that was received once, after two seconds."""
        sqs, before = self._aws("sqs"), {}
        for dead in dead_letter_urls:
            for url in sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]:
                names = ["RedrivePolicy", "VisibilityTimeout"]
                before[url] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                policy = {**json.loads(before[url]["RedrivePolicy"]), "maxReceiveCount": 1}
                changed = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "2"}
                sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
        try:
            yield
        finally:
            for url, attributes in before.items():
                sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
