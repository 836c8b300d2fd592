"""Custom channels: grants, environment, queues, registration, config, and a channel of one's own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence

import pytest

from components.building_blocks.account import Account
from components.building_blocks.policy import Statement
from components.config import ConfigError
from components.connect_channel import ConnectChannel, ConnectChannelConfig
from components.custom_channel import CustomChannel, CustomChannelArgs, CustomChannelConfig
from components.whatsapp_channel import WhatsAppChannel, WhatsAppChannelConfig
from handlers.custom_channel import sender
from handlers.custom_channel.channel import channel_of
from stacks import campaigns
from tests.components import projects
from tests.components.projects import allow
from tests.conftest import run_stack, whole_config
from tests.recorder import ACCOUNT, REGION, record

INSTANCE, FLOW, QUEUE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
CONNECT = {"instanceId": INSTANCE, "contactFlowId": FLOW, "queueId": QUEUE}
WHATSAPP = {"phoneNumberId": "phone-number-id-0123456789abcdef"}
SQS = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
KINDS = {
    "connectChannel": (ConnectChannel, ConnectChannelConfig, CONNECT),
    "whatsAppChannel": (WhatsAppChannel, WhatsAppChannelConfig, WHATSAPP),
}
both = pytest.mark.parametrize("key", KINDS)


def channel(key="connectChannel", platform="hosted", **config):
    """A channel with this config."""
    kind, model, needed = KINDS[key]
    given = model.model_validate_json(json.dumps({"enabled": True, **needed, **config}))

    def program():
        made = kind("ch", CustomChannelArgs(given, projects.project(platform)))
        return {"arn": made.function_arn, "refused": made.refused_queue_url}

    return record(program)


@both
def test_a_function_may_do_what_it_does_and_no_more(key):
    recorder = channel(key)
    assert projects.grants(recorder, "ch") == [allow(["sqs:SendMessage"], f"{SQS}:ch-calls-queue")]
    assert projects.grants(recorder, "ch-sender")[1:] == [
        *projects.CALLS_API,
        allow(
            ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ch-table",
        ),
        allow(["sqs:ChangeMessageVisibility"], f"{SQS}:ch-calls-queue"),
        allow(["sqs:SendMessage"], f"{SQS}:ch-calls-dead-letters"),
        allow(["sqs:SendMessage"], f"{SQS}:ch-refused-queue"),
    ]


@pytest.mark.parametrize(
    ("key", "config", "model", "unset"),
    [
        ("connectChannel", {}, "ConnectEnvironment", set()),
        (
            "whatsAppChannel",
            {},
            "WhatsAppEnvironment",
            {"WHATSAPP_TEMPLATE", "WHATSAPP_LANGUAGE", "WHATSAPP_PARAMETERS"},
        ),
        ("whatsAppChannel", {"template": {"name": "order"}}, "WhatsAppEnvironment", set()),
    ],
)
def test_the_functions_get_exactly_the_variables_that_they_read(key, config, model, unset):
    recorder = channel(key, **config)
    own = projects.read_by(KINDS[key][0].package, model) - unset
    assert projects.environment(recorder, "ch") == own | projects.read_by("custom_channel", "HookEnvironment")
    assert projects.environment(recorder, "ch-sender") == own | {"ENGAGEMENT_ENDPOINT_URL"} | projects.read_by(
        "custom_channel", "SenderEnvironment"
    )


def test_the_channel_types_are_those_of_the_config():
    def types(recorder):
        return recorder.one("Function", "ch-function").inputs["environment"]["variables"]["CHANNEL_TYPES"]

    assert types(channel()) == types(channel("whatsAppChannel")) == "SMS"
    assert types(channel("whatsAppChannel", endpointTypes=["SMS", "CUSTOM"])) == "SMS,CUSTOM"


def test_the_hook_answers_in_15_seconds_and_the_queue_waits_six_times_as_long_as_its_sender():
    recorder = channel()
    assert recorder.one("Function", "ch-function").inputs["timeout"] == 15
    sender = recorder.one("Function", "ch-sender-function").inputs["timeout"]
    assert recorder.one("Queue", "ch-calls-queue").inputs["visibilityTimeoutSeconds"] == 6 * sender


@pytest.mark.parametrize(("rate", "processes"), [(0.2, 2), (2, 2), (21, 3), (500, 50)])
def test_there_are_no_more_processes_than_the_rate_needs(rate, processes):
    mapping = channel(callsPerSecond=rate).one("EventSourceMapping").inputs
    assert mapping["scalingConfig"] == {"maximumConcurrency": processes}


@pytest.mark.parametrize(("rate", "batch"), [(0.2, 10), (2, 10), (2.5, 12), (10, 50), (500, 50)])
def test_the_queue_hands_out_what_the_sender_claims_together(rate, batch):
    mapping = channel(callsPerSecond=rate).one("EventSourceMapping").inputs
    assert mapping["batchSize"] == batch
    assert mapping.get("maximumBatchingWindowInSeconds") == (1 if batch > 10 else None)
    assert batch == max(10, min(sender.CHUNK, int(rate * sender.CHUNK_SECONDS)))


@both
def test_a_channel_of_the_project_becomes_its_delivery_hook(key):
    recorder = channel(key)
    assert json.loads(recorder.one("Invocation").inputs["input"]) == {
        "FunctionArn": recorder.outputs["arn"],
        "Mode": "DELIVERY",
    }


@both
def test_a_channel_of_campaigns_registers_nothing_and_may_be_called(key):
    recorder = channel(key, registration="campaigns")
    assert not recorder.of("Invocation")
    callers = [found.inputs["principal"] for found in recorder.of("Permission")]
    assert sorted(callers) == sorted([projects.CAMPAIGN_ROLE, projects.JOURNEYS_ROLE])  # registered in any order
    pinpoint = [found.inputs for found in channel(key, "pinpoint", registration="campaigns").of("Permission")]
    assert {found["sourceArn"] for found in pinpoint} == {
        f"{projects.APP}/campaigns/*",
        f"{projects.APP.replace(':apps/', ':/apps/')}/campaigns/*",
    }
    assert {found["sourceAccount"] for found in pinpoint} == {ACCOUNT}


@both
def test_who_was_reached_is_remembered_beyond_the_stack_unless_config_says_otherwise(key):
    assert channel(key).one("Table").inputs["deletionProtectionEnabled"] is True
    assert channel(key, retainData=False).one("Table").inputs["deletionProtectionEnabled"] is False


def test_the_archives_have_their_channel_and_no_other():
    with zipfile.ZipFile(channel().one("Function", "ch-sender-function").inputs["code"]) as archive:
        names = archive.namelist()
    assert "handlers/connect_channel/channel.py" in names
    assert not [name for name in names if "whatsapp" in name or "send_time" in name]


@both
def test_the_modules_channel_has_the_name_of_the_config_key(key, monkeypatch):
    kind, model, needed = KINDS[key]
    given = model.model_validate_json(json.dumps({"enabled": True, **needed}))
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name, value in kind.environment(kind.__new__(kind), given).items():
        monkeypatch.setenv(name, str(value))
    assert channel_of(kind.package).name == key == kind.architecture


class PostConfig(CustomChannelConfig):
    url: str = "https://post.example"


class PostChannel(CustomChannel[PostConfig]):
    """A channel of one's own."""

    architecture = "postChannel"
    package = "connect_channel"

    def environment(self, config: PostConfig) -> Mapping[str, str]:
        return {"URL": config.url}

    def statements(self, config: PostConfig, account: Account) -> Sequence[Statement]:
        return []


