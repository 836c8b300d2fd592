"""Java's Pinpoint client (v2), signing for lambda, against the service. Left out where there is no Maven."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world

__all__ = ["one_call_at_a_time", "world"]

SOURCE = Path(__file__).parent / "java"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """The folder of the client's archives, which Maven keeps for the next time."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        pytest.skip("there is no Maven on this machine, which fetches the client")
    folder = tmp_path_factory.mktemp("java")
    command = [
        "mvn",
        "-q",
        "-B",
        "-f",
        SOURCE / "pom.xml",
        "dependency:copy-dependencies",
        f"-DoutputDirectory={folder}",
    ]
    subprocess.run(command, check=True, timeout=900)
    return folder


def ask(libraries, endpoint, application_id):
    command = ["java", "-cp", f"{libraries}/*", SOURCE / "Client.java", endpoint, application_id]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.strip()


def test_java_signs_for_lambda_and_reads_answers_and_typed_errors(world, libraries):
    with served() as service:
        assert ask(libraries, service.endpoint, APPLICATION) == "shop"
        assert ask(libraries, service.endpoint, "nope").startswith("NotFoundException: ")
    assert service.wrong == []
