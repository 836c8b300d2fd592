"""One sandbox with Pulumi's engine for all tests of it, and one life of all stacks in it."""

from collections.abc import Iterator

import pytest

from sandbox.engine import project
from sandbox.errors import SandboxError
from tests.engine.engine import Engine
from tests.engine.life import Life


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The CLI on a sandbox in which nothing is up."""
    try:
        project.cli()
    except SandboxError as error:
        pytest.skip(f"{error.message}: {error.hint}")
    made = Engine(tmp_path_factory.mktemp("engine"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def life(engine: Engine) -> Life:
    """All stacks from their first preview to their end."""
    lived = Life(engine)
    lived.live()
    return lived
