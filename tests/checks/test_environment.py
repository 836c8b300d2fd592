"""What `make` looks at before it does anything: whether development's environment is whole."""

import subprocess
import sys

from tests.conftest import ROOT


def whole(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *flags, "tools/whole.py"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_an_environment_that_make_made_is_whole():
    done = whole()
    assert (done.returncode, done.stdout) == (0, "")


def test_one_that_lost_its_packages_is_told_by_the_first_of_them():
    done = whole("-S")  # without site-packages
    assert done.returncode == 1
    assert done.stdout.startswith(".venv is made anew: annotated-")
    assert done.stdout.endswith(" and others missing or of another version\n")


def test_make_forgets_that_an_environment_was_ready_when_it_is_not_whole():
    text = (ROOT / "Makefile").read_text()
    assert "tools/whole.py >&2 || rm -f .venv/.ready" in text
