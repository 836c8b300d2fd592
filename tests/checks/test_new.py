"""`make new` makes an architecture that passes every check at once; in a copy of the repository, which goes again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "venv", "__pycache__", "*.egg-info")
SECONDS = 180


def make(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/new/make.py", *arguments]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=SECONDS, check=False)


def run(copy: Path, module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory):
    """A copy of the repository, without what git ignores."""
    copy = tmp_path_factory.mktemp("new") / "repository"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / ".venv").symlink_to(Path(sys.prefix))
    yield copy
    shutil.rmtree(copy)


@pytest.fixture(scope="module")
def made(repository: Path) -> list[str]:
    """The files of architecture `toy_mail` of stack sms, made."""
    done = make(repository, "toy_mail", "sms")
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if (repository / line).is_file()]


def test_it_passes_format_lint_and_types(repository: Path, made: list[str]):
    sources = [name for name in made if name.endswith(".py")]
    assert len(sources) == 10
    run(repository, "ruff", "format", "--check", ".")
    run(repository, "ruff", "check", ".")
    run(repository, "pyright", *sources)


def test_its_own_tests_pass_and_so_do_those_of_the_catalogue_and_the_pages(repository: Path, made: list[str]):
    own = ["tests/components/test_toy_mail.py", "tests/handlers/toy_mail"]
    kept = ["tests/checks/test_catalogue.py", "tests/docs/test_pages.py", "tests/docs/test_runbook.py"]
    run(repository, "pytest", "-n0", "-p", "no:cacheprovider", *own, *kept)


def test_rules_of_every_stack_hold_for_it(repository: Path, made: list[str]):
    run(repository, "pytest", "-n0", "-p", "no:cacheprovider", "tests/stacks/test_rules.py", "-k", "sms")


def test_a_second_one_of_the_same_name_is_refused_and_changes_nothing(repository: Path, made: list[str]):
    before = (repository / "stacks" / "sms.py").read_text()
    done = make(repository, "toy_mail", "audience")
    assert done.returncode == 1
    assert "components/toy_mail.py" in done.stderr and "exists already" in done.stderr
    assert (repository / "stacks" / "sms.py").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [(["Toy"], "lower-case"), (["toy-mail"], "lower-case"), (["x" * 41], "40"), (["toy", "pipeline"], "audience")],
)
def test_a_name_or_a_stack_that_cannot_be_is_refused_with_what_can(
    repository: Path, arguments: list[str], allowed: str
):
    done = make(repository, *arguments)
    assert done.returncode == 1
    assert repr(arguments[-1]) in done.stderr and allowed in done.stderr
