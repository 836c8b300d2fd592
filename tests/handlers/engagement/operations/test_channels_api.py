"""Channels: read from the project's config, which is where they are changed."""

import pytest

APP = "0a" * 16
IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity/"


@pytest.fixture
def configured(world, monkeypatch):
    """A client of a service with this configuration."""
    from handlers.engagement import service
    from tests.handlers.engagement.conftest import connect

    def make(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        service.forget()
        return connect()

    yield make
    service.forget()


@pytest.mark.parametrize(
    ("identity", "members"),
    [
        ("", {}),
        ("+12065550100", {}),
        ("pool-0123456789abcdef", {}),
        ("arn:aws:sms-voice:eu-west-1:123456789012:phone-number/phone-01", {}),
        ("arn:aws:sms-voice:eu-west-1:123456789012:sender-id/SHOP/DE", {"SenderId": "SHOP"}),
        ("SHOP", {"SenderId": "SHOP"}),
        ("12345", {"ShortCode": "12345"}),
    ],
)
def test_the_text_channel_tells_who_texts_come_from(configured, identity, members):
    channel = configured(SMS_ORIGINATION_IDENTITY=identity).get_sms_channel(ApplicationId=APP)["SMSChannelResponse"]
    assert {name: channel[name] for name in ("SenderId", "ShortCode") if name in channel} == members
    assert (channel["Platform"], channel["Enabled"], channel["Id"]) == ("SMS", True, "sms")


def test_the_email_channel_is_there_when_the_project_has_a_sender(configured):
    client = configured(EMAIL_FROM_ADDRESS="Shop <shop@example.org>", EMAIL_CONFIGURATION_SET="mail")
    channel = client.get_email_channel(ApplicationId=APP)["EmailChannelResponse"]
    assert (channel["FromAddress"], channel["ConfigurationSet"]) == ("Shop <shop@example.org>", "mail")
    assert channel["Identity"] == f"{IDENTITY}shop@example.org"
    assert set(client.get_channels(ApplicationId=APP)["ChannelsResponse"]["Channels"]) == {"SMS", "EMAIL"}
    without = configured(EMAIL_FROM_ADDRESS="")
    assert set(without.get_channels(ApplicationId=APP)["ChannelsResponse"]["Channels"]) == {"SMS"}
    with pytest.raises(without.exceptions.NotFoundException, match=r"project.email.fromAddress"):
        without.get_email_channel(ApplicationId=APP)


def test_updates_that_change_nothing_succeed_and_others_say_where_to_configure(configured):
    client = configured(EMAIL_FROM_ADDRESS="Shop <shop@example.org>", SMS_ORIGINATION_IDENTITY="SHOP")
    same = {"FromAddress": "shop@example.org", "Identity": f"{IDENTITY}example.org", "Enabled": True}
    assert client.update_email_channel(ApplicationId=APP, EmailChannelRequest=same)["EmailChannelResponse"]["Enabled"]
    client.update_sms_channel(ApplicationId=APP, SMSChannelRequest={"SenderId": "SHOP"})
    for change in ({"FromAddress": "x@example.org"}, {"Enabled": False}, {"RoleArn": "arn:aws:iam::1:role/x"}):
        with pytest.raises(client.exceptions.BadRequestException, match=r"configured by project.email"):
            client.update_email_channel(ApplicationId=APP, EmailChannelRequest={**same, **change})
    for change in ({"SenderId": "OTHER"}, {"Enabled": False}, {"ShortCode": "12345"}):
        with pytest.raises(client.exceptions.BadRequestException, match=r"configured by project.sms"):
            client.update_sms_channel(ApplicationId=APP, SMSChannelRequest=change)
    with pytest.raises(client.exceptions.BadRequestException, match=r"not offered.*project.sms"):
        client.delete_sms_channel(ApplicationId=APP)
