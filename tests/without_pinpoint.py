"""A botocore that has no model of Pinpoint any more, as the Lambda runtime's may be one day."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import botocore

from components.building_blocks.layer import layer_archive

REPOSITORY = Path(__file__).parents[1]


def botocore_without_pinpoint(folder: Path, installed: Path = Path(botocore.__file__).parent) -> Path:
    """Makes a folder for PYTHONPATH, whose botocore is the installed one without `data/pinpoint`."""
    data = folder / "botocore" / "data"
    data.mkdir(parents=True)
    for path in installed.iterdir():
        if path.name != "data":
            (folder / "botocore" / path.name).symlink_to(path)
    for path in (installed / "data").iterdir():
        if path.name != "pinpoint":
            (data / path.name).symlink_to(path)
    return folder


def unpacked_layer(folder: Path) -> Path:
    """Unpacks the functions' layer, and returns its folder for PYTHONPATH."""
    with zipfile.ZipFile(layer_archive()) as archive:
        archive.extractall(folder)
    return folder / "python"


def run(code: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Runs code in a fresh process that finds `paths` before everything else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "PYTHONPATH": os.pathsep.join(map(str, (*paths, REPOSITORY))),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
    }
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
