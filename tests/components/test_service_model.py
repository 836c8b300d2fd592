"""Pinpoint's model in the functions' layer: cut from the locked botocore, whatever is installed, and always the same."""

import gzip
import json
from pathlib import Path

import botocore
import pulumi
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from components.building_blocks import service_model
from components.building_blocks.service_model import PACKAGE, layer_files, service_models

ITS_OWN = Path(botocore.__file__).parent / "data/pinpoint/2016-12-01/service-2.json.gz"
LINES = f"botocore==1.0.0 \\\n    --hash=sha256:{'0' * 64}\n"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def described(value) -> int:
    """How many texts a model has that only describe."""
    if isinstance(value, dict):
        return sum(key == "documentation" and isinstance(member, str) for key, member in value.items()) + sum(
            described(member) for member in value.values()
        )
    return sum(map(described, value)) if isinstance(value, list) else 0


def test_the_model_is_the_locked_botocores_without_its_documentation(tmp_path):
    models = service_models(build=tmp_path)
    cut = json.loads((models / "pinpoint/2016-12-01/service-2.json").read_text())
    whole = json.loads(gzip.decompress(ITS_OWN.read_bytes()))
    assert described(whole) > 1000 and described(cut) == 0
    assert cut["metadata"] == whole["metadata"]
    mine, theirs = ServiceModel(cut, "pinpoint"), ServiceModel(whole, "pinpoint")
    assert list(mine.operation_names) == list(theirs.operation_names)
    for name in cut["shapes"]:
        ours, own = cut["shapes"][name], whole["shapes"][name]
        assert list(ours.get("members", {})) == list(own.get("members", {}))
        assert {key: ours.get(key) for key in ("type", "required", "enum", "payload")} == {
            key: own.get(key) for key in ("type", "required", "enum", "payload")
        }


def test_a_member_that_is_called_documentation_is_kept():
    assert service_model._undocumented({"documentation": "text", "members": {"documentation": {"shape": "S"}}}) == {
        "members": {"documentation": {"shape": "S"}}
    }


def test_where_another_botocore_is_installed_the_locked_one_is_fetched_and_gives_the_same_bytes(tmp_path, monkeypatch):
    installed = service_models(build=tmp_path / "installed")
    monkeypatch.setattr(service_model, "_installed", lambda locked: None)
    fetched = service_models(build=tmp_path / "fetched")
    assert content(fetched) == content(installed)
    assert [path.name for path in (tmp_path / "fetched").iterdir()] == ["models"]


def test_another_version_than_the_locked_one_is_not_taken():
    assert service_model._installed(LINES) is None
    assert service_model._installed(LINES.replace("1.0.0", botocore.__version__)) == ITS_OWN.parent


def test_botocores_loader_reads_the_layers_files(tmp_path):
    files = layer_files(service_models(build=tmp_path / "build"))
    assert all(name.startswith(f"python/{PACKAGE}/") for name in files)
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    loader = Loader([str(tmp_path / "python" / PACKAGE)], include_default_search_paths=False)
    assert loader.list_available_services("service-2") == ["pinpoint"]
    assert loader.load_service_model("pinpoint", "service-2")["metadata"]["signingName"] == "mobiletargeting"
    assert loader.load_service_model("pinpoint", "endpoint-rule-set-1")["rules"]


@pytest.mark.parametrize("lines", ["boto3==1.0.0\n", "botocore==1.0.0\n"])
def test_requirements_that_lock_no_botocore_are_refused(tmp_path, lines):
    requirements = tmp_path / "deploy.txt"
    requirements.write_text(lines)
    with pytest.raises(pulumi.RunError, match=r"deploy\.txt locks no botocore with hashes"):
        service_models(requirements, tmp_path / "build")


def test_a_locked_botocore_without_the_model_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(service_model, "_installed", lambda locked: None)
    monkeypatch.setattr(service_model, "API_VERSION", "2099-01-01")
    with pytest.raises(pulumi.RunError, match=rf"botocore=={botocore.__version__} has no model of pinpoint 2099-01-01"):
        service_models(build=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]
