"""A Pulumi project folder for a sandbox: the repository's program and config, with the sandbox's plugins and a backend of its own."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.configuration import config_folder
from sandbox.engine.configs import take_over
from sandbox.engine.links import link
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder, write_text
from sandbox.servers import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Servers, world_variables

LANGUAGE_HOST = "pulumi-language-python"
PROVIDER = "pulumi-resource-aws"
PASSPHRASE = "sandbox"  # noqa: S105 it keeps what is in a sandbox, where nothing is anyone's secret
NO_CLI = "there is no Pulumi CLI: neither on PATH nor built"


def cli() -> Path:
    """The Pulumi CLI: on PATH, or built before by `make pulumi`. Raises SandboxError where there is none."""
    found = subprocess.run([REPOSITORY / "tools" / "pulumi", "--there"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise SandboxError(NO_CLI, "make pulumi builds it, once; or https://www.pulumi.com/docs/install/")
    return Path(found.stdout.strip())


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
        project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
        environment = project["runtime"]["options"]["virtualenv"]
        taken = self.folder / "taken"
        taken.mkdir(exist_ok=True)
        folder = config_folder(REPOSITORY)
        link(REPOSITORY, self.path, folder, {environment})
        for source in sorted((REPOSITORY / folder).glob("Pulumi.*.yaml")):
            take_over(source, self.path / folder / source.name, taken / source.name)
        project["plugins"] = {"providers": [{"name": "aws", "path": str(self.folder / "provider")}]}
        project["config"] = {"aws:region": {"value": REGION}}
        write_text(self.path / "Pulumi.yaml", yaml.safe_dump(project, sort_keys=False))
        _executable(self.folder / "provider" / PROVIDER, "sandbox.engine.provider")
        _executable(self.folder / "language" / LANGUAGE_HOST, "sandbox.engine.language_host")

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


def _executable(path: Path, module: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m {module} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
