"""Archives of functions and of their layer: the same inputs, the same bytes; what belongs in, and nothing else."""

import os
import zipfile
from pathlib import Path

import pulumi
import pytest

from components.building_blocks.archive import function_archive, source_code_hash
from components.building_blocks.layer import layer_archive


def make(root: Path) -> Path:
    for name, text in {
        "handlers/__init__.py": "",
        "handlers/shared/__init__.py": "",
        "handlers/shared/clients.py": "A = 1\n",
        "handlers/one/__init__.py": "",
        "handlers/one/function.py": "B = 2\n",
        "handlers/one/notes.txt": "not code",
        "handlers/one/__pycache__/function.cpython-311.py": "cached",
        "handlers/one/inner/__init__.py": "",
        "handlers/two/__init__.py": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def test_an_archive_holds_the_packages_named_what_all_share_and_nothing_else(tmp_path):
    archive = function_archive(["one"], make(tmp_path / "root"), tmp_path / "build")
    assert names(archive) == [
        "handlers/__init__.py",
        "handlers/one/__init__.py",
        "handlers/one/function.py",
        "handlers/one/inner/__init__.py",
        "handlers/shared/__init__.py",
        "handlers/shared/clients.py",
    ]


def test_a_nested_package_brings_its_parents(tmp_path):
    archive = function_archive(["one/inner"], make(tmp_path / "root"), tmp_path / "build")
    assert "handlers/one/__init__.py" in names(archive)
    assert "handlers/one/function.py" not in names(archive)


def test_the_same_sources_give_the_same_bytes_whenever_they_were_written(tmp_path):
    first = function_archive(["one"], make(tmp_path / "a"), tmp_path / "build-a")
    other = make(tmp_path / "b")
    os.utime(other / "handlers/one/function.py", (0, 1_000_000_000))
    (other / "handlers/one/function.py").chmod(0o600)
    second = function_archive(["one"], other, tmp_path / "build-b")
    assert first.read_bytes() == second.read_bytes()
    assert source_code_hash(first) == source_code_hash(second)


def test_changing_one_package_changes_its_own_archive_alone(tmp_path):
    root = make(tmp_path / "root")
    before = {name: source_code_hash(function_archive([name], root, tmp_path / "build")) for name in ("one", "two")}
    (root / "handlers/one/function.py").write_text("B = 3\n")
    after = {name: source_code_hash(function_archive([name], root, tmp_path / "build")) for name in ("one", "two")}
    assert before["one"] != after["one"]
    assert before["two"] == after["two"]


def test_a_package_that_does_not_exist_is_named_beside_those_that_do(tmp_path):
    with pytest.raises(ValueError, match=r"'three' does not exist: handlers/ has \['one', 'shared', 'two'\]"):
        function_archive(["three"], make(tmp_path / "root"), tmp_path / "build")


def test_the_layer_is_pure_python_and_the_same_bytes_each_time(tmp_path):
    first = layer_archive(build=tmp_path / "a")
    second = layer_archive(build=tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    inside = names(first)
    assert "python/aws_lambda_powertools/__init__.py" in inside
    assert not [name for name in inside if name.endswith((".so", ".pyc"))]


def test_requirements_without_hashes_are_refused(tmp_path):
    requirements = tmp_path / "functions.txt"
    requirements.write_text("jmespath==1.1.0\n")
    with pytest.raises(pulumi.RunError, match="the functions' layer could not be built"):
        layer_archive(requirements, tmp_path / "build")
