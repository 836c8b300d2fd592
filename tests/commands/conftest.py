"""What tests of commands run them with."""

import pytest


@pytest.fixture
def loading(world, tmp_path, monkeypatch, capsys):
    """`engagement project load`, in a folder of its own; `world` is what the module that asks has imported."""
    from tests.commands.loading import Loading

    return Loading(tmp_path, monkeypatch, capsys)
