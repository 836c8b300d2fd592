"""A program's resource hooks are heard by the deployer, and what holds a table's lookups whole is one. On moto's server."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from sandbox.deployer.order import Order
from sandbox.folder import REPOSITORY

PROGRAM = """
import pulumi
from components.building_blocks.table import Index, table
names = pulumi.Config("engagement").require("indexes").split()
former = Index("byAddress", "address", "pk")
successor = Index("addresses", "address", "pk", keys_only=True, successor_of="byAddress", advice="keep both")
table("people", None, indexes=[{"former": former, "successor": successor}[name] for name in names])
"""
LATE_HOOK = """
import pulumi, pulumi_aws
hook = pulumi.ResourceHook("late", lambda _: None)
pulumi_aws.sns.Topic("t", opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(after_create=[hook])))
"""


class Stack:
    """A program's stack, brought up by the deployer itself."""

    def __init__(self, folder: Path, endpoint: str, program: str) -> None:
        (folder / "__main__.py").write_text(program)
        self.order = Order("up", "s", str(folder), "engagement", str(folder), endpoint, "us-east-1", "x", "y")

    def up(self, indexes: str) -> str:
        """What it says at the end: "" for well."""
        order = {**asdict(self.order), "config": {"engagement:indexes": indexes}}
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.deployer.deployment"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            check=False,
        )
        last = json.loads(done.stdout.splitlines()[-1])
        assert last["event"] in ("done", "failed"), done.stderr
        return last.get("message", "")


@pytest.fixture
def endpoint():
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_an_index_goes_once_its_successor_is_filled_and_never_in_the_same_update(tmp_path, endpoint):
    stack = Stack(tmp_path, endpoint, PROGRAM)
    assert not stack.up("former")
    said = stack.up("successor")
    assert "table people: this update deletes index byAddress before its successor addresses is filled" in said
    assert said.endswith("first keep both")
    assert not stack.up("former successor")
    assert not stack.up("successor")


def test_a_new_table_needs_the_successor_alone(tmp_path, endpoint):
    assert not Stack(tmp_path, endpoint, PROGRAM).up("successor")


def test_a_hook_that_nothing_would_call_is_refused(tmp_path, endpoint):
    said = Stack(tmp_path, endpoint, LATE_HOOK).up("")
    assert "the sandbox calls hooks before_update alone, not after_create" in said
