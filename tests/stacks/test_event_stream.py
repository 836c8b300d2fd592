"""The project's event stream: which one it is, and what is said where there is none to read; where alerts go."""

import json
from typing import Any

import pytest

from components.config import ConfigError
from tests.conftest import committed_config, run_stack, whole_config
from tests.recorder import ACCOUNT, REGION, Recorder

READERS = ("eventBasedSegmentation", "pinpointEventProcessing", "eventDatabase", "messageArchiver")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:operations"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0abc"


def project(stack: str = "foundation", *, readers: bool = True, **changed: Any) -> dict[str, Any]:
    """The committed config with another project; readers: whether the readers of the stream stay on."""
    config = committed_config(stack)
    config["project"] = {**config["project"], **changed}
    for key in READERS:
        if not readers and key in config:
            config[key] = {**config[key], "enabled": False}
    return config


def stream(**given: Any) -> Recorder:
    return run_stack("foundation", project(events={"stream": given}))


def test_a_stream_grows_by_itself_unless_config_says_otherwise():
    found = run_stack("foundation", project()).one("Stream").inputs
    assert (found["streamModeDetails"], found.get("shardCount")) == ({"streamMode": "ON_DEMAND"}, None)


def test_a_provisioned_stream_has_its_shards():
    found = stream(mode="provisioned", shards=2).one("Stream").inputs
    assert (found["streamModeDetails"], found["shardCount"]) == ({"streamMode": "PROVISIONED"}, 2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mode": "provisioned"}, "events.stream: shards is missing; needed for mode provisioned"),
        ({"mode": "none", "shards": 1}, "events.stream: shards is given for mode none"),
        ({"shards": 1}, "shards is given for mode onDemand"),
        ({"mode": "ondemand"}, "events.stream.mode: given"),
        ({"mode": "provisioned", "shards": 0}, "events.stream.shards: given 0"),
    ],
)
def test_a_bad_stream_is_told(given, told):
    with pytest.raises(ConfigError) as error:
        stream(**given)
    assert told in str(error.value)


def test_translated_events_need_a_stream():
    with pytest.raises(ConfigError, match=r"project\.events: translation is true with stream\.mode none"):
        run_stack("foundation", project(events={"translation": True, "stream": {"mode": "none"}}))


@pytest.fixture(scope="module")
def streamless() -> Recorder:
    return stream(mode="none")


def test_without_a_stream_nobody_may_write_to_one_and_the_application_has_none(streamless):
    assert not streamless.of("Stream")
    assert streamless.outputs["eventStreamArn"] == ""
    assert not [each.name for each in streamless.of("RolePolicy") if "kinesis:" in each.inputs["policy"]]
    variables = [
        each.inputs["environment"]["variables"] for each in streamless.of("Function") if "environment" in each.inputs
    ]
    assert {each["EVENT_STREAM_ARN"] for each in variables if "EVENT_STREAM_ARN" in each} == {""}
    assert json.loads(streamless.one("Invocation").inputs["input"])["EventStream"] == "none"


@pytest.mark.parametrize("stack", ["audience", "events"])
def test_readers_without_a_stream_are_told_what_to_do_before_anything_is_made(streamless, stack):
    config = whole_config(stack)
    with pytest.raises(ConfigError) as error:
        run_stack(stack, config, {"foundation": streamless.outputs})
    reading = [key for key in READERS if key in config]
    for key in reading:
        assert f"engagement:{key}.enabled: true, but it reads the event stream" in str(error.value)
    assert "project.events.stream.mode is none in the project's stack; allowed: onDemand or provisioned there" in str(
        error.value
    )
    assert f"{len(reading)} problem" in str(error.value)


def test_readers_without_a_stream_are_told_in_one_stack_too():
    with pytest.raises(ConfigError, match="4 problems") as error:
        run_stack(
            "everything",
            project("everything", events={"stream": {"mode": "none"}}) | {"eventBasedSegmentation": {"enabled": True}},
        )
    assert all(f"engagement:{key}.enabled" in str(error.value) for key in READERS)


def test_everything_else_does_without_a_stream():
    config = project("everything", readers=False, events={"stream": {"mode": "none"}})
    recorder = run_stack("everything", config)
    assert not recorder.of("Stream")
    assert not [each.name for each in recorder.of("RolePolicy") if "kinesis:" in each.inputs["policy"]]


def test_a_pinpoint_project_without_a_stream_has_no_event_stream():
    recorder = run_stack("foundation", {"project": {"platform": "pinpoint", "events": {"stream": {"mode": "none"}}}})
    assert not recorder.of("Stream")
    assert not recorder.of("EventStream")


def test_alarms_go_to_the_topic_that_exists_already_and_the_pipeline_may_publish_there():
    config = project("everything", alerts={"topicArn": TOPIC, "keyArn": KEY})
    recorder = run_stack("everything", config)
    assert recorder.outputs["alertTopicArn"] == TOPIC
    assert {tuple(alarm.inputs["alarmActions"]) for alarm in recorder.of("MetricAlarm")} == {(TOPIC,)}
    assert not [topic.name for topic in recorder.of("Topic") if "alerts" in topic.name]
    granted = json.loads(recorder.one("RolePolicy", "import-validate-campaign-forwarder-grants").inputs["policy"])
    may = [(each["Action"], each["Resource"]) for each in granted["Statement"]]
    assert (["sns:Publish"], [TOPIC]) in may
    assert (["kms:Decrypt", "kms:GenerateDataKey"], [KEY]) in may


def test_a_topic_without_a_key_needs_no_right_on_one():
    recorder = run_stack("everything", project("everything", alerts={"topicArn": TOPIC}))
    granted = recorder.one("RolePolicy", "import-validate-campaign-forwarder-grants").inputs["policy"]
    assert "kms:" not in granted


def test_an_address_is_subscribed_to_the_topic_that_is_made():
    recorder = run_stack("foundation", project(alerts={"email": "ops@example.com"}))
    found = recorder.one("TopicSubscription", "alerts-email").inputs
    assert (found["protocol"], found["endpoint"]) == ("email", "ops@example.com")
    assert found["topic"] == recorder.one("Topic", "alerts").outputs["arn"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"email": "ops"}, "project.alerts.email: allowed: an address"),
        ({"email": "Ops <ops@example.com>"}, "project.alerts.email: allowed: an address alone"),
        ({"topicArn": TOPIC, "email": "ops@example.com"}, "project.alerts: both topicArn and email are given"),
        ({"keyArn": KEY}, "project.alerts: keyArn is given without topicArn"),
        ({"topicArn": f"{TOPIC}.fifo"}, "project.alerts.topicArn: given"),
        (
            {"topicArn": TOPIC.replace(REGION, "us-east-1")},
            f"project.alerts.topicArn: given {TOPIC.replace(REGION, 'us-east-1')}, of Region us-east-1; allowed: one of {REGION}",
        ),
    ],
)
def test_bad_alerts_are_told(given, told):
    with pytest.raises(ConfigError) as error:
        run_stack("foundation", project(alerts=given))
    assert told in str(error.value)


def test_a_foundation_of_before_says_nothing_of_keys_and_is_read_all_the_same(all_stacks):
    exported = dict(all_stacks["foundation"].outputs["project"])
    for name in ("event_stream_key_arn", "alert_key_arn", "job_roles_path"):
        del exported[name]
    config = {**whole_config("audience"), "references": {}}
    recorder = run_stack("audience", config, {"foundation": {"project": exported}})
    assert recorder.named() == all_stacks["audience"].named()
