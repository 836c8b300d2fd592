"""The list of failure places, over all stacks: each dead-letter queue, error prefix and state machine is in it, with a way back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import PROGRAMS, run_stack, whole_config
from tests.recorder import Recorder

stacks = pytest.mark.parametrize("stack", PROGRAMS)

WAYS = {
    "queue": {"queueArn"},
    "invocation": {"functionName"},
    "records": {"functionName"},
    "stream": {"functionName"},
    "run": {"stateMachineArn"},
    "input": set(),
    "streamRecord": {"functionName"},
    "object": {"functionName"},
    "delivery": {"functionName", "deliverTo", "compressed"},
    "none": {"why"},
}
"""Each way back, and what it needs."""


@pytest.fixture(scope="module")
def built(all_stacks):
    """All stacks, with what the committed config has not: schedules."""
    query = {"name": "nightly", "expression": "rate(1 day)", "type": "mutate", "query": "SELECT 1"}
    config = whole_config("audience")
    config["federatedSegmentation"] = {**config["federatedSegmentation"], "schedules": [query]}
    audience = run_stack("audience", config, {"foundation": all_stacks["foundation"].outputs})
    return {**all_stacks, "audience": audience}


def places(recorder: Recorder) -> list[dict[str, Any]]:
    return recorder.outputs.get("failurePlaces", [])


def told(value: Any) -> Iterator[str]:
    """The ARNs of dead-letter queues in what a resource was given."""
    if isinstance(value, str) and "deadLetterTargetArn" in value:
        value = json.loads(value)
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("deadLetterTargetArn", "destinationArn", "destination") and ":sqs:" in str(inner):
                yield inner
            elif name == "deadLetterConfig":
                yield inner["arn"]
            else:
                yield from told(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from told(inner)


@stacks
def test_every_queue_that_gets_dead_letters_is_listed(built, stack):
    urls = {queue.outputs["arn"]: queue.outputs["url"] for queue in built[stack].of("Queue")}
    dead = {arn for resource in built[stack].resources for arn in told(resource.inputs)}
    listed = {place.get("queueUrl") for place in places(built[stack])}
    assert {urls[arn] for arn in dead} <= listed


@stacks
def test_every_queue_that_no_function_reads_is_listed(built, stack):
    read = {mapping.inputs["eventSourceArn"] for mapping in built[stack].of("EventSourceMapping")}
    unread = {queue.outputs["url"] for queue in built[stack].of("Queue") if queue.outputs["arn"] not in read}
    assert unread <= {place.get("queueUrl") for place in places(built[stack])}


@stacks
def test_every_state_machine_is_listed(built, stack):
    machines = {machine.outputs["arn"] for machine in built[stack].of("StateMachine")}
    assert machines == {place["stateMachineArn"] for place in places(built[stack]) if "stateMachineArn" in place}


@stacks
def test_every_prefix_of_error_objects_is_listed(built, stack):
    listed = {(place["bucket"], place["prefix"]) for place in places(built[stack]) if "bucket" in place}
    for delivery in built[stack].of("FirehoseDeliveryStream"):
        s3 = delivery.inputs["extendedS3Configuration"]
        assert (s3["bucketArn"].rpartition(":")[2], s3["errorOutputPrefix"].partition("!")[0]) in listed
    prefixes = {prefix for _, prefix in listed}
    for function in built[stack].of("Function"):
        variables = (function.inputs.get("environment") or {}).get("variables", {})
        named = {value for name, value in variables.items() if name in ("ERRORS_PREFIX", "ERROR_PREFIX")}
        assert named <= prefixes, function.name


@stacks
def test_every_place_has_a_name_of_its_own_and_all_that_its_way_back_needs(built, stack):
    found = places(built[stack])
    assert len({place["name"] for place in found}) == len(found)
    for place in found:
        assert place["what"].endswith("."), place
        way = place["redrive"]
        assert way.keys() == {"by", *WAYS[way["by"]]}, place


@stacks
def test_a_dead_letter_queue_leads_back_to_a_queue_or_a_function_of_its_own_stack(built, stack):
    recorder = built[stack]
    queues = {queue.outputs["arn"] for queue in recorder.of("Queue")}
    functions = {function.outputs["name"] for function in recorder.of("Function")}
    machines = {machine.outputs["arn"] for machine in recorder.of("StateMachine")}
    for place in places(recorder):
        way = place["redrive"]
        assert {way["queueArn"]} <= queues if "queueArn" in way else True
        assert {way["functionName"]} <= functions if "functionName" in way else True
        assert {way["stateMachineArn"]} <= machines if "stateMachineArn" in way else True


def test_each_schedules_dead_letters_start_its_machine(built):
    found = {place["name"]: place["redrive"] for place in places(built["audience"]) if "schedules" in place["name"]}
    machines = {machine.name: machine.outputs["arn"] for machine in built["audience"].of("StateMachine")}
    assert found == {
        f"{name}-schedules-dead-letters": {"by": "run", "stateMachineArn": machines[f"{name}-machine"]}
        for name in ("federated-segmentation", "phone-number-validate")
    }


def test_everything_lists_what_the_others_list(all_stacks):
    each = {
        place["name"] for name, recorder in all_stacks.items() if name != "everything" for place in places(recorder)
    }
    assert {place["name"] for place in places(all_stacks["everything"])} == each


def test_a_stack_without_failure_places_exports_none(all_stacks):
    assert "failurePlaces" not in all_stacks["content"].outputs


@stacks
def test_every_alarm_names_the_runbook(built, stack):
    for alarm in built[stack].of("MetricAlarm"):
        assert alarm.inputs["alarmDescription"].endswith("Runbook: docs/runbook.md"), alarm.name


@stacks
def test_an_alarm_of_dead_letters_or_runs_names_a_place_that_is_listed(built, stack):
    names = {place["name"] for place in places(built[stack])}
    for alarm in built[stack].of("MetricAlarm"):
        if alarm.inputs["namespace"] in ("AWS/SQS", "AWS/States"):
            named = alarm.inputs["alarmDescription"].partition("engagement failures show ")[2].partition("`")[0]
            assert named in names, alarm.name


@stacks
def test_the_alarm_of_a_dead_letter_queue_that_a_function_reads_counts_what_is_in_its_hands(built, stack):
    read = {mapping.inputs["eventSourceArn"].rpartition(":")[2] for mapping in built[stack].of("EventSourceMapping")}
    for alarm in built[stack].of("MetricAlarm"):
        if alarm.inputs["namespace"] == "AWS/SQS":
            hidden = alarm.inputs["dimensions"]["QueueName"] in read
            assert alarm.inputs["metricName"] == f"ApproximateNumberOfMessages{'NotVisible' if hidden else 'Visible'}"
