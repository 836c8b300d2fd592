"""Clients and tables of AWS's own engine, in the place of those in memory. Left out where there is no Maven."""

from __future__ import annotations

import pytest

from handlers.shared import claims
from tests.handlers.engagement.campaigns.ledger_world import Sends
from tests.outside.dynamodb import engine


@pytest.fixture(scope="session")
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


@pytest.fixture(autouse=True)
def asked(client):
    """A module that brings a client of its own with its tests would ask the tables in memory once more."""
    assert isinstance(client, engine.RealDynamoDb)
