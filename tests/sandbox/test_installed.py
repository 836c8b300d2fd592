"""The wheel in an empty environment, as somebody else's program uses it; and the editable install."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import servers
from sandbox.folder import REPOSITORY, Folder
from tests.own_program import program

CONSTRAINTS = REPOSITORY / "requirements" / "development.txt"
FOUNDATION = """\
import pulumi
from engagement.stacks import program

pulumi.run(program)
"""
EXTRAS = {"engagement": "command", "sandbox": "sandbox"}
COLLIDING = "components", "handlers", "sandbox", "stacks", "commands"
UNTYPED = """\
import pulumi
from engagement import EngagementProject, S3TriggeredImportConfig

S3TriggeredImportConfig(prefix=3)
EngagementProject.from_stack("foundation")
pulumi.export("bucket", EngagementProject.from_stack(pulumi.StackReference("foundation")).bucket)
"""


class Installed:
    """An environment of its own, with the package in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare: dict[str, subprocess.CompletedProcess[str]] = {}
        self.environment = folder / "environment"
        self.python = self.environment / "bin" / "python"
        self._uv("venv", "--python", sys.executable, str(self.environment))

    def _uv(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "uv", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def build(self) -> Path:
        """The wheel, by the setuptools that is here."""
        target = self.folder / "wheels"
        self._uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(target), ".")
        [wheel] = target.glob("*.whl")
        return wheel

    def install(self, *what: str) -> None:
        """With all that it declares, of the versions that are locked."""
        constraints = ("--constraint", str(CONSTRAINTS))
        self._uv("pip", "install", "--python", str(self.python), *constraints, *what)

    def run(self, *command: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the environment."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
        done = subprocess.run(
            [str(self.environment / "bin" / command[0]), *command[1:]],
            cwd=cwd or self.folder,
            env={
                **kept,
                "SANDBOX_HOME": str(self.folder / "home"),
                "XDG_CACHE_HOME": str(self.folder / "cache"),
                "UV_CACHE_DIR": _uv_cache(),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


def _uv_cache() -> str:
    return subprocess.run(
        [sys.executable, "-m", "uv", "cache", "dir"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "__main__.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Without any extra: `bare` is what its commands say."""
    made = Installed(tmp_path_factory.mktemp("installed"))
    made.install(f"engagement @ {made.build()}")
    made.bare = {name: made.run(name, "--help", check=False) for name in ("engagement", "sandbox")}
    return made


@pytest.fixture(scope="module")
def brought_up(installed: Installed) -> Iterator[dict[str, Any]]:
    """What the program of ten lines exports."""
    installed.install(f"engagement[command,sandbox] @ {next(installed.folder.glob('wheels/*.whl'))}")
    foundation = _program(installed.folder / "foundation", "engagement", FOUNDATION)
    (foundation / "Pulumi.foundation.yaml").write_text("config:\n  engagement:project: {name: shop}\n")
    own = _program(installed.folder / "own", "shop", program("python"))
    try:
        installed.run("sandbox", "up", "foundation", cwd=foundation)
        installed.run("sandbox", "up", "dev", cwd=own)
        yield json.loads(installed.run("sandbox", "outputs", "dev").stdout)
    finally:
        installed.run("sandbox", "down", check=False)


def test_a_command_without_its_extra_says_which(installed: Installed):
    for command, done in installed.bare.items():
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert f"pip install 'PATH[{EXTRAS[command]}]'" in done.stderr


def test_only_one_name_is_installed(installed: Installed):
    question = f"import importlib.util as u; print([n for n in {COLLIDING} if u.find_spec(n)])"
    assert installed.run("python", "-c", question).stdout.strip() == "[]"


def test_every_module_that_a_program_or_a_command_needs_can_be_imported(
    installed: Installed, brought_up: dict[str, Any]
):
    done = installed.run(
        "python",
        "-c",
        "import importlib, pkgutil, engagement\n"
        "for name in engagement.__all__:\n    assert getattr(engagement, name).__name__, name\n"
        "for part in ('components', 'stacks', 'commands'):\n"
        "    package = importlib.import_module(f'engagement.{part}')\n"
        "    for module in pkgutil.walk_packages(package.__path__, f'{package.__name__}.'):\n"
        "        importlib.import_module(module.name)\n",
    )
    assert done.stderr == ""


def test_the_commands_work_with_their_extras(installed: Installed, brought_up: dict[str, Any]):
    assert "failures" in installed.run("engagement", "--help").stdout
    assert "foundation: " in installed.run("sandbox", "status").stdout


def test_a_program_of_ten_lines_imports_a_file(installed: Installed, brought_up: dict[str, Any]):
    aws = servers.running(Folder(installed.folder / "home")).clients()
    key = "new/customers.csv"
    aws("s3").put_object(
        Bucket=brought_up["bucket"], Key=key, Body=(REPOSITORY / "docs/examples/customers.csv").read_bytes()
    )
    runs: list[Any] = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not [run for run in runs if run["status"] != "RUNNING"]:
        runs = aws("stepfunctions").list_executions(stateMachineArn=brought_up["stateMachine"])["executions"]
        time.sleep(0.2)
    assert [run["status"] for run in runs] == ["SUCCEEDED"]


def test_a_type_checker_sees_the_types(installed: Installed, brought_up: dict[str, Any]):
    (installed.folder / "untyped.py").write_text(UNTYPED)
    checker = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", str(installed.python)]
    done = subprocess.run(
        [*checker, "own/__main__.py", "untyped.py"], cwd=installed.folder, capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [(Path(each["file"]).name, each["range"]["start"]["line"]) for each in found] == [
        ("untyped.py", 3),
        ("untyped.py", 4),
        ("untyped.py", 5),
    ], found


def test_an_editable_install_reads_the_repository(tmp_path: Path):
    made = Installed(tmp_path)
    made.install("--no-build-isolation-package", "engagement", "setuptools", "--editable", f"engagement @ {REPOSITORY}")
    question = (
        "import engagement, sys; from engagement.stacks import programs\n"
        f"print(engagement.S3TriggeredImport.__module__, programs.__file__, [n for n in {COLLIDING} if n in sys.modules])"
    )
    expected = f"engagement.components.s3_triggered_import {REPOSITORY / 'stacks/programs.py'} []"
    assert made.run("python", "-c", question).stdout.strip() == expected
