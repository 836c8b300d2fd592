"""A Pulumi project folder for a sandbox: the repository's program and config, with the sandbox's plugins and a backend of its own."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.building_blocks.places import HOME, INSTALLED
from sandbox.configuration import config_folder
from sandbox.engine.configs import take_over
from sandbox.engine.links import link
from sandbox.errors import SandboxError
from sandbox.folder import PACKAGE, PROGRAM_VARIABLE, PYTHON_PATH, Folder, program, write_text
from sandbox.servers import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Servers, world_variables

LANGUAGE_HOST = "pulumi-language-python"
PROVIDER = "pulumi-resource-aws"
PASSPHRASE = "sandbox"  # noqa: S105 it keeps what is in a sandbox, where nothing is anyone's secret
INSTALLER = "https://www.pulumi.com/docs/install/"
NO_CLI = "there is no Pulumi CLI: neither on PATH nor built"


def cli() -> Path:
    """The Pulumi CLI: on PATH, or built before by `make pulumi`. Raises SandboxError where there is none."""
    if INSTALLED:
        if found := shutil.which("pulumi"):
            return Path(found)
        raise SandboxError("there is no Pulumi CLI on PATH", INSTALLER)
    asked = subprocess.run([HOME / "tools" / "pulumi", "--there"], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise SandboxError(NO_CLI, f"make pulumi builds it, once; or {INSTALLER}")
    return Path(asked.stdout.strip())


@dataclass(frozen=True)
class Project:
    """The folder and how a CLI runs in it. folder: `project` is where it runs, beside it its state and plugins."""

    folder: Path
    servers: Servers

    @staticmethod
    def of(folder: Folder, servers: Servers) -> "Project":
        """A sandbox's project, made or brought up to date."""
        made = Project(folder.pulumi, servers)
        made.make()
        return made

    @property
    def path(self) -> Path:
        """Where the CLI runs: Pulumi.yaml is here."""
        return self.folder / "project"

    @property
    def config(self) -> Path:
        """Where the CLI reads and writes the stacks' config."""
        return self.path / config_folder(self.path)

    def make(self) -> None:
        """Links the program, takes over the stacks' config, and writes what names the plugins."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.folder / "state").mkdir(exist_ok=True)
        given = program()
        if not (given / "Pulumi.yaml").exists():
            raise SandboxError(f"{given} has no Pulumi.yaml", f"{PROGRAM_VARIABLE} names another folder")
        project = yaml.safe_load((given / "Pulumi.yaml").read_text(encoding="utf-8"))
        environment = _environment(project)
        taken = self.folder / "taken"
        taken.mkdir(exist_ok=True)
        folder = config_folder(given)
        link(given, self.path, folder, {environment} if environment else ())
        for source in sorted((given / folder).glob("Pulumi.*.yaml")):
            take_over(source, self.path / folder / source.name, taken / source.name)
        others = [_absolute(each, given) for each in project.get("plugins", {}).get("providers", ())]
        aws = {"name": "aws", "path": str(self.folder / "provider")}
        project["plugins"] = {"providers": [*others, aws]}
        project["config"] = {**project.get("config", {}), "aws:region": {"value": REGION}}
        write_text(self.path / "Pulumi.yaml", yaml.safe_dump(project, sort_keys=False))
        _executable(self.folder / "provider" / PROVIDER, "engine.provider")
        _executable(self.folder / "language" / LANGUAGE_HOST, "engine.language_host")

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """The variables of a CLI in this project, over the given ones: backend, plugins, the embedded AWS."""
        kept = {name: value for name, value in given.items() if not name.startswith("AWS_")}
        return {
            **kept,
            **world_variables(self.servers.world),
            "PATH": self._path(given.get("PATH", os.defpath)),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": given.get("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "AWS_ENDPOINT_URL": self.servers.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_REGION": REGION,
        }

    def _path(self, given: str) -> str:
        """With our language host where Pulumi's own is not installed."""
        beside = cli().resolve().with_name(LANGUAGE_HOST)
        if beside.exists() or shutil.which(LANGUAGE_HOST, path=given):
            return given
        return os.pathsep.join([str(self.folder / "language"), given])


def _environment(project: Mapping[str, Any]) -> str | None:
    """The folder of the program's virtual environment: it is not linked, but made in the project's folder."""
    runtime = project["runtime"]
    return runtime.get("options", {}).get("virtualenv") if isinstance(runtime, dict) else None


def _absolute(plugin: Mapping[str, Any], program: Path) -> dict[str, Any]:
    return {**plugin, "path": str((program / plugin["path"]).resolve())} if "path" in plugin else dict(plugin)


def _executable(path: Path, module: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    python_path = os.pathsep.join(PYTHON_PATH)
    write_text(path, f'#!/bin/sh\nPYTHONPATH="{python_path}" exec "{sys.executable}" -m {PACKAGE}.{module} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
