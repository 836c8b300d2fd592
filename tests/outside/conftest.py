"""Each outsider's tests run in one process, beside those of another: what a folder needs is set up once.

By a scheduler of our own: `--dist loadgroup` groups nothing under pytest 9.2 (pytest-dev/pytest-xdist#1386).
"""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = "tests/outside"


class OneFolderOneProcess(LoadScopeScheduling):
    """The tests of a folder of tests/outside are one piece of work; longest first, by the number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.split("::", 1)[0])
        return path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else str(path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneFolderOneProcess:
    return OneFolderOneProcess(config, log)
