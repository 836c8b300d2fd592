"""A sandbox with the event database, its events, and a Trino that reads its catalog and objects."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox import servers
from sandbox.folder import Folder
from tests.outside.trino import dataset, engine, lake
from tests.outside.trino.answers import Answer, of_athena, of_trino
from tests.sandbox.conftest import Sandbox

DATABASE = "due_eventdb"


@dataclass(frozen=True)
class Both:
    """The two that must agree."""

    trino: engine.Trino
    sandbox: Sandbox

    def athena(self, sql: str, database: str = DATABASE) -> Answer:
        """What the sandbox's Athena answers."""
        return of_athena(self.sandbox.aws("athena"), sql, database)

    def real(self, sql: str, database: str = DATABASE) -> Answer:
        """What Trino answers."""
        return of_trino(self.trino, sql, database)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Foundation and events, up, with a data set of every kind of event, odd ones among them, and a data lake."""
    try:
        engine.tools()
    except engine.MissingToolError as missing:
        pytest.skip(f"no Trino: {missing}")
    folder = tmp_path_factory.mktemp("trino")
    sandbox = Sandbox(folder / "sandbox")
    try:
        sandbox.run("up", "foundation", "events")
        running = servers.running(Folder(sandbox.home))
        sandbox.aws = running.clients()
        dataset.fill(sandbox)
        lake.fill(sandbox.aws)
        with engine.Trino(folder / "server", running.endpoint, servers.REGION) as trino:
            yield Both(trino, sandbox)
    finally:
        servers.stop(Folder(sandbox.home))
