"""The component package under Pulumi's engine: its schema, SDKs that compile, a program in YAML that imports a file."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.plugin.provider import version
from components.plugin.schema import schema
from sandbox.engine import project
from tests import own_program
from tests.conftest import ROOT
from tests.engine.engine import Done, Engine

SDKS = Path(__file__).with_name("sdks")
STACK = "yaml-program"
PROGRAM: dict[str, Any] = yaml.safe_load(own_program.program("yaml"))
TYPESCRIPT = own_program.program("typescript")
MISTYPED = TYPESCRIPT.replace('"new/"', "3").replace('"CSV"', '"XML"')
GO = own_program.program("go")


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on PATH")
    return found


def run(*command: str, cwd: Path) -> str:
    environment = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def package(engine: Engine) -> Path:
    """A folder that the engine finds the package in: this interpreter runs it."""
    executable = engine.folder.home / "package" / "pulumi-resource-engagement"
    executable.parent.mkdir()
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "components" / "plugin"}" "$@"\n')
    executable.chmod(0o755)
    return executable


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SDKs by Pulumi's own generators."""
    go = tool("go")
    folder = tmp_path_factory.mktemp("sdks")
    for source in (SDKS / "main.go", ROOT / "tools" / "go.mod", ROOT / "tools" / "go.sum"):
        shutil.copy(source, folder)
    (folder / "schema.json").write_text(json.dumps(schema(version())))
    assert not run(go, "build", "-o", "sdks", "main.go", cwd=folder)
    assert not run("./sdks", "schema.json", ".", cwd=folder)
    return folder


def told(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.text
    return json.JSONDecoder().raw_decode(done.text[done.text.index("{") :])[0]


def same_inputs(found: dict[str, Any]) -> None:
    ours = schema(version())["resources"]
    assert {name: set(each["inputProperties"]) for name, each in found["resources"].items()} == {
        name: set(each["inputProperties"]) for name, each in ours.items()
    }


def test_the_engine_reads_the_schema(engine: Engine, package: Path):
    same_inputs(told(engine.pulumi("package", "get-schema", str(package))))


def test_the_language_host_runs_the_package_by_its_plugin_file(engine: Engine, tmp_path: Path):
    for name in ("handlers", "stacks", "requirements", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "components").mkdir()
    for source in (ROOT / "components").iterdir():
        if source.name != "plugin":
            (tmp_path / "components" / source.name).symlink_to(source)
    plugin = tmp_path / "components" / "plugin"
    shutil.copytree(ROOT / "components" / "plugin", plugin, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    (plugin / "requirements.txt").write_text("")  # what it asks for comes from this environment
    [packages] = [path for path in sys.path if path.endswith("site-packages")][:1]
    # The AWS plugin that the package's program needs is downloaded otherwise.
    aws = tmp_path / "home" / "plugins" / f"resource-aws-v{metadata.version('pulumi-aws')}"
    aws.mkdir(parents=True)
    (aws / project.PROVIDER).symlink_to(engine.project.folder / "provider" / project.PROVIDER)
    variables = {"PYTHONPATH": packages, "PULUMI_HOME": str(tmp_path / "home")}
    same_inputs(told(engine.pulumi("package", "get-schema", str(plugin), **variables)))
    assert (plugin / "venv" / "bin" / "python").exists()


def test_a_program_in_typescript_compiles_and_a_mistyped_one_does_not(sdks: Path):
    npm = tool("npm")
    folder = sdks / "typescript"
    folder.mkdir()
    shutil.copytree(sdks / "nodejs", folder / "engagement")
    asked = {"@pulumi/pulumi": "3.250.0", "@types/node": "^20", "typescript": "^5"}
    (folder / "package.json").write_text(json.dumps({"name": "shop", "private": True, "dependencies": asked}))
    options = {"target": "ES2022", "module": "nodenext", "moduleResolution": "nodenext", "types": ["node"]}
    options |= {"strict": True, "skipLibCheck": True, "noEmit": True, "paths": {"@pulumi/engagement": ["./engagement"]}}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["index.ts"]}))
    assert not run(npm, "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", cwd=folder)
    (folder / "index.ts").write_text(TYPESCRIPT)
    assert not run("node_modules/.bin/tsc", cwd=folder)
    (folder / "index.ts").write_text(MISTYPED)
    refused = run("node_modules/.bin/tsc", cwd=folder)
    assert "index.ts(6,5)" in refused
    assert "index.ts(7,5)" in refused


