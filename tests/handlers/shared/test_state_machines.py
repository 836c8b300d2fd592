from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared import state_machines
from tests.handlers.shared.fakes import FakeClient, client_error


@given(st.text(max_size=300), st.lists(st.text(max_size=50), min_size=1, max_size=4))
def test_a_run_has_a_name_that_step_functions_allows_and_that_its_cause_decides(label, identity):
    name = state_machines.execution_name(label, *identity)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert name == state_machines.execution_name(label, *identity)
    assert name != state_machines.execution_name(label, *identity, "more")


def test_texts_that_only_join_to_the_same_are_different_causes():
    assert state_machines.execution_name("x", "a", "b/c") != state_machines.execution_name("x", "a/b", "c")


def start(monkeypatch, answer):
    client = FakeClient({"start_execution": answer})
    monkeypatch.setattr(state_machines, "aws_client", lambda service: client)
    return state_machines.start_once("arn:machine", "name", {"S3URL": "s3://b/ü"}), client


def test_a_run_that_exists_already_is_not_started_again(monkeypatch):
    started, _ = start(monkeypatch, client_error("ExecutionAlreadyExists", 400))
    assert started is False


def test_whatever_else_is_refused_is_raised(monkeypatch):
    with pytest.raises(Exception, match="StateMachineDoesNotExist"):
        start(monkeypatch, client_error("StateMachineDoesNotExist", 400))
