"""Go's Pinpoint client (v2), signing for lambda, against the service. Left out where there is no Go."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world

__all__ = ["one_call_at_a_time", "world"]

SOURCE = Path(__file__).parent / "go"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The client, built once."""
    if shutil.which("go") is None:
        pytest.skip("there is no Go on this machine, which builds the client")
    built = tmp_path_factory.mktemp("go") / "client"
    subprocess.run(["go", "build", "-mod=readonly", "-o", built, "."], cwd=SOURCE, check=True, timeout=900)
    return built


def ask(program, endpoint, application_id):
    command = [program, endpoint, application_id]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.strip()


def test_go_signs_for_lambda_and_reads_answers_and_typed_errors(world, program):
    with served() as service:
        assert ask(program, service.endpoint, APPLICATION) == "shop"
        assert ask(program, service.endpoint, "nope").startswith("NotFoundException: ")
    assert service.wrong == []
