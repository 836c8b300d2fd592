"""README's way to AWS, line by line, on the sandbox."""

import re
import shlex
import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.engine.engine import Done, Engine

INSTALL = "pulumi install"
"""What it does is tested with Pulumi's own toolchain (tests/outside/pulumi_install)."""
STACKS = ("foundation-dev", "audience-dev")


def commands() -> list[str]:
    """The lines of the first shell block of the section, without their comments."""
    section = (ROOT / "README.md").read_text().partition("\n## On AWS\n")[2]
    block = section.partition("```sh\n")[2].partition("```")[0]
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def followed(engine: Engine) -> Iterator[dict[str, Done]]:
    """What became of each line of the CLI. A file that is copied is one of the project that the CLI runs in."""
    done: dict[str, Done] = {}
    try:
        for number, line in enumerate(commands()):
            words = shlex.split(line)
            if words[0] == "cp":
                shutil.copyfile(engine.project.path / words[1], engine.project.path / words[2])
            elif line != INSTALL:
                arguments = [*words[1:], *(["--yes", "--skip-preview"] if words[1] == "up" else [])]
                done[f"{number} {line}"] = engine.pulumi(*arguments)
        yield done
    finally:
        for stack in reversed(STACKS):
            engine.destroy(stack)
            engine.pulumi("stack", "rm", "--yes", stack)


def test_every_line_goes_through(followed: dict[str, Done]):
    assert len(followed) > 5
    assert not {line: done.text for line, done in followed.items() if done.code}


def test_what_stack_init_wrote_is_still_in_the_stacks_config(engine: Engine, followed: dict[str, Done]):
    for stack in STACKS:
        text = (engine.project.config / f"Pulumi.{stack}.yaml").read_text()
        assert "encryptionsalt: " in text
        assert "engagement:" in text and "aws:region: us-east-1" in text


def test_both_stacks_have_what_they_are_for(engine: Engine, followed: dict[str, Done]):
    assert engine.outputs("foundation-dev")["applicationId"]
    assert engine.outputs("audience-dev")["importBucketName"]
