"""A channel in process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from handlers.custom_channel import function, sender
from handlers.shared import letters, tables
from tests.handlers.custom_channel.world import CALLS, DEAD, REFUSED, World


@pytest.fixture
def world(monkeypatch):
    made = World(monkeypatch)
    for name, value in {
        "CHANNEL": "connect_channel",
        "CHANNEL_TYPES": "SMS",
        "APPLICATION_ID": "app",
        "QUEUE_URL": CALLS,
        "DEAD_LETTER_QUEUE_URL": DEAD,
        "REFUSED_QUEUE_URL": REFUSED,
        "CALLS_TABLE": "calls",
        "CALLS_PER_SECOND": "100",
        "DEADLINE_HOURS": "72",
        "REMEMBERED_DAYS": "30",
    }.items():
        monkeypatch.setenv(name, value)
    for module in (sender, letters, tables):
        monkeypatch.setattr(module, "aws_client", made.client)
    monkeypatch.setattr(function, "time", SimpleNamespace(time=made.clock))
    monkeypatch.setattr("handlers.shared.backoff.time.sleep", lambda _: None)
    for module in (function, sender):
        module._environment.cache_clear()
    yield made
    for module in (function, sender):
        module._environment.cache_clear()
