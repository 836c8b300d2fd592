"""README from top to bottom: its commands, in order, in a copy of the working tree in which nothing is made yet."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.engine import project
from sandbox.errors import SandboxError
from sandbox.folder import FOLDER_VARIABLE, REPOSITORY
from tests.sandbox.shell_blocks import Block, Ran, blocks, run

MADE = shutil.ignore_patterns(".git", ".venv", "venv", ".build", ".sandbox", "node_modules", ".*_cache", "__pycache__")
LEFT_OUT = {
    "make test": "these tests are part of it",
    "pulumi install": "tests/outside/pulumi_install runs it with Pulumi's own toolchain; it downloads the AWS plugin",
}
ON_THE_SANDBOX = Block('pulumi() { .venv/bin/sandbox pulumi "$@"; }\n')
"""As README says: `sandbox pulumi` in the place of `pulumi`."""
STACKS = ("foundation-dev", "audience-dev")


def commands() -> list[Block]:
    """README's blocks, without the lines that are left out."""
    found = blocks((REPOSITORY / "README.md").read_text())
    return [
        Block("".join(line for line in block.commands.splitlines(keepends=True) if said(line) not in LEFT_OUT))
        for block in found
    ]


def said(line: str) -> str:
    return line.partition(" #")[0].strip()


def is_for_pulumi(block: Block) -> bool:
    return any(line.startswith("pulumi ") for line in block.commands.splitlines())


def there_is_a_cli() -> bool:
    try:
        project.cli()
    except SandboxError:
        return False
    return True


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working tree as one who clones it has it; the sandbox that README leaves running is stopped at the end."""
    folder = tmp_path_factory.mktemp("readme") / "engagement"
    shutil.copytree(REPOSITORY, folder, ignore=MADE, symlinks=True)
    yield folder
    if (folder / ".venv").exists():
        subprocess.run([folder / ".venv/bin/sandbox", "down"], env=environment(), check=True, capture_output=True)


def environment() -> dict[str, str]:
    """What a person has who has Python: none of this process's environment, and no sandbox."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "PULUMI_"))}
    kept.pop(FOLDER_VARIABLE, None)
    return {**kept, "PYTHON": getattr(sys, "_base_executable", sys.executable), "PULUMI_SKIP_CONFIRMATIONS": "true"}


@pytest.fixture(scope="module")
def read(copy: Path) -> list[Ran]:
    """What became of each block, one shell for all; those for the Pulumi CLI only where there is one."""
    cli = there_is_a_cli()
    given = [block for block in commands() if cli or not is_for_pulumi(block)]
    return run([ON_THE_SANDBOX, *given], copy, environment())


def test_readme_has_commands_and_what_is_left_out_is_in_it():
    lines = [
        said(line) for block in blocks((REPOSITORY / "README.md").read_text()) for line in block.commands.splitlines()
    ]
    assert [line for line in LEFT_OUT if line not in lines] == []
    assert len(lines) > 12
    assert sum(map(is_for_pulumi, commands())) == 1


def test_every_command_goes_through_and_none_breaks_another(read: list[Ran]):
    for each in read:
        assert each.wrong is None, f"{each.wrong}:\n{each.block.commands}\nprinted:\n{each.output[-4000:]}"
    cli = there_is_a_cli()
    assert len(read) == 1 + sum(cli or not is_for_pulumi(block) for block in commands())


def test_make_demo_and_the_outbox_show_who_was_texted(read: list[Ran]):
    _, first, second, *_ = read
    assert "All as expected: 4 texts" in first.output
    assert "+14256791901  Hello Ana" in second.output


def test_the_cli_kept_its_salt_and_brought_both_stacks_up(read: list[Ran], copy: Path):
    if not there_is_a_cli():
        pytest.skip("README's section On AWS was left out: there is no Pulumi CLI")
    for stack, output in zip(STACKS, ("applicationId", "importBucketName"), strict=True):
        config = copy / ".sandbox" / "pulumi" / "project" / "stacks" / "config" / f"Pulumi.{stack}.yaml"
        found = yaml.safe_load(config.read_text())
        assert found["encryptionsalt"]
        assert found["config"]["aws:region"] == "us-east-1"
        assert any(key.startswith("engagement:") for key in found["config"])
        asked = [copy / ".venv/bin/sandbox", "pulumi", "stack", "output", output, "--stack", stack]
        done = subprocess.run(asked, cwd=copy, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0 and done.stdout.strip(), done.stderr
