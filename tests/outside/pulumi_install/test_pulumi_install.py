"""What `pulumi install` does to a checkout: by the code of Pulumi's own Python toolchain, in a copy."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ;]+)(.*?) *\\?$", re.MULTILINE)


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toolchain package of the Pulumi version that tools/go.mod pins, as a command."""
    if not shutil.which("go"):
        pytest.skip("Go builds Pulumi's toolchain package; there is none on PATH")
    folder = tmp_path_factory.mktemp("installer")
    for file in (ROOT / "tools" / "go.mod", ROOT / "tools" / "go.sum", Path(__file__).with_name("main.go")):
        shutil.copy(file, folder)
    built = subprocess.run(
        ["go", "build", "-mod=mod", "-o", "install", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return folder / "install"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone as a person has it after `make demo`: with a development environment, of which here is a sign only."""
    for name in ("Pulumi.yaml", "pyproject.toml", "requirements.txt", "requirements", ".gitignore"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "sign").touch()
    return tmp_path


def install(installer: Path, checkout: Path) -> subprocess.CompletedProcess[str]:
    options = yaml.safe_load((checkout / "Pulumi.yaml").read_text())["runtime"]["options"]
    return subprocess.run(
        [installer, checkout, options["toolchain"], options["virtualenv"]], capture_output=True, text=True, check=False
    )


def test_it_installs_the_locked_requirements_beside_developments_environment(installer: Path, checkout: Path):
    before = {path.relative_to(checkout) for path in checkout.rglob("*")}
    done = install(installer, checkout)
    assert done.returncode == 0, done.stderr
    environment = Path(done.stdout.strip())
    listed = subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installed = dict(line.lower().replace("_", "-").split("==") for line in listed.splitlines())
    locked = {
        name: version
        for name, version, marker in PINNED.findall((ROOT / "requirements/deploy.txt").read_text())
        if not marker.strip()
    }
    assert locked and locked.items() <= installed.items()
    after = {path.relative_to(checkout) for path in checkout.rglob("*") if environment not in (path, *path.parents)}
    assert after == before


def test_it_refuses_a_requirement_whose_hash_is_another(installer: Path, checkout: Path):
    path = checkout / "requirements" / "deploy.txt"
    path.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", path.read_text()))
    done = install(installer, checkout)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_it_refuses_a_requirement_without_a_hash(installer: Path, checkout: Path):
    (checkout / "requirements" / "deploy.txt").write_text("idna==3.10\n")
    done = install(installer, checkout)
    assert done.returncode != 0
    assert "hashes are required" in done.stderr.lower()
