"""JavaScript's AWS SDK (v2), signing for lambda, against the service. Left out where there is no npm."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world

__all__ = ["one_call_at_a_time", "world"]

PACKAGE = "aws-sdk@2.1692.0"
BUILD = Path(__file__).parents[3] / ".build" / "javascript"
SOURCE = Path(__file__).parent / "javascript_v2" / "client.js"


@pytest.fixture(scope="module")
def modules():
    """The folder that the SDK is installed into, once for all runs."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("there is no npm on this machine, which installs the client")
    folder = BUILD / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = folder / "made"
        if not mark.exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
            subprocess.run(command, check=True, capture_output=True, timeout=600)
            mark.touch()
    return folder / "node_modules"


def ask(modules, endpoint, application_id):
    command = ["node", str(SOURCE), endpoint, application_id]
    environment = {**os.environ, "NODE_PATH": str(modules)}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=120, env=environment
    ).stdout.strip()


def test_javascript_v2_signs_for_lambda_and_reads_answers_and_typed_errors(world, modules):
    with served() as service:
        assert ask(modules, service.endpoint, APPLICATION) == "shop"
        assert ask(modules, service.endpoint, "nope").startswith("NotFoundException: ")
    assert service.wrong == []
