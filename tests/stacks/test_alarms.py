"""Every alarm stands on a metric that somebody tells, by the name and the dimensions that it is told by.

Sources: "Available CloudWatch metrics for Amazon SQS", "Monitoring Step Functions metrics using Amazon CloudWatch", "Data Delivery
CloudWatch Metrics" of Amazon Data Firehose; CloudWatch's embedded metric format for what our functions write.
"""

from __future__ import annotations

import json

import pytest

from handlers.campaign_hook import counting
from handlers.campaign_hook.filters import TROUBLE
from handlers.engagement.journeys import watch
from handlers.external_templates.filter import ExternalTemplates
from handlers.send_time_attributes.filter import SendTimeAttributes
from tests.conftest import PROGRAMS

stacks = pytest.mark.parametrize("stack", PROGRAMS)

TOLD = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): {"QueueName"},
    ("AWS/States", "ExecutionsFailed"): {"StateMachineArn"},
    ("AWS/Firehose", "DeliveryToS3.DataFreshness"): {"DeliveryStreamName"},
    ("engagement/hooks", "Trouble"): {"service", "application"},
    ("engagement/journeys", "Overdue"): {"service", "function"},
}
"""Metric -> the dimensions by which it is told, all of which an alarm must name: fewer, or others, are another metric."""
STATISTIC = {
    "AWS/SQS": "Maximum",
    "AWS/States": "Sum",
    "AWS/Firehose": "Maximum",
    "engagement/hooks": "Sum",
    "engagement/journeys": "Maximum",
}
SILENCE_IS_BAD = {"engagement/journeys"}
"""What is told each minute, also where all is well."""
HALF_AN_HOUR = 1800


def of(recorder, namespace):
    return [alarm for alarm in recorder.of("MetricAlarm") if alarm.inputs["namespace"] == namespace]


@stacks
def test_every_alarm_names_a_metric_that_is_told_with_its_dimensions_and_fires_at_the_first_trouble(all_stacks, stack):
    for alarm in all_stacks[stack].of("MetricAlarm"):
        given = alarm.inputs
        assert given["dimensions"].keys() == TOLD[given["namespace"], given["metricName"]], alarm.name
        assert all(given["dimensions"].values()), alarm.name
        assert given["statistic"] == STATISTIC[given["namespace"]], alarm.name
        assert (given["comparisonOperator"], given["evaluationPeriods"]) == ("GreaterThanThreshold", 1), alarm.name
        assert given["threshold"] == (HALF_AN_HOUR if given["namespace"] == "AWS/Firehose" else 0), alarm.name
        silence = "breaching" if given["namespace"] in SILENCE_IS_BAD else "notBreaching"
        assert given["treatMissingData"] == silence and given["alarmActions"], alarm.name


@stacks
def test_every_state_machine_has_an_alarm_and_ends_in_no_way_that_it_does_not_see(all_stacks, stack):
    recorder = all_stacks[stack]
    machines = recorder.of("StateMachine")
    watched = [alarm.inputs["dimensions"]["StateMachineArn"] for alarm in of(recorder, "AWS/States")]
    assert sorted(watched) == sorted(machine.outputs["arn"] for machine in machines)
    for machine in machines:
        # A machine with a time limit of its own ends TIMED_OUT, which ExecutionsFailed does not count.
        assert "TimeoutSeconds" not in json.loads(machine.inputs["definition"]), machine.name


@stacks
def test_every_delivery_stream_has_an_alarm_that_counts_from_30_minutes(all_stacks, stack):
    recorder = all_stacks[stack]
    watched = [alarm.inputs["dimensions"]["DeliveryStreamName"] for alarm in of(recorder, "AWS/Firehose")]
    assert sorted(watched) == sorted(each.outputs["name"] for each in recorder.of("FirehoseDeliveryStream"))
    for alarm in of(recorder, "AWS/Firehose"):
        stream = next(
            each
            for each in recorder.of("FirehoseDeliveryStream")
            if each.outputs["name"] == alarm.inputs["dimensions"]["DeliveryStreamName"]
        )
        assert stream.inputs["destination"] == "extended_s3", "another destination tells another metric"
        assert stream.inputs["extendedS3Configuration"]["bufferingInterval"] * 2 <= HALF_AN_HOUR


@pytest.mark.parametrize("stack", ["campaigns", "everything"])
def test_a_hooks_alarm_stands_on_what_the_hook_writes(all_stacks, stack, capsys):
    alarms = of(all_stacks[stack], "engagement/hooks")
    assert {alarm.inputs["dimensions"]["service"] for alarm in alarms} == {
        SendTimeAttributes.architecture,
        ExternalTemplates.architecture,
    }
    for alarm in alarms:
        dimensions = alarm.inputs["dimensions"]
        fallbacks = counting.Fallbacks()
        for at, reason in enumerate(TROUBLE):
            fallbacks.add(f"e{at}", reason)
        capsys.readouterr()
        counting.count(dimensions["service"], dimensions["application"], "c", 50, fallbacks)
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        [told] = written
        [directive] = told["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == alarm.inputs["namespace"]
        assert [set(names) for names in directive["Dimensions"]] == [set(dimensions)]
        assert {name: told[name] for name in dimensions} == dimensions
        assert alarm.inputs["metricName"] in {metric["Name"] for metric in directive["Metrics"]}
        [value] = told[alarm.inputs["metricName"]]
        assert value == len(TROUBLE) > alarm.inputs["threshold"]


@pytest.mark.parametrize("stack", ["foundation", "everything"])
def test_the_journeys_alarm_stands_on_what_the_worker_writes(all_stacks, stack, capsys):
    (alarm,) = of(all_stacks[stack], watch.NAMESPACE)
    names = [each.outputs["name"] for each in all_stacks[stack].of("Function")]
    assert alarm.inputs["dimensions"]["function"] in names
    watch.tell(alarm.inputs["dimensions"]["function"], 3)
    written = json.loads(capsys.readouterr().out)
    (metric,) = written["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == watch.NAMESPACE
    assert set(metric["Dimensions"][0]) == alarm.inputs["dimensions"].keys()
    assert {name: written[name] for name in metric["Dimensions"][0]} == alarm.inputs["dimensions"]
    assert written[alarm.inputs["metricName"]] == [3.0]
