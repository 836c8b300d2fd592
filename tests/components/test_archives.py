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
        "handlers/shared/unused.py": "A = 1\n",
        "handlers/one/__init__.py": "",
        "handlers/one/function.py": """
import json
from typing import TYPE_CHECKING
from handlers.one.inner import B
from . import sibling
if TYPE_CHECKING:
    import handlers.two
def handler(event, context):
    from handlers.shared import clients
""",
        "handlers/one/sibling.py": "",
        "handlers/one/notes.txt": "not code",
        "handlers/one/__pycache__/function.cpython-311.py": "cached",
        "handlers/one/inner/__init__.py": "from handlers.one.inner.deep import B\n",
        "handlers/one/inner/deep.py": "B = 2\n",
        "handlers/two/__init__.py": "",
        "handlers/two/first.py": "",
        "handlers/two/second.py": "import handlers.shared.clients as clients\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


ONE = "handlers.one.function.handler"
TWO = "handlers.two.first.handler"


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


def test_an_archive_holds_what_the_handler_imports_with_its_packages_and_nothing_else(tmp_path):
    assert names(function_archive(ONE, (), make(tmp_path / "root"), tmp_path / "build")) == [
        "handlers/__init__.py",
        "handlers/one/__init__.py",
        "handlers/one/function.py",
        "handlers/one/inner/__init__.py",
        "handlers/one/inner/deep.py",
        "handlers/one/sibling.py",
        "handlers/shared/__init__.py",
        "handlers/shared/clients.py",
    ]


def test_modules_that_are_loaded_by_name_come_along_with_what_they_import(tmp_path):
    root = make(tmp_path / "root")
    assert "handlers/two/second.py" not in names(function_archive(TWO, (), root, tmp_path / "build"))
    assert names(function_archive(TWO, ["handlers.two.*"], root, tmp_path / "build")) == [
        "handlers/__init__.py",
        "handlers/shared/__init__.py",
        "handlers/shared/clients.py",
        "handlers/two/__init__.py",
        "handlers/two/first.py",
        "handlers/two/second.py",
    ]


def test_the_same_sources_give_the_same_bytes_whenever_they_were_written(tmp_path):
    first = function_archive(ONE, (), make(tmp_path / "a"), tmp_path / "build-a")
    other = make(tmp_path / "b")
    os.utime(other / "handlers/one/function.py", (0, 1_000_000_000))
    (other / "handlers/one/function.py").chmod(0o600)
    second = function_archive(ONE, (), other, tmp_path / "build-b")
    assert first.read_bytes() == second.read_bytes()
    assert source_code_hash(first) == source_code_hash(second)


@pytest.mark.parametrize(
    ("changed", "anew"),
    [("one/sibling", [ONE]), ("two/first", [TWO]), ("shared/clients", [ONE]), ("shared/unused", [])],
)
def test_a_change_makes_those_archives_anew_that_hold_it(tmp_path, changed, anew):
    root = make(tmp_path / "root")
    before = {name: source_code_hash(function_archive(name, (), root, tmp_path / "build")) for name in (ONE, TWO)}
    (root / f"handlers/{changed}.py").write_text("B = 3\n")
    after = {name: source_code_hash(function_archive(name, (), root, tmp_path / "build")) for name in (ONE, TWO)}
    assert [name for name in before if before[name] != after[name]] == anew


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("handlers.three.function.handler", r"'handlers.three.function' does not exist: its package has \[\]"),
        ("handlers.two.third.handler", r"'handlers.two.third' does not exist: its package has \[.*'first', 'second'\]"),
    ],
)
def test_a_module_that_does_not_exist_is_named_beside_those_that_do(tmp_path, handler, message):
    with pytest.raises(ValueError, match=message):
        function_archive(handler, (), make(tmp_path / "root"), tmp_path / "build")


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
