"""Whose project `sandbox env` shows, what `down` refuses, and whose config `sandbox pulumi` runs with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sandbox import brought_up, operations
from sandbox.deployer.state import StackState
from sandbox.engine.configs import take_over
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder

PROJECT = {"applicationId": "0a" * 16, "endpointUrl": "http://api/"}
OTHER = {"applicationId": "0b" * 16, "endpointUrl": "http://other/"}


class Sandbox:
    """A folder of states, each a second after the one before."""

    def __init__(self, home: Path) -> None:
        self.folder = Folder(home)
        self.folder.make()
        self.backend = self.folder.pulumi / "state" / ".pulumi" / "stacks" / "engagement"
        self.backend.mkdir(parents=True)
        self._time = 1_000_000

    def up(self, stack: str, outputs: dict, *references: str) -> None:
        path = self.folder.stacks / f"{stack}.json"
        StackState(path).set_outputs(outputs, references)
        self._now(path)

    def pulumi(self, stack: str, outputs: dict | None, *references: str) -> None:
        resources = [{"type": "pulumi:pulumi:Stack", "outputs": outputs}] if outputs is not None else []
        for name in references:
            inputs = {"name": f"organization/engagement/{name}"}
            resources.append({"type": "pulumi:pulumi:StackReference", "inputs": inputs})
        path = self.backend / f"{stack}.json"
        path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}))
        self._now(path)

    def project(self, name: str = "") -> tuple[str, str] | None:
        found = brought_up.project(self.folder, name)
        return found and (found.name, found.by)

    def _now(self, path: Path) -> None:
        self._time += 1
        os.utime(path, (self._time, self._time))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def test_without_a_name_it_is_the_project_of_what_was_brought_up_last(sandbox: Sandbox):
    assert sandbox.project() is None
    sandbox.up("everything", PROJECT)
    sandbox.up("foundation", OTHER)
    assert sandbox.project() == ("foundation", "sandbox up")
    sandbox.pulumi("foundation-dev", PROJECT)
    assert sandbox.project() == ("foundation-dev", "sandbox pulumi")
    sandbox.up("everything", PROJECT)
    assert sandbox.project() == ("everything", "sandbox up")


def test_a_stack_without_a_project_shows_that_of_the_stack_it_builds_on(sandbox: Sandbox):
    sandbox.up("foundation", OTHER)
    sandbox.pulumi("foundation-dev", PROJECT)
    sandbox.pulumi("audience-dev", {}, "foundation-dev")
    sandbox.up("everything", PROJECT)
    sandbox.up("audience", {}, "foundation")
    assert sandbox.project() == ("foundation", "sandbox up")
    assert sandbox.project("audience-dev") == ("foundation-dev", "sandbox pulumi")
    sandbox.up("content", {"domain": "d"})
    assert sandbox.project() == ("foundation", "sandbox up")


def test_a_stack_that_was_destroyed_is_not_up(sandbox: Sandbox):
    sandbox.up("everything", PROJECT)
    sandbox.pulumi("foundation-dev", None)
    assert sandbox.project() == ("everything", "sandbox up")
    with pytest.raises(SandboxError, match=r"'foundation-dev' is not up \(up: everything\)"):
        sandbox.project("foundation-dev")


def test_a_named_stack_that_has_no_project_says_so(sandbox: Sandbox):
    sandbox.up("everything", PROJECT)
    sandbox.up("content", {"domain": "d"})
    with pytest.raises(SandboxError, match="'content' has no engagement project"):
        sandbox.project("content")


def test_a_stack_under_others_is_not_taken_down_without_them(sandbox: Sandbox):
    sandbox.up("foundation", PROJECT)
    sandbox.up("audience", {}, "foundation")
    sandbox.up("pipeline", {}, "foundation", "audience")
    with pytest.raises(SandboxError, match="'foundation' is under audience, pipeline, which") as refused:
        operations.check_removal(sandbox.folder, ["foundation"])
    assert refused.value.hint == "sandbox down audience pipeline foundation"
    operations.check_removal(sandbox.folder, ["pipeline"])
    operations.check_removal(sandbox.folder, ["foundation", "audience", "pipeline"])


class Config:
    """A stack's file in the repository, and in a sandbox's project."""

    def __init__(self, folder: Path) -> None:
        self.given, self.target, self.taken = folder / "given.yaml", folder / "target.yaml", folder / "taken.yaml"

    def take(self, text: str) -> dict:
        self.given.write_text(text)
        take_over(self.given, self.target, self.taken)
        return yaml.safe_load(self.target.read_text())


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def test_a_file_that_comes_after_stack_init_is_taken_and_the_salt_stays(config: Config):
    config.target.write_text("encryptionsalt: v1:abc\n")
    taken = config.take("# commented\nconfig:\n  engagement:x:\n    enabled: true\n")
    assert taken == {"config": {"engagement:x": {"enabled": True}}, "encryptionsalt": "v1:abc"}
    assert "# commented" in config.target.read_text()


def test_what_the_cli_set_stays_until_the_file_changes_the_same_key(config: Config):
    config.take("config:\n  engagement:x: {enabled: true}\n  engagement:y: {enabled: true}\n")
    written = yaml.safe_load(config.target.read_text())
    written["config"] |= {"aws:region": "us-east-1", "engagement:x": {"enabled": False}}
    config.target.write_text(yaml.safe_dump(written))
    kept = config.take("config:\n  engagement:x: {enabled: true}\n  engagement:z: {enabled: true}\n")
    assert kept["config"] == {
        "aws:region": "us-east-1",
        "engagement:x": {"enabled": False},
        "engagement:z": {"enabled": True},
    }
    assert config.take("config:\n  engagement:x: {enabled: true, prefix: a}\n")["config"]["engagement:x"]["enabled"]


def test_salt_and_secrets_provider_of_the_repositorys_file_are_not_the_sandboxs(config: Config):
    taken = config.take("secretsprovider: awskms://alias/x\nencryptedkey: abc\nconfig:\n  a:b: c\n")
    assert taken == {"config": {"a:b": "c"}}


def test_a_file_that_is_not_yaml_is_an_error_that_names_it(config: Config):
    with pytest.raises(SandboxError, match=r"given\.yaml is not YAML"):
        config.take("config: [")
    assert not config.target.exists()


def test_the_command_does_not_load_pulumi_which_only_a_deployment_needs():
    question = "import sys, sandbox.command; print([name for name in ('pulumi', 'grpc') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", question], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
