"""The functions' layer: their dependencies, pure Python, from locked and hashed requirements, and Pinpoint's model."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.building_blocks import names
from components.building_blocks.archive import content_hash, source_code_hash, write_archive
from components.building_blocks.places import BUILD
from components.building_blocks.places import REQUIREMENTS as LOCKED
from components.building_blocks.service_model import layer_files, service_models

RUNTIME = aws.lambda_.Runtime.PYTHON3D13
ARCHITECTURE = "arm64"
PYTHON_VERSION = "3.13"
PYTHON_PLATFORM = "aarch64-manylinux2014"
REQUIREMENTS = LOCKED / "functions.txt"
LEFT_OUT = ("bin", "__pycache__")
"""Console scripts and bytecode hold the paths and times of the machine that built them."""
LEFT_OUT_FILES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", ".lock")
"""Bookkeeping of the installer, which may differ between machines."""


def layer_archive(requirements: Path = REQUIREMENTS, build: Path = BUILD) -> Path:
    """Builds the layer's archive from a hashed requirements file and the service model, once per content of these.

    Raises RunError when a requirement cannot be installed, or is not pure Python, or there is no service model.
    """
    models = layer_files(service_models(build=build))
    inputs = f"{PYTHON_PLATFORM} {PYTHON_VERSION} {content_hash(models)}\n".encode() + requirements.read_bytes()
    target = build / "layers" / f"{hashlib.sha256(inputs).hexdigest()[:32]}.zip"
    if target.exists():
        return target
    build.mkdir(parents=True, exist_ok=True)
    packages = Path(tempfile.mkdtemp(prefix="layer-", dir=build))
    try:
        _install(requirements, packages)
        files = {
            f"python/{path.relative_to(packages).as_posix()}": path.read_bytes()
            for path in packages.rglob("*")
            if path.is_file() and path.name not in LEFT_OUT_FILES and not set(path.parts) & set(LEFT_OUT)
        }
        native = sorted(name for name in files if name.endswith((".so", ".pyd", ".dylib")))
        if native:
            raise pulumi.RunError(f"{requirements.name} must be pure Python to run anywhere, but holds {native}")
        return write_archive(target, files | models)
    finally:
        shutil.rmtree(packages)


def _install(requirements: Path, target: Path) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--target", str(target)]
    command += ["--require-hashes", "--only-binary", ":all:", "--python-platform", PYTHON_PLATFORM]
    command += ["--python-version", PYTHON_VERSION, "--no-compile-bytecode", "--link-mode", "copy"]
    command += ["--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})  # noqa: S603 a fixed command
    if done.returncode:
        raise pulumi.RunError(f"the functions' layer could not be built from {requirements}: {done.stderr.strip()}")


class Layer(pulumi.ComponentResource):
    """The layer that all functions of a stack share; `arn` names its version."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Layer", name, None, opts)
        archive = layer_archive()
        version = aws.lambda_.LayerVersion(
            f"{name}-layer",
            layer_name=names.prefixed(f"engagement-{pulumi.get_stack()}-{name}"),
            description="Dependencies of the engagement functions",
            code=pulumi.FileArchive(str(archive)),
            source_code_hash=source_code_hash(archive),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = version.arn
        self.register_outputs({"arn": self.arn})