def test_a_channel_of_ones_own_is_one_class_and_one_key(monkeypatch, all_stacks):
    monkeypatch.setitem(campaigns.MODELS, "postChannel", PostConfig)
    monkeypatch.setitem(campaigns.CHANNELS, "postChannel", PostChannel)
    monkeypatch.setitem(campaigns.ARCHITECTURES, "postChannel", PostConfig)
    config = {"postChannel": {"enabled": True, "callsPerSecond": 5}}
    built = run_stack("campaigns", config, {"foundation": all_stacks["foundation"].outputs})
    assert {"postChannelFunctionArn", "postChannelRefusedQueueUrl"} <= built.outputs.keys()


@pytest.mark.parametrize("stack", ["campaigns", "everything"])
def test_a_channel_that_claims_the_hook_of_14_and_15_is_told_with_the_names_of_both(stack):
    config = whole_config(stack)
    config["connectChannel"] = config["connectChannel"] | {"registration": "project"}
    registered: list = []
    with pytest.raises(
        ConfigError,
        match=r"connectChannel.enabled: true, and so is that of sendTimeAttributes.*allowed: one of the two, or "
        r"engagement:connectChannel.registration: campaigns",
    ):
        record(
            lambda: __import__(f"stacks.{stack}", fromlist=["program"]).program(""),
            resources=registered,
            config=config,
        )
    assert registered == []


def test_two_channels_that_claim_the_hook_are_a_conflict_and_of_campaigns_they_are_none(all_stacks):
    needed = {"foundation": all_stacks["foundation"].outputs}
    config = {"connectChannel": {"enabled": True, **CONNECT}, "whatsAppChannel": {"enabled": True, **WHATSAPP}}
    with pytest.raises(ConfigError, match="both deliver messages themselves"):
        run_stack("campaigns", config, needed)
    config["whatsAppChannel"]["registration"] = "campaigns"
    assert len(run_stack("campaigns", config, needed).of("Invocation")) == 1
