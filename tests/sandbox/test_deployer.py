"""The deployer's own rules, without any server."""

from pathlib import Path

import pytest

from sandbox.configuration import stack_config
from sandbox.deployer.resource import UnknownInputError
from sandbox.deployer.resources import registry
from sandbox.deployer.state import Record, StackState
from sandbox.engine.links import link
from sandbox.errors import SandboxError

TOKENS = registry()


@pytest.mark.parametrize("token", sorted(TOKENS))
def test_every_type_refuses_an_input_that_it_does_not_carry_out(token):
    with pytest.raises(UnknownInputError, match="nobodyKnowsThis"):
        TOKENS[token].check("x", {"nobodyKnowsThis": 1})


def test_a_name_is_the_logical_name_and_seven_hex_digits():
    checked = TOKENS["aws:iam/role:Role"].check("orders", {"assumeRolePolicy": "{}"})
    assert checked["name"].startswith("orders-") and len(checked["name"]) == len("orders-") + 7


def test_a_name_that_is_too_long_is_an_error_as_it_is_for_pulumi():
    with pytest.raises(ValueError, match="at most 64"):
        TOKENS["aws:iam/role:Role"].check("x" * 60, {"assumeRolePolicy": "{}"})


def test_a_fifo_queue_gets_its_suffix():
    assert TOKENS["aws:sqs/queue:Queue"].check("q", {"fifoQueue": True})["name"].endswith(".fifo")


def test_state_survives_and_keeps_its_order(tmp_path):
    state = StackState(tmp_path / "s.json")
    first = Record("urn:1", "t", "one", "", True, state.next_order())
    second = Record("urn:2", "t", "two", "", True, state.next_order())
    state.put(first)
    state.put(second)
    state.leave(first)
    again = StackState(tmp_path / "s.json")
    assert list(again.records) == ["urn:2"]
    assert [record.name for record in again.leftovers] == ["one"]
    assert again.next_order() > second.order


def test_overrides_go_into_the_config_by_path(tmp_path):
    (tmp_path / "Pulumi.s.yaml").write_text("config:\n  engagement:x:\n    enabled: true\n    name: a\n")
    config = stack_config(tmp_path, "s", ["x.enabled=false", "y.z.list=[1]", "plain=text"])
    assert config == {
        "engagement:x": '{"enabled": false, "name": "a"}',
        "engagement:y": '{"z": {"list": [1]}}',
        "engagement:plain": "text",
    }


@pytest.mark.parametrize("folder", ["config", "./stacks/config", "/stacks/config"])
def test_config_is_read_where_the_project_says_that_it_is(tmp_path, folder):
    config = tmp_path / folder.lstrip("/")
    config.mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text(f"name: engagement\nstackConfigDir: {folder}\n")
    (config / "Pulumi.s.yaml").write_text("config:\n  engagement:x: there\n")
    (tmp_path / "Pulumi.s.yaml").write_text("config:\n  engagement:x: here\n")
    assert stack_config(tmp_path, "s") == {"engagement:x": "there"}


def test_a_linked_program_has_config_of_its_own(tmp_path):
    program, project = tmp_path / "program", tmp_path / "project"
    (program / "stacks" / "config").mkdir(parents=True)
    for path in ("Pulumi.yaml", "main.py", "stacks/one.py", "stacks/config/Pulumi.one.yaml", "stacks/config/notes.txt"):
        (program / path).write_text(path)
    (program / "venv").mkdir()
    project.mkdir()
    (project / "stacks").symlink_to(program / "stacks")
    for _ in range(2):
        link(program, project, Path("stacks/config"), {"venv"})
        linked = {str(path.relative_to(project)): path.is_symlink() for path in project.rglob("*")}
        assert linked == {
            "main.py": True,
            "stacks": False,
            "stacks/one.py": True,
            "stacks/config": False,
            "stacks/config/notes.txt": True,
        }
    assert sorted(path.name for path in (program / "stacks" / "config").iterdir()) == ["Pulumi.one.yaml", "notes.txt"]


def test_an_override_without_a_value_is_an_error(tmp_path):
    with pytest.raises(SandboxError, match="KEY=VALUE"):
        stack_config(tmp_path, "s", ["x"])
