"""The API and the worker in process, as for journeys."""

import pytest

from handlers.engagement.campaigns import event_campaign
from tests.handlers.engagement.event_starts.event_campaigns import Campaigns
from tests.handlers.engagement.journeys.conftest import runner

__all__ = ["runner"]


@pytest.fixture
def campaigns(runner, monkeypatch):
    """Event campaigns; batches are sent by one thread, as moto's DynamoDB in process is not made for more."""
    monkeypatch.setattr(event_campaign, "SENDS_AT_A_TIME", 1)
    return Campaigns(runner)
