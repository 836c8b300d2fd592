"""What holds for the tests of every handler."""

import functools
import types

import botocore.endpoint
import moto.core.responses
import pytest

from handlers.shared import json_calls
from tests.handlers import moto_transactions

moto_transactions.install()

# moto looks through the methods of a service's class at each request.
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch):
    """Clients' own retries stay, without the seconds between them; no other clock is touched."""
    monkeypatch.setattr(botocore.endpoint, "time", types.SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(json_calls, "backoff", lambda *_, **__: None)
