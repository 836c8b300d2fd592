"""Architecture 16, messages in WhatsApp: what it may do, and its config."""

from __future__ import annotations

import json

import pydantic
import pytest

from components.custom_channel import CustomChannelArgs
from components.whatsapp_channel import WhatsAppChannel, WhatsAppChannelConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NEEDED = {"phoneNumberId": "phone-number-id-0123456789abcdef"}


def given(**config):
    return WhatsAppChannelConfig.model_validate_json(json.dumps({"enabled": True, **NEEDED, **config}))


def channel():
    return record(lambda: WhatsAppChannel("ch", CustomChannelArgs(given(), projects.project())) and None)


def test_whatsapp_may_write_from_its_number_alone():
    assert projects.grants(channel(), "ch-sender")[0] == allow(
        ["social-messaging:SendWhatsAppMessage"],
        f"arn:aws:social-messaging:{REGION}:{ACCOUNT}:phone-number-id/0123456789abcdef",
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"phoneNumberId": None}, "phoneNumberId is missing"),
        ({"phoneNumberId": "+12065550100"}, "pattern"),
        ({"template": {"name": "Order Update"}}, "pattern"),
        ({"template": {"name": "a", "parameters": ["x" * 1600]}}, "1,500"),
        ({"endpointTypes": ["EMAIL"]}, "'SMS' or 'CUSTOM'"),
    ],
)
def test_config_is_checked(config, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        given(**config)
