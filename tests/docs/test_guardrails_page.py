"""The page on guardrails: the key policy that it shows lets in every service that the stacks' resources let in."""

import json
import re
from typing import Any

import pulumi_aws as aws

from components.building_blocks.guardrails_config import RETENTIONS
from tests.checks.validators import iam_problems
from tests.conftest import ROOT
from tests.recorder import Recorder

PAGE = (ROOT / "docs/guardrails.md").read_text()


def shown() -> dict[str, dict[str, Any]]:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    document = json.loads(text)
    assert iam_problems(document) == []
    return {statement["Sid"]: statement for statement in document["Statement"]}


def services(statement: dict[str, Any]) -> set[str]:
    found = statement["Principal"]["Service"]
    return {found} if isinstance(found, str) else set(found)


def admitted(all_stacks: dict[str, Recorder], kind: str) -> set[str]:
    """The services that the policies of a kind of resource let in, in any stack."""
    documents = [json.loads(each.inputs["policy"]) for each in all_stacks["everything"].of(kind)]
    allowed = [one for document in documents for one in document["Statement"] if one["Effect"] == "Allow"]
    return {service for statement in allowed for service in services(statement)}


def test_the_key_of_the_topics_lets_in_all_who_publish(all_stacks):
    assert services(shown()["Publish"]) == admitted(all_stacks, "TopicPolicy")
    own = json.loads(all_stacks["foundation"].one("Key").inputs["policy"])["Statement"]
    assert services(shown()["Publish"]) == set(own[1]["Principal"]["Service"])


def test_the_key_of_the_queues_lets_in_all_who_send(all_stacks):
    assert services(shown()["Deliver"]) == admitted(all_stacks, "QueuePolicy")


def test_the_key_of_the_buckets_lets_in_who_reads_them_without_a_role(all_stacks):
    into_access_logs = {"logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"}
    assert services(shown()["Site"]) == admitted(all_stacks, "BucketPolicy") - into_access_logs


def test_days_of_logs_are_those_of_the_providers_documentation():
    text = " ".join(str(aws.cloudwatch.LogGroupArgs.__init__.__doc__).split())
    (listed,) = re.findall(r"Possible values are: ([\d, ]+), and 0", text)
    assert tuple(int(day) for day in listed.split(",")) == RETENTIONS
