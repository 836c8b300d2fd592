"""What is installed: one package, made of the repository's folders, whose functions are the repository's."""

import ast
import zipfile
from collections.abc import Iterator
from pathlib import Path

import imports
import layout
import pytest

from components.building_blocks import archive
from stacks import everything
from tests.conftest import ROOT, run_stack, whole_config

PACKAGE_INIT = ROOT / "tools" / "wheel" / "package" / "__init__.py"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("laid-out")
    layout.wheel(ROOT, folder)
    return folder


def importing(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("from components.config import ConfigModel", "from engagement.components.config import ConfigModel"),
        ("from components import config", "from engagement.components import config"),
        ("from handlers.a import (\n    b,\n)\n", "from engagement.handlers.a import (\n    b,\n)\n"),
        ("if x:\n    from stacks import keys  # noqa", "if x:\n    from engagement.stacks import keys  # noqa"),
        ('"é"; from sandbox import a', '"é"; from engagement.sandbox import a'),
        ("from . import a\nfrom .components import b", "from . import a\nfrom .components import b"),
        ("from component import a\nimport json", "from component import a\nimport json"),
        ('HANDLER = "handlers.a.handler"', 'HANDLER = "handlers.a.handler"'),
    ],
)
def test_imports_of_the_folders_and_nothing_else_become_imports_of_the_package(written: str, expected: str):
    assert imports.rewritten(written, "a.py") == expected


def test_an_import_that_would_bind_another_name_is_refused_with_its_place():
    with pytest.raises(ValueError, match=r"a\.py, line 2: allowed is `from X import Y`"):
        imports.rewritten("import json\nimport handlers.two", "a.py")


def test_all_that_is_installed_is_one_package(laid_out: Path):
    assert {path.name for path in laid_out.iterdir() if path.is_dir()} == {"engagement"}


def test_the_component_package_which_runs_out_of_the_repository_is_not_installed(laid_out: Path):
    assert (ROOT / layout.OF_THE_REPOSITORY).is_dir()
    assert not (laid_out / "engagement" / layout.OF_THE_REPOSITORY).exists()


def test_no_module_of_the_package_imports_a_folder_by_its_own_name(laid_out: Path):
    package = laid_out / "engagement"
    sources = package / layout.SOURCES
    wrong = [
        f"{path.relative_to(package)}: {name}"
        for path in package.rglob("*.py")
        if sources not in path.parents
        for name in importing(path)
        if name.partition(".")[0] in imports.FOLDERS
    ]
    assert not wrong


def test_no_program_text_names_a_module_of_a_folder_that_it_imports_at_run_time():
    called = ("import_module", "find_spec", "run_module")
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in imports.FOLDERS
        if folder != "handlers"  # their names are the same in Lambda
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in called
        if node.args and _begins(node.args[0]).startswith(tuple(f"{name}." for name in imports.FOLDERS))
    ]
    assert not wrong


def _begins(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_the_package_says_that_it_is_typed_and_holds_the_locked_requirements(laid_out: Path):
    package = laid_out / "engagement"
    assert (package / "py.typed").is_file()
    for name in ("functions.txt", "deploy.txt", "embedded.txt"):
        assert (package / "requirements" / name).read_bytes() == (ROOT / "requirements" / name).read_bytes()


def test_every_functions_archive_is_made_of_the_package_as_of_the_repository(laid_out: Path, tmp_path: Path):
    made = run_stack("everything", whole_config("everything"))
    sources = laid_out / "engagement" / layout.SOURCES
    archives = {resource.inputs["handler"]: resource.inputs["code"] for resource in made.of("Function")}
    assert len(archives) > 20
    for handler, of_the_repository in archives.items():
        module = handler.rpartition(".")[0].replace(".", "/")
        with zipfile.ZipFile(of_the_repository) as content:
            assert f"{module}.py" in content.namelist()
            for name in content.namelist():
                assert content.read(name) == (sources / name).read_bytes(), name
    one = "handlers.sms_s3_drop.function.handler"
    again = archive.function_archive(one, (), sources, tmp_path)
    assert again.read_bytes() == archive.function_archive(one, (), ROOT, tmp_path / "other").read_bytes()


def offered() -> dict[str, list[str]]:
    """The package's public names: as a checker sees them imported, and as they are listed."""
    tree = ast.parse(PACKAGE_INIT.read_text())
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    [listed] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    return {
        "imported": [name for name in imported if name[0].isupper() and name not in ("TYPE_CHECKING", "Any")],
        "listed": listed,
    }


def test_what_a_checker_sees_is_what_is_there():
    assert sorted(offered()["imported"]) == sorted(offered()["listed"])


def test_every_architecture_is_offered_with_its_arguments_and_its_config():
    listed = offered()["listed"]
    for key, model in everything.ARCHITECTURES.items():
        name = model.__name__.removesuffix("Config")
        assert {name, f"{name}Args", f"{name}Config"} <= set(listed), key
