"""What holds for the tests of every handler."""

import types

import botocore.endpoint
import pytest


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch):
    """botocore's own retries stay, without the seconds between them; no other clock is touched."""
    monkeypatch.setattr(botocore.endpoint, "time", types.SimpleNamespace(sleep=lambda seconds: None))
