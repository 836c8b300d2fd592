"""The dashboard of every stack: all that the stack makes is on it, by metrics that AWS documents, within CloudWatch's limits."""

import json
from typing import Any

import pytest

from components.building_blocks import watched, widgets
from components.building_blocks.dashboard import dashboard_name
from components.building_blocks.widgets import Graph, Line, Section
from components.config import ConfigError
from sandbox.deployer.resources.dashboards import problems
from tests.conftest import PROGRAMS, committed_config, run_stack, whole_config
from tests.recorder import REGION, Recorder
from tests.stacks.guarded import PREFIX, guarded_config

stacks = pytest.mark.parametrize("stack", PROGRAMS)

DOCS = "https://docs.aws.amazon.com"
LAMBDA = f"{DOCS}/lambda/latest/dg/monitoring-metrics-types.html"
SQS = f"{DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
STATES = f"{DOCS}/step-functions/latest/dg/procedure-cw-metrics.html"
KINESIS = f"{DOCS}/streams/latest/dev/monitoring-with-cloudwatch.html"
FIREHOSE = f"{DOCS}/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"
DYNAMODB = f"{DOCS}/amazondynamodb/latest/developerguide/metrics-dimensions.html"
SNS = f"{DOCS}/sns/latest/dg/sns-monitoring-using-cloudwatch.html"
EVENTS = f"{DOCS}/eventbridge/latest/userguide/eb-monitoring.html"
CLOUDFRONT = f"{DOCS}/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html"
SES = f"{DOCS}/ses/latest/dg/event-publishing-retrieving-cloudwatch.html"
REPUTATION = f"{DOCS}/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html"
TEXTS = f"{DOCS}/sms-voice/latest/userguide/monitoring-cloudwatch.html"

TOLD: dict[str, dict[tuple[str, ...], dict[str, tuple[str, str]]]] = {
    "AWS/Lambda": {
        ("FunctionName",): {
            "Invocations": ("Sum", LAMBDA),
            "Errors": ("Sum", LAMBDA),
            "Throttles": ("Sum", LAMBDA),
            "DestinationDeliveryFailures": ("Sum", LAMBDA),
            "Duration": ("Maximum", LAMBDA),
            "IteratorAge": ("Maximum", LAMBDA),
        }
    },
    "AWS/SQS": {
        ("QueueName",): {
            "NumberOfMessagesSent": ("Sum", SQS),
            "ApproximateNumberOfMessagesVisible": ("Maximum", SQS),
            "ApproximateNumberOfMessagesNotVisible": ("Maximum", SQS),
            "ApproximateAgeOfOldestMessage": ("Maximum", SQS),
        }
    },
    "AWS/States": {
        ("StateMachineArn",): {
            "ExecutionsStarted": ("Sum", STATES),
            "ExecutionsFailed": ("Sum", STATES),
            "ExecutionsTimedOut": ("Sum", STATES),
            "ExecutionsAborted": ("Sum", STATES),
            "ExecutionThrottled": ("Sum", STATES),
        }
    },
    "AWS/Kinesis": {
        ("StreamName",): {
            "IncomingRecords": ("Sum", KINESIS),
            "GetRecords.IteratorAgeMilliseconds": ("Maximum", KINESIS),
            "WriteProvisionedThroughputExceeded": ("Sum", KINESIS),
            "ReadProvisionedThroughputExceeded": ("Sum", KINESIS),
        }
    },
    "AWS/Firehose": {
        ("DeliveryStreamName",): {
            "DataReadFromKinesisStream.Records": ("Sum", FIREHOSE),
            "KinesisMillisBehindLatest": ("Maximum", FIREHOSE),
            "DeliveryToS3.DataFreshness": ("Maximum", FIREHOSE),
        }
    },
    "AWS/DynamoDB": {
        ("TableName",): {
            "ConsumedReadCapacityUnits": ("Sum", DYNAMODB),
            "ConsumedWriteCapacityUnits": ("Sum", DYNAMODB),
            "ReadThrottleEvents": ("Sum", DYNAMODB),
            "WriteThrottleEvents": ("Sum", DYNAMODB),
        }
    },
    "AWS/SNS": {
        ("TopicName",): {"NumberOfMessagesPublished": ("Sum", SNS), "NumberOfNotificationsFailed": ("Sum", SNS)}
    },
    "AWS/Events": {("RuleName",): {"MatchedEvents": ("Sum", EVENTS), "FailedInvocations": ("Sum", EVENTS)}},
    "AWS/CloudFront": {
        ("Region", "DistributionId"): {"Requests": ("Sum", CLOUDFRONT), "TotalErrorRate": ("Average", CLOUDFRONT)}
    },
    "AWS/SES": {
        (): {
            **dict.fromkeys(("Send", "Delivery", "Bounce", "Complaint", "Reject"), ("Sum", SES)),
            "Reputation.BounceRate": ("Average", REPUTATION),
            "Reputation.ComplaintRate": ("Average", REPUTATION),
        }
    },
    "AWS/SMSVoice": {
        (): {
            "NumberOfTextMessagePartsSent": ("Sum", TEXTS),
            "NumberOfTextMessagePartsDelivered": ("Sum", TEXTS),
            "TextMessagesBlockedByProtect": ("Sum", TEXTS),
            "TextMessageMonthlySpend": ("Maximum", TEXTS),
        }
    },
}
"""Namespace -> dimensions -> metric -> the statistic that means something, and AWS's page that says all four."""


