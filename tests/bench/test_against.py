"""Another revision's handlers run beside today's, and what they cannot do is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.against import RevisionError, beside, revision_folder, table
from bench.kind import all_kinds
from bench.processes import run_row

KIND = all_kinds()["journey-waits"]


def test_a_revision_beside_itself_makes_as_many_calls_for_as_many_units(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "events", "--items", "10", "--against", "HEAD", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["today"]["calls"] > 0
    assert row["ratios"]["calls"] == 1.0
    assert {"cpu_seconds", "seconds", "peak_megabytes"} <= row["ratios"].keys()


def test_the_other_side_s_handlers_are_those_that_run(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "__init__.py").write_text("raise RuntimeError('an old one')\n")
    row = beside(KIND, 2, tmp_path)
    assert row["cannot_run"] == "RuntimeError: an old one"
    assert row["today"]["write_units"] > 0
    assert "ratios" not in row
    assert table([row], "v1").row_count == 2


def test_the_folder_of_a_revision_has_its_handlers_and_is_gone_after() -> None:
    with revision_folder("HEAD") as folder:
        assert (folder / "handlers" / "__init__.py").exists()
        assert run_row(KIND, 2, folder)["calls"] > 0
    assert not folder.exists()


def test_a_revision_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RevisionError), revision_folder("no-such-revision"):
        pass
    with pytest.raises(SystemExit):
        command.main(["--only", "events", "--against", "no-such-revision"])
    assert "no-such-revision" in capsys.readouterr().err
