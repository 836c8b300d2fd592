"""The tests of campaigns' claims and of addresses' former owners, once more on AWS's own engine: its keys, conditions and transactions.

Left out where there is no Maven.
"""

from __future__ import annotations

import pytest

from handlers.shared import claims
from tests.handlers.engagement.campaigns.ledger_world import Sends
from tests.handlers.engagement.campaigns.test_ledger import *  # noqa: F403 the tests
from tests.handlers.engagement.campaigns.test_ledger_results import *  # noqa: F403 the tests
from tests.handlers.engagement.campaigns.test_run_ledger import *  # noqa: F403 the tests
from tests.handlers.engagement.store.test_former_owners import *  # noqa: F403 the tests
from tests.outside.dynamodb import engine


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if not engine.tools():
        pytest.skip("there is no Maven or no Java on this machine, which fetch and run the engine")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "engine")
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with engine.running(tmp_path_factory.mktemp("dynamodb")) as client:
            yield client


@pytest.fixture
def client(real):
    return engine.RealDynamoDb(real)


@pytest.fixture
def sends(client, monkeypatch):
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    return Sends(client)
