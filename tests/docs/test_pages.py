"""The documentation is as the code is: tables, links, examples, and a page with the same sections for each architecture."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.wire import Reply, response
from commands.service_models import pinpoint_model
from docs import generate, tables
from stacks.catalogue import architectures
from stacks.programs import STACKS

DOCS = Path(generate.FOLDER)
ROOT = DOCS.parent
EXAMPLES = DOCS / "examples"
ARCHITECTURES = {key: each.page for key, each in architectures().items()}
SECTIONS = [
    "What it does",
    "Diagram",
    "Config",
    "Outputs",
    "Messages",
    "Try it",
    "Permissions",
    "What it costs to run",
    "Limits and errors",
]
PAGES = sorted(DOCS.glob("*.md"))


def test_the_tables_are_as_the_code_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, f"run `make docs`:\n{capsys.readouterr().out}"


def test_a_drifted_table_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path / "docs")
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("")
    page = tmp_path / "docs" / "page.md"
    page.write_text("<!-- generated: outputs foundation -->\nold\n<!-- /generated -->\n")
    assert generate.main(["--check"]) == 1
    assert "old" in page.read_text()
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("text", ["<!-- generated: config nothing -->\n<!-- /generated -->", "<!-- generated: x -->"])
def test_a_wrong_mark_is_an_error(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match=r"nothing|page\.md"):
        generate.generated(page)


def test_every_architecture_of_the_stacks_has_a_page() -> None:
    assert len(ARCHITECTURES) >= 17
    assert [page for page in ARCHITECTURES.values() if not (DOCS / page).exists()] == []
    readme = (ROOT / "README.md").read_text()
    assert [page for page in ARCHITECTURES.values() if f"(docs/{page})" not in readme] == []


@pytest.mark.parametrize("key", ARCHITECTURES)
def test_a_page_has_the_sections_of_all_and_its_config(key: str) -> None:
    text = (DOCS / ARCHITECTURES[key]).read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert f"<!-- generated: config {key} -->" in text
    assert "```mermaid" in text


def test_every_export_stands_on_a_page() -> None:
    text = "".join(page.read_text() for page in PAGES)
    missing = [name for stack in STACKS for name in tables.exports(stack) if f"| `{name}` |" not in text]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#([^)]+))?\)", page.read_text())
    for target, anchor in links:
        file = (page.parent / target).resolve()
        assert file.exists(), f"{page.name}: {target} does not exist"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_in_a_page_is_json(page: Path) -> None:
    for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL):
        json.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_in_a_page_names_commands_of_the_sandbox(page: Path) -> None:
    from sandbox.command import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.splitlines():
            for command in re.findall(r"\.venv/bin/sandbox (\w+)", line):
                assert command in commands
        parsed = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (parsed.returncode, parsed.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_example_in_a_page_is_the_file(page: Path) -> None:
    for name, block in re.findall(r"<!-- example: (\S+) -->\n```python\n(.*?)```", page.read_text(), re.DOTALL):
        assert block == (EXAMPLES / name).read_text()


def test_the_examples_client_signs_for_lambda(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:1/_aws/lambda-url/abc/")
    monkeypatch.setenv("APPLICATION_ID", "app")
    import hosted_client  # pyright: ignore[reportMissingImports] of docs/examples
    import read_endpoint  # pyright: ignore[reportMissingImports] of docs/examples

    seen: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> Any:
        seen.append(request)
        return response(request, Reply({"Id": "one", "Address": "+14255550100"}))

    make = hosted_client.engagement_client

    def answered() -> Any:
        client = make()
        client.meta.events.register("before-send.pinpoint.*", answer)
        return client

    monkeypatch.setattr(read_endpoint, "engagement_client", answered)
    read_endpoint.main("one")
    assert json.loads(capsys.readouterr().out)["Id"] == "one"
    authorization = seen[0].headers["Authorization"]
    assert "/us-east-1/lambda/aws4_request" in (
        authorization if isinstance(authorization, str) else authorization.decode()
    )
    assert seen[0].url == "http://127.0.0.1:1/_aws/lambda-url/abc/v1/apps/app/endpoints/one"
    sys.modules.pop("hosted_client")
    sys.modules.pop("read_endpoint")


def test_every_operation_of_pinpoint_stands_in_the_table_once() -> None:
    names = pinpoint_model().operation_names
    for table in (tables.operations(), tables.from_pinpoint()):
        words = re.findall(r"\w+", table)
        assert all(words.count(name) == 1 for name in names)


def test_what_became_of_an_operation_is_said_for_each_platform() -> None:
    cells = {name: row for row in tables.from_pinpoint().splitlines() for name in re.findall(r"\w+", row.split("|")[2])}
    assert "| **offered** | ended |" in cells["CreateSegment"]
    assert "| not offered | lives on |" in cells["SendOTPMessage"]
    assert "| **offered** | lives on |" in cells["PhoneNumberValidate"]
    assert "| not offered | ended (our reading) | SES" in cells["DeleteEmailChannel"]
    assert all("-" not in row.split("|")[5].split() for row in cells.values() if "| not offered |" in row)


def _architectures(stack: str) -> set[str]:
    import importlib

    return set(getattr(importlib.import_module(f"stacks.{stack}"), "ARCHITECTURES", {}))
