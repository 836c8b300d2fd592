"""The sandbox stands beside the product: neither reaches into the other."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

PRODUCT = ("handlers", "components", "commands", "stacks")
TAKEN = {
    "components.building_blocks.places",
    "commands.failures.overview",
    "commands.failures.places",
    "commands.journeys.drawing",
    "commands.journeys.graph",
    "commands.service_models",
}
"""What sandbox/README.md names."""


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    """The modules that the files of a folder import, absolutely, wherever in them."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield path, node.module


def test_the_product_imports_nothing_of_the_sandbox():
    found = [
        (path, name) for folder in PRODUCT for path, name in imports(folder) if name.partition(".")[0] == "sandbox"
    ]
    assert not found


def test_the_sandbox_imports_of_the_product_what_its_page_names():
    found = {name for _, name in imports("sandbox") if name.partition(".")[0] in PRODUCT}
    assert found == TAKEN


def test_its_command_starts_without_boto3():
    """Half of the time of most commands, which a person waits for, would go into it."""
    loaded = "import sys, sandbox.command; print([name for name in sys.modules if name.partition('.')[0] in ('boto3', 'botocore')])"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_its_page_names_every_module_that_mends_ministack():
    page = (ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "sandbox" / "repairs").glob("[a-z]*.py")}
    families = {"trino": "`trino*`", "hive_": "`hive_*`", "ses_": "`ses_*`"}
    named = {
        name
        for name in modules
        if f"`{name}`" in page or any(name.startswith(start) and whole in page for start, whole in families.items())
    }
    assert named == modules
