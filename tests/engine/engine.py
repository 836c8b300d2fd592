"""Pulumi's own engine on a sandbox: runs the CLI as a person would and reads what it did."""

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import servers
from sandbox.configuration import config_folder
from sandbox.engine import project
from sandbox.folder import Folder, write_text

SECONDS = 300
CHANGING = frozenset(("create", "update", "delete", "replace", "create-replacement", "delete-replaced"))


@dataclass(frozen=True)
class Step:
    """One thing that the engine did, or planned in a preview, to one resource. diffs: the inputs that differ."""

    op: str
    urn: str
    planned: bool
    diffs: tuple[str, ...]

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def within(self) -> str:
        """The types of its parents and its own."""
        return self.urn.split("::")[2]

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, all that it printed, its steps."""

    code: int
    text: str
    steps: list[Step]

    def changes(self, *, planned: bool = False) -> list[Step]:
        """The steps that changed something, or that a preview says will."""
        return [step for step in self.steps if step.planned == planned and step.op in CHANGING]

    def of(self, *ops: str, planned: bool = False) -> set[str]:
        """The URNs of what such steps were about."""
        return {step.urn for step in self.steps if step.planned == planned and step.op in ops}


class Engine:
    """A sandbox and its Pulumi project."""

    def __init__(self, home: Path) -> None:
        self.folder = Folder(home)
        self.servers = servers.ensure(self.folder)
        self.aws = self.servers.clients()
        self.project = project.Project.of(self.folder, self.servers)
        self._cli = project.cli()
        self._stacks: set[str] = set()
        self._environment = self.project.environment(os.environ) | {"PULUMI_DEBUG_COMMANDS": "true"}
        self._provider, self._shortcuts = self._serve()

    def _serve(self) -> tuple[subprocess.Popen[str], dict[str, str]]:
        """What saves most of a command's time: one provider for all, and a stack's state written at the end only."""
        executable = self.project.folder / "provider" / project.PROVIDER
        provider = subprocess.Popen([executable], env=self._environment, stdout=subprocess.PIPE, text=True)
        assert provider.stdout
        port = int(provider.stdout.readline())
        quick = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        return provider, {"PULUMI_DEBUG_PROVIDERS": f"aws:{port}", **quick}

    def stop(self) -> None:
        self._provider.terminate()
        self._provider.wait(SECONDS)
        servers.stop(self.folder)

    def pulumi(self, *arguments: str, folder: Path | None = None, shortcuts: bool = True, **environment: str) -> Done:
        """Runs the CLI. shortcuts: not as a person's runs, who gets a provider a command, and a state after each step."""
        log = self.folder.home / f"{uuid.uuid4().hex}.events"
        events = ["--event-log", str(log)] if arguments[0] in ("up", "preview", "destroy") else []
        done = subprocess.run(
            [str(self._cli), *arguments, *events, "--non-interactive", "--color", "never"],
            cwd=folder or self.project.path,
            env={**self._environment, **(self._shortcuts if shortcuts else {}), **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout + done.stderr, _steps(log))

    def configure(self, stack: str, config: dict[str, Any], folder: Path | None = None) -> None:
        """Makes the stack, where it is not there, and gives it this config; what is not the program's own stays."""
        project = folder or self.project.path
        path = project / config_folder(project) / f"Pulumi.{stack}.yaml"
        if stack not in self._stacks:
            self.pulumi("stack", "select", "--create", stack, folder=folder)
            self._stacks.add(stack)
        content = (yaml.safe_load(path.read_text()) if path.exists() else None) or {}
        kept = {key: value for key, value in (content.get("config") or {}).items() if not key.startswith("engagement:")}
        content["config"] = kept | {f"engagement:{key}": value for key, value in config.items()}
        write_text(path, yaml.safe_dump(content))

    def up(self, stack: str, *more: str, folder: Path | None = None, shortcuts: bool = True) -> Done:
        return self.pulumi("up", "--yes", "--stack", stack, *more, folder=folder, shortcuts=shortcuts)

    def preview(self, stack: str, *more: str, folder: Path | None = None) -> Done:
        return self.pulumi("preview", "--stack", stack, *more, folder=folder)

    def unchanged(self, stack: str) -> Done:
        """An update that must find nothing to do."""
        return self.up(stack, "--skip-preview", "--expect-no-changes")

    def destroy(self, stack: str, folder: Path | None = None) -> Done:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack, folder=folder)

    def state(self, stack: str) -> str:
        """All that the backend holds of a stack's last state."""
        return self.pulumi("stack", "export", "--stack", stack).text

    def forget(self, stack: str, name: str) -> Done:
        """Takes one resource out of a stack's state, as if it had been lost."""
        state = json.loads(self.state(stack))
        resources = state["deployment"]["resources"]
        [lost] = [resource["urn"] for resource in resources if resource["urn"].endswith(f"::{name}")]
        state["deployment"]["resources"] = [resource for resource in resources if resource["urn"] != lost]
        for resource in state["deployment"]["resources"]:
            resource["dependencies"] = [urn for urn in resource.get("dependencies", ()) if urn != lost]
            of_properties = resource.get("propertyDependencies") or {}
            resource["propertyDependencies"] = {
                key: [urn for urn in urns or () if urn != lost] for key, urns in of_properties.items()
            }
        path = self.folder.home / f"{uuid.uuid4().hex}.json"
        path.write_text(json.dumps(state))
        return self.pulumi("stack", "import", "--file", str(path), "--stack", stack)

    def forget_stack(self, stack: str) -> None:
        """Takes the stack out of the backend with all that its state has; nothing of it is deleted anywhere."""
        done = self.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", stack)
        assert done.code == 0, done.text
        self._stacks.discard(stack)

    def outputs(self, stack: str) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", stack).text)

    def other_program(self, name: str, source: Path) -> Path:
        """A project like this one with another program."""
        folder = self.project.folder / name
        shutil.copytree(self.project.path, folder, symlinks=True)
        (folder / "__main__.py").unlink()
        shutil.copyfile(source, folder / "__main__.py")
        return folder


def _steps(log: Path) -> list[Step]:
    if not log.exists():
        return []
    events = [json.loads(line) for line in log.read_text().splitlines()]
    log.unlink()
    found = [event["resourcePreEvent"] for event in events if "resourcePreEvent" in event]
    return [
        Step(
            event["metadata"]["op"],
            event["metadata"]["urn"],
            bool(event.get("planning")),
            tuple(event["metadata"].get("diffs") or ()),
        )
        for event in found
    ]
