"""Time zones of endpoints that name none, by their phone numbers."""

from __future__ import annotations

import pytest

from handlers.engagement.sending_times.estimation import zones


def endpoint(address="+4930123456", country="DE", channel="SMS", **demographic):
    return {
        "ChannelType": channel,
        "Address": address,
        "Location": {"Country": country} if country else {},
        "Demographic": demographic,
    }


def names(endpoint, *methods):
    return [zone.key for zone in zones(endpoint, methods or ("PHONE_NUMBER",))]


def test_an_endpoints_own_zone_wins():
    assert names(endpoint(Timezone="Asia/Tokyo")) == ["Asia/Tokyo"]


@pytest.mark.parametrize(
    ("address", "country", "expected"),
    [
        ("+4930123456", "DE", ["Europe/Berlin"]),
        ("+4930123456", "de", ["Europe/Berlin"]),
        ("+12065550100", "US", ["America/Los_Angeles"]),
        ("+12125550100", "US", ["America/New_York"]),
        ("+919876543210", "IN", ["Asia/Calcutta"]),
    ],
)
def test_a_number_tells_the_zone_of_its_country(address, country, expected):
    assert names(endpoint(address, country)) == expected


def test_a_number_may_be_in_several_zones():
    assert len(names(endpoint("+79161234567", "RU"))) > 1


@pytest.mark.parametrize(
    "unknown",
    [
        endpoint(country="FR"),  # a number of another country
        endpoint(country=""),
        endpoint(address="030123456"),
        endpoint(address=""),
        endpoint(address="+9990000"),
        endpoint(channel="EMAIL", address="ada@example.org"),
        endpoint(channel="GCM"),
    ],
)
def test_without_a_number_of_the_country_nothing_is_estimated(unknown):
    assert names(unknown) == []


def test_a_malformed_zone_is_estimated_and_nothing_is_without_the_method():
    assert names(endpoint(Timezone="Mars/Phobos")) == ["Europe/Berlin"]
    assert zones(endpoint(Timezone="Mars/Phobos"), ()) == ()