def test_a_program_in_go_compiles_and_a_mistyped_one_does_not(sdks: Path):
    go = tool("go")
    folder = sdks / "go"
    (folder / "go.mod").write_text(
        "module example.com/pulumi-engagement/sdk/go\n\ngo 1.26\n\nrequire github.com/pulumi/pulumi/sdk/v3 v3.250.0\n"
    )
    shutil.copy(ROOT / "tools" / "go.sum", folder)
    (folder / "shop").mkdir()
    (folder / "shop" / "main.go").write_text(GO)
    assert not run(go, "build", "./...", cwd=folder)
    (folder / "shop" / "main.go").write_text(GO.replace('pulumi.StringRef("new/")', "3"))
    assert "shop/main.go:18" in run(go, "build", "./...", cwd=folder)


class YamlProgram:
    """A program in YAML on the engine's sandbox."""

    def __init__(self, engine: Engine, package: Path, host: str) -> None:
        self.engine = engine
        self.folder = engine.folder.home / "yaml-program"
        self.folder.mkdir()
        self._path = os.pathsep.join([host, engine.project.environment(os.environ)["PATH"]])
        providers = yaml.safe_load((engine.project.path / "Pulumi.yaml").read_text())["plugins"]["providers"]
        self.plugins = {"providers": [*providers, {"name": "engagement", "path": str(package.parent)}]}
        self.write(PROGRAM)

    def write(self, program: dict[str, Any]) -> None:
        content = {**program, "plugins": self.plugins, "config": {"aws:region": {"value": "us-east-1"}}}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def pulumi(self, *arguments: str) -> Done:
        return self.engine.pulumi(*arguments, folder=self.folder, PATH=self._path)


@pytest.fixture(scope="module")
def program(engine: Engine, package: Path) -> Iterator[YamlProgram]:
    """Brought up: `up` says how."""
    there = subprocess.run([ROOT / "tools" / "yaml", "--there"], capture_output=True, text=True, check=False)
    if there.returncode:
        pytest.skip("there is no YAML language host: tools/yaml builds it, once")
    made = YamlProgram(engine, package, there.stdout.strip())
    assert made.pulumi("stack", "init", STACK).code == 0
    try:
        done = made.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        assert done.code == 0, done.text
        yield made
    finally:
        made.write(PROGRAM)
        made.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)


def test_a_program_in_yaml_imports_a_file(engine: Engine, program: YamlProgram):
    outputs = told(program.pulumi("stack", "output", "--json", "--stack", STACK))
    content = (ROOT / "docs" / "examples" / "customers.csv").read_bytes()
    engine.aws("s3").put_object(Bucket=outputs["bucket"], Key="new/customers.csv", Body=content)
    runs: list[Any] = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not [run for run in runs if run["status"] != "RUNNING"]:
        runs = engine.aws("stepfunctions").list_executions(stateMachineArn=outputs["machine"])["executions"]
        time.sleep(0.2)
    assert [run["status"] for run in runs] == ["SUCCEEDED"]


def test_a_second_update_in_yaml_finds_nothing_to_do(program: YamlProgram):
    done = program.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)
    assert done.code == 0, done.text


def test_wrong_config_in_yaml_is_told_by_property(program: YamlProgram):
    wrong = json.loads(json.dumps(PROGRAM))
    wrong["resources"]["customers"]["properties"]["prefix"] = "suppress/new/"
    program.write(wrong)
    done = program.pulumi("preview", "--stack", STACK)
    program.write(PROGRAM)
    assert done.code != 0
    assert (
        "prefix 'suppress/new/' begins with suppressPrefix 'suppress/'; allowed are prefixes that are apart"
        in done.text
    )
    assert "Traceback" not in done.text