def body(recorder: Recorder) -> dict[str, Any]:
    return json.loads(recorder.one("Dashboard").inputs["dashboardBody"])


def graphs(recorder: Recorder) -> dict[str, dict[str, Any]]:
    """The graphs' properties by section and title, which is theirs alone."""
    found: dict[str, dict[str, Any]] = {}
    section = ""
    for widget in body(recorder)["widgets"]:
        if widget["type"] == "text":
            section = widget["properties"]["markdown"].partition("\n")[0].removeprefix("## ")
        if widget["type"] == "metric":
            name = f"{section}: {widget['properties']['title']}"
            assert name not in found
            found[name] = widget["properties"]
    return found


def metrics(recorder: Recorder) -> list[tuple[str, list[Any]]]:
    """Every metric of the dashboard (no expressions), beside the Region of its graph."""
    return [
        (graph["region"], metric)
        for graph in graphs(recorder).values()
        for metric in graph["metrics"]
        if "expression" not in metric[0]
    ]


def shown(recorder: Recorder, metric: str) -> set[str]:
    """What is shown by a metric: the values of its last dimension."""
    return {each[-2] for _, each in metrics(recorder) if each[1] == metric}


def names(recorder: Recorder, kind: str, output: str = "name") -> set[str]:
    return {resource.outputs[output] for resource in recorder.of(kind)}


@stacks
def test_every_metric_is_told_by_aws_with_its_dimensions_and_statistic(all_stacks, stack):
    for region, (namespace, metric, *dimensions, options) in metrics(all_stacks[stack]):
        statistic, source = TOLD[namespace][tuple(dimensions[::2])][metric]
        assert options["stat"] == statistic, metric
        assert source.startswith("https://docs.aws.amazon.com/")
        assert all(dimensions), metric
        assert region == ("us-east-1" if namespace == "AWS/CloudFront" else REGION)


def test_every_metric_of_the_table_is_on_the_dashboard_of_everything(all_stacks):
    on_it = {(metric[0], metric[1]) for _, metric in metrics(all_stacks["everything"])}
    known = {(space, metric) for space, sets in TOLD.items() for told in sets.values() for metric in told}
    assert on_it == known


