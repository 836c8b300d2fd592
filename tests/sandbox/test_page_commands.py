"""Every page's "Try it", as a person pastes it: from its first line to what it says is seen at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import servers
from sandbox.folder import FOLDER_VARIABLE, REPOSITORY, Folder
from stacks.catalogue import architectures
from tests.environments import environment
from tests.sandbox.shell_blocks import Block, Ran, blocks, run, section

UP = ".venv/bin/sandbox up\n"
"""The first line of each. It runs once, before all pages: a second `up` changes nothing (test_deployer)."""
DOCS = REPOSITORY / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if "\n## Try it\n" in page.read_text())
AT_ONCE = 2


def copied(folder: Path) -> Path:
    """A folder with all that the repository has, into which commands may write."""
    folder.mkdir()
    for each in REPOSITORY.iterdir():
        if each.name not in {".git", ".sandbox"}:
            (folder / each.name).symlink_to(each)
    return folder


def environment_of(home: Path) -> dict[str, str]:
    """What a person has who has the AWS CLI, and nothing set up for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    path = f"{environment('aws_cli').parent}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "HOME": str(home), FOLDER_VARIABLE: str(home / "sandbox")}


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future]]:
    """The pages that are asked for, in a sandbox of all, two at a time: much of their time is waiting."""
    home = tmp_path_factory.mktemp("pages")
    asked = {item.callspec.params.get("page") for item in request.session.items if hasattr(item, "callspec")}
    folder, variables = copied(home / "repository"), environment_of(home)
    try:
        [up] = run([Block(UP)], folder, variables)
        assert up.wrong is None, up.output
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield {page: pool.submit(run, commands(page), folder, variables) for page in PAGES if page in asked}
    finally:
        servers.stop(Folder(home / "sandbox"))


def commands(page: str) -> list[Block]:
    """A page's blocks without the line that all begin with."""
    first, *others = blocks(section((DOCS / page).read_text(), "Try it"))
    return [Block(first.commands.removeprefix(UP), first.printed), *others]


def test_every_architecture_has_something_to_try():
    assert {each.page for each in architectures().values()} | {"hosted-service.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_the_sandbox_and_ends_with_what_is_seen(page: str):
    first, *others = blocks(section((DOCS / page).read_text(), "Try it"))
    assert first.commands.startswith(UP)
    assert [first, *others][-1].printed


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_happens(page: str, ran: dict[str, Future[list[Ran]]]):
    done = ran[page].result()
    for each in done:
        assert each.wrong is None, f"{each.wrong}:\n{each.block.commands}\nprinted:\n{each.output}"
    assert len(done) == len(commands(page))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```sh\necho one; echo two\n```\n```text\no...e\ntwo\n```\n", None),
        ("```sh\necho two; echo one\n```\nPrints:\n```text\none\ntwo\n```\n", "it does not print 'two'"),
        ("```sh\nfalse\necho on\n```\n", "exit code 1"),
        ("```sh\necho $((1 +\n```\n", "exit code 2"),
    ],
)
def test_a_block_that_does_not_what_it_says_is_told(text: str, wrong: str | None, tmp_path: Path):
    assert [each.wrong for each in run(blocks(text), tmp_path, os.environ)][-1] == wrong


def test_blocks_share_one_shell_and_the_first_failure_ends_it(tmp_path: Path):
    text = "```sh\nname=ada\n```\n```json\n{}\n```\n```sh\necho $name\n```\n```sh\nfalse\n```\n```sh\necho on\n```\n"
    done = run(blocks(text), tmp_path, os.environ)
    assert [(each.output, each.code) for each in done] == [("", 0), ("ada\n", 0), ("", 1)]
