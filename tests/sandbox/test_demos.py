"""What `sandbox demo` does around its demos. Needs no sandbox."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from sandbox import demos
from sandbox.demos import everything
from sandbox.errors import SandboxError
from sandbox.folder import Folder


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Runs `everything` on demos of which some fail; returns what was run, and what it raised."""

    def run(**outcomes):
        ran = []

        def demo(name, message):
            def run(folder, errors):
                """Does nothing."""
                ran.append(name)
                if message:
                    raise SandboxError(message)

            return SimpleNamespace(run=run)

        modules = {f"{demos.__name__}.{name}": demo(name, message) for name, message in outcomes.items()}
        monkeypatch.setattr(demos, "names", lambda: ["everything", *outcomes])
        monkeypatch.setattr(everything.importlib, "import_module", modules.__getitem__)
        try:
            everything.run(Folder(tmp_path), Console(file=io.StringIO()))
        except SandboxError as error:
            return ran, str(error)
        return ran, ""

    return run


def test_everything_runs_all_others_and_names_those_that_failed(shown):
    ran, said = shown(first="", second="a text is missing", third="")
    assert ran == ["first", "second", "third"]
    assert said == "1 of 3 demos did not end as they must: second: a text is missing"


def test_everything_says_nothing_is_wrong_where_nothing_is(shown):
    assert shown(first="", second="") == (["first", "second"], "")


def test_a_demo_that_is_none_is_told_with_those_that_are(tmp_path):
    with pytest.raises(SandboxError, match="demo 'nothing' does not exist") as told:
        demos.run("nothing", Folder(tmp_path), Console(file=io.StringIO()))
    assert set(told.value.hint.removeprefix("demos: ").split(", ")) >= {"everything", "events", "pipeline", "sms"}
