"""Architecture 16, calls through Amazon Connect: what it may do, and its config."""

from __future__ import annotations

import json

import pydantic
import pytest

from components.connect_channel import ConnectChannel, ConnectChannelConfig
from components.custom_channel import CustomChannelArgs
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import record

INSTANCE, FLOW, QUEUE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
NEEDED = {"instanceId": INSTANCE, "contactFlowId": FLOW, "queueId": QUEUE}


def given(**config):
    return ConnectChannelConfig.model_validate_json(json.dumps({"enabled": True, **NEEDED, **config}))


def channel():
    return record(lambda: ConnectChannel("ch", CustomChannelArgs(given(), projects.project())) and None)


def test_connect_may_start_contacts_whether_or_not_aws_knows_a_resource_and_of_its_instance_alone_where_it_tells():
    assert projects.grants(channel(), "ch-sender")[0] == allow(
        ["connect:StartOutboundVoiceContact"], "*", StringEqualsIfExists={"connect:InstanceId": INSTANCE}
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"queueId": None}, "queueId is missing"),
        ({"queueId": None, "instanceId": None}, "instanceId, queueId are missing"),
        ({"instanceId": f"arn:aws:connect:eu-west-1:123456789012:instance/{INSTANCE}"}, "pattern"),
        ({"callsPerSecond": 0}, "greater than or equal to 0.2"),
        ({"registration": "both"}, "'project' or 'campaigns'"),
    ],
)
def test_config_is_checked(config, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        given(**config)
