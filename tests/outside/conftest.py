"""Each outsider's tests run in one process, beside those of another: what a folder needs is set up once.

So do those of tests/engine, which `make test` runs beside them: Pulumi's engine leaves a core idle.

By a scheduler of our own: `--dist loadgroup` groups nothing under pytest 9.2 (pytest-dev/pytest-xdist#1386).
"""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = "tests/outside"
ENGINE = "tests/engine"
LONGEST = [ENGINE, "trino", "pulumi_install", "lambda_runtime"]
"""The folders that take longest begin, in this order, or else one of them goes on alone at the end."""


class OneFolderOneProcess(LoadScopeScheduling):
    """The tests of a folder of tests/outside are one piece of work, and so are all of tests/engine."""

    def _split_scope(self, nodeid: str) -> str:
        return _folder(nodeid)


def _folder(nodeid: str) -> str:
    path = PurePosixPath(nodeid.split("::", 1)[0])
    if path.is_relative_to(ENGINE):
        return ENGINE
    return path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else str(path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(_folder(item.nodeid), len(LONGEST)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneFolderOneProcess:
    return OneFolderOneProcess(config, log)
