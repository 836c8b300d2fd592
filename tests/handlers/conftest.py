"""What holds for the tests of every handler."""

import types

import botocore.endpoint
import pytest

from handlers.shared import json_calls
from tests.handlers import moto_shortcuts, moto_transactions

moto_transactions.install()
moto_shortcuts.install()


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch):
    """Clients' own retries stay, without the seconds between them; no other clock is touched."""
    monkeypatch.setattr(botocore.endpoint, "time", types.SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(json_calls, "backoff", lambda *_, **__: None)
