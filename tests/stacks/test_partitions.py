"""No stack names a partition: in each, every ARN is one of where the stack is."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_stack, whole_config

PARTITIONS = {"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
PATTERN = re.compile(r"arn:aws\[a-z-\]\*")
"""What checks an ARN that a person gives: of any partition."""


@pytest.mark.parametrize("partition", PARTITIONS)
def test_outside_partition_aws_no_resource_holds_an_arn_of_it(partition: str) -> None:
    config = json.loads(json.dumps(whole_config("everything")).replace("arn:aws:", f"arn:{partition}:"))
    if partition == "aws-cn":  # where numbers are not validated
        config["phoneNumberValidate"]["enabled"] = config["importValidateCampaign"]["enabled"] = False
    recorder = run_stack("everything", config, region=PARTITIONS[partition], partition=partition)
    foreign = {
        resource.name: found
        for resource in recorder.resources
        if (found := re.findall(r"arn:aws:[^\"]*", json.dumps(resource.inputs, default=str)))
    }
    assert foreign == {}
    machines = [json.loads(machine.inputs["definition"]) for machine in recorder.of("StateMachine")]
    assert len(machines) >= 7
    assert all(f"arn:{partition}:states:::" in json.dumps(machine) for machine in machines)


def test_no_source_that_is_deployed_writes_a_partition_out() -> None:
    written = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("components", "handlers", "stacks")
        for path in Path(ROOT / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"arn:aws", PATTERN.sub("", line))
    }
    assert written == set()