@stacks
def test_every_function_queue_machine_stream_and_table_is_on_the_dashboard(all_stacks, stack):
    recorder = all_stacks[stack]
    for metric in ("Invocations", "Errors", "Throttles", "Duration"):
        assert shown(recorder, metric) == names(recorder, "Function"), metric
    assert shown(recorder, "ApproximateNumberOfMessagesVisible") == names(recorder, "Queue")
    for metric in ("ExecutionsStarted", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"):
        assert shown(recorder, metric) == names(recorder, "StateMachine", "arn"), metric
    for metric in ("IncomingRecords", "GetRecords.IteratorAgeMilliseconds"):
        assert shown(recorder, metric) == names(recorder, "Stream"), metric
    for metric in ("DeliveryToS3.DataFreshness", "KinesisMillisBehindLatest"):
        assert shown(recorder, metric) == names(recorder, "FirehoseDeliveryStream"), metric
    for metric in ("ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"):
        assert shown(recorder, metric) == names(recorder, "Table"), metric
    assert shown(recorder, "NumberOfNotificationsFailed") == names(recorder, "Topic")
    assert shown(recorder, "FailedInvocations") == names(recorder, "EventRule")
    assert len(shown(recorder, "TotalErrorRate")) == len(recorder.of("Distribution"))


@stacks
def test_a_queue_is_either_among_the_queues_or_among_the_dead_letters(all_stacks, stack):
    recorder = all_stacks[stack]
    alarmed = {
        alarm.inputs["dimensions"]["QueueName"]
        for alarm in recorder.of("MetricAlarm")
        if alarm.inputs["namespace"] == "AWS/SQS"
    }
    drawn = graphs(recorder).get("Queues: Dead letters", {"metrics": []})["metrics"]
    assert {metric[3] for metric in drawn} == alarmed
    assert shown(recorder, "ApproximateAgeOfOldestMessage") == names(recorder, "Queue") - alarmed


@stacks
def test_every_alarm_is_on_the_dashboard_and_the_metric_that_it_watches_too(all_stacks, stack):
    recorder = all_stacks[stack]
    widgets = [widget["properties"]["alarms"] for widget in body(recorder)["widgets"] if widget["type"] == "alarm"]
    assert {arn for arns in widgets for arn in arns} == names(recorder, "MetricAlarm", "arn")
    on_it = {(metric[0], metric[1], *metric[2:-1]) for _, metric in metrics(recorder)}
    for alarm in recorder.of("MetricAlarm"):
        if not alarm.inputs["namespace"].startswith("engagement/"):
            dimensions = [part for pair in alarm.inputs["dimensions"].items() for part in pair]
            assert (alarm.inputs["namespace"], alarm.inputs["metricName"], *dimensions) in on_it, alarm.name


@stacks
def test_every_function_that_reads_a_stream_shows_its_iterator_age(all_stacks, stack):
    recorder = all_stacks[stack]
    functions = {function.outputs["arn"]: function.outputs["name"] for function in recorder.of("Function")}
    readers = {
        functions[mapping.inputs["functionName"]]
        for mapping in recorder.of("EventSourceMapping")
        if ":kinesis:" in mapping.inputs["eventSourceArn"]
    }
    assert shown(recorder, "IteratorAge") == readers


@stacks
def test_a_failure_that_reaches_no_destination_is_shown_for_every_function_that_has_one(all_stacks, stack):
    recorder = all_stacks[stack]
    waited_for_by_nobody = {config.inputs["functionName"] for config in recorder.of("FunctionEventInvokeConfig")}
    assert shown(recorder, "DestinationDeliveryFailures") == waited_for_by_nobody


@stacks
def test_a_duration_is_held_against_the_functions_own_time_limit(all_stacks, stack):
    recorder = all_stacks[stack]
    limits = {function.outputs["name"]: int(function.inputs["timeout"]) for function in recorder.of("Function")}
    drawn = graphs(recorder).get("Functions: Longest duration, % of the time limit")
    for hidden, shares in zip(drawn["metrics"][::2], drawn["metrics"][1::2], strict=True) if drawn else ():
        (share,) = shares
        assert share["expression"] == f"100 * {hidden[-1]['id']} / {1000 * limits.pop(hidden[3])}"
        assert hidden[-1]["visible"] is False
    assert limits == {}


@pytest.mark.parametrize("stack", ["events", "email", "everything"])
def test_bounces_and_complaints_have_the_lines_at_which_ses_acts(all_stacks, stack):
    drawn = graphs(all_stacks[stack])
    for title, values in (("Bounce rate, %", [5, 10]), ("Complaint rate, %", [0.1, 0.5])):
        graph = drawn[f"What is sent: {title}"]
        assert [line["value"] for line in graph["annotations"]["horizontal"]] == values
        assert graph["metrics"][1][0]["expression"] == "100 * share"


@pytest.mark.parametrize(
    ("stack", "email", "texts"),
    [("everything", 1, 1), ("foundation", 0, 1), ("email", 1, 0), ("sms", 0, 1), ("pipeline", 0, 0)],
)
def test_what_is_sent_is_shown_where_a_role_may_send_it(all_stacks, stack, email, texts):
    drawn = graphs(all_stacks[stack])
    assert ("What is sent: Email" in drawn, "What is sent: Texts" in drawn) == (bool(email), bool(texts))


def test_the_spend_on_texts_has_the_accounts_limit_as_its_line():
    config = whole_config("foundation") | {"dashboard": {"enabled": True, "textSpendLimit": 250}}
    title = "What is sent: Spent on texts this month, US dollars"
    (line,) = graphs(run_stack("foundation", config))[title]["annotations"]["horizontal"]
    assert line["value"] == 250
    assert "annotations" not in graphs(run_stack("foundation", whole_config("foundation")))[title]


@stacks
def test_cloudwatch_takes_the_dashboard(all_stacks, stack):
    inputs = all_stacks[stack].one("Dashboard").inputs
    assert problems(inputs["dashboardName"], inputs["dashboardBody"]) == []
    widgets = body(all_stacks[stack])["widgets"]
    taken = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(taken) == len(set(taken)), "widgets lie on one another"


def test_a_dashboards_name_is_its_stacks_and_regions_alone_and_has_the_prefix():
    guarded = run_stack("content", guarded_config("content"), environment="prod.eu")
    assert guarded.one("Dashboard").inputs["dashboardName"] == f"{PREFIX}engagement-content-prod-eu-{REGION}"


def test_a_name_too_long_loses_its_beginning_never_what_tells_it_from_others(monkeypatch):
    monkeypatch.setattr("pulumi.get_stack", lambda: f"audience-{'x' * 90}")
    assert len(dashboard_name("n" * 300, REGION)) == 255
    assert dashboard_name("n" * 300, REGION).endswith(f"-audience-{'x' * 90}-{REGION}")


@stacks
def test_only_everythings_sample_has_a_dashboard(stack):
    assert committed_config(stack).get("dashboard") is (True if stack == "everything" else None)


@pytest.mark.parametrize("given", [True, {"enabled": True}])
def test_true_alone_is_as_good_as_enabled(given):
    assert run_stack("content", {"dashboard": given}).one("Dashboard")


@pytest.mark.parametrize("given", [False, {}, {"enabled": False}])
def test_without_it_nothing_is_drawn(given):
    assert run_stack("content", {"dashboard": given}).resources == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (1, "engagement:dashboard: allowed: true, false, or an object of keys and values; given: 1"),
        ("yes", 'engagement:dashboard: allowed: true, false, or an object of keys and values; given: "yes"'),
        ({"enable": True}, "engagement:dashboard.enable: unknown key (did you mean enabled?); allowed: enabled, "),
        ({"textSpendLimit": 5}, "textSpendLimit is given without enabled"),
        ({"enabled": True, "textSpendLimit": 0}, "engagement:dashboard.textSpendLimit: given 0; allowed: greater than"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(given, told):
    with pytest.raises(ConfigError) as raised:
        run_stack("content", {"dashboard": given})
    assert told in str(raised.value)


def test_what_a_program_makes_is_not_on_the_dashboard_of_the_next():
    first = run_stack("content", whole_config("content"))
    run_stack("foundation", whole_config("foundation"))
    assert body(run_stack("content", whole_config("content"))) == body(first)
    assert watched.current() is None


def test_more_lines_than_a_graph_may_have_are_drawn_as_several():
    lines = [Line("AWS/SQS", "NumberOfMessagesSent", ("QueueName", f"q{at}")) for at in range(501)]
    drawn = widgets.body("t", [f"arn{at}" for at in range(101)], [Section("s", "", [Graph("g", lines)])], REGION)
    titles = {widget["properties"].get("title") for widget in drawn["widgets"] if widget["type"] == "metric"}
    assert titles == {"g (1 of 2)", "g (2 of 2)"}
    assert problems("name", json.dumps(drawn)) == []


@pytest.mark.parametrize(
    ("name", "widget", "told"),
    [
        ("a b", {}, "name 'a b' is not"),
        ("a", {"type": "metrics"}, "does not know type 'metrics'"),
        ("a", {"x": 20}, "outside of the 24 columns"),
        ("a", {"width": 0}, "width is 0"),
        ("a", {"properties": {"metrics": [["AWS/SQS", "X", "QueueName", "q"]]}}, "'region' is missing"),
        ("a", {"properties": {"region": "r", "metrics": [["AWS/SQS", "X", "QueueName"]]}}, "pairs of dimensions"),
        ("a", {"properties": {"region": "r", "metrics": [[{"expression": "2 * m", "id": "e"}]]}}, "needs ['m']"),
        ("a", {"properties": {"region": "r", "metrics": [["A", "B"]] * 501}}, "501 metrics"),
    ],
)
def test_the_sandbox_refuses_what_cloudwatch_does_not_take(name, widget, told):
    good = {"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6}
    good["properties"] = {"region": REGION, "metrics": [["AWS/SQS", "X", "QueueName", "q"]]}
    assert problems("a", json.dumps({"widgets": [good]})) == []
    assert told in "; ".join(problems(name, json.dumps({"widgets": [good | widget]})))
