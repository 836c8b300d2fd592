"""The deployer's own rules, without any server."""

import pytest

from sandbox.configuration import stack_config
from sandbox.deployer.resource import UnknownInputError
from sandbox.deployer.resources import registry
from sandbox.deployer.state import Record, StackState
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


def test_an_override_without_a_value_is_an_error(tmp_path):
    with pytest.raises(SandboxError, match="KEY=VALUE"):
        stack_config(tmp_path, "s", ["x"])
